"""By when a row must be acknowledged, answered and solved, on the Chinese working calendar.

How time is counted
    Acknowledging and solving run on the clock: hours added to the moment of creation, nights and
    holidays included. Answering counts working days: feedback that arrives on a working day is due
    at the same clock time n working days later; feedback that arrives on a day off counts as
    arriving at 00:00 of the next working day. So whoever writes on Saturday never waits longer
    than whoever writes on the Monday after, and writing later never means an earlier date.

Where working days come from, best first
    1. an override file, for a year announced after this release or a company's own calendar;
    2. chinesecalendar, 2004 to 2026, with holidays moved and weekends worked in exchange;
    3. the statutory days of `holidays`, without exchanged weekends: marked provisional.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, TypeAdapter, ValidationError

from models.errors import DataError
from models.taxonomy import ServiceLevels
from models.yaml_file import first_problem, read_yaml

SHANGHAI = ZoneInfo("Asia/Shanghai")

_MAX_CACHED = 50_000
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Deadlines:
    """When one row is due; all moments are in Asia/Shanghai.

    Attributes:
        acknowledge_due: By when the customer must hear that the row arrived.
        respond_due: By when the customer must have an answer.
        resolve_due: By when the matter must be solved.
        provisional: True when `respond_due` rests on a year whose calendar is not announced yet.
    """

    acknowledge_due: datetime
    respond_due: datetime
    resolve_due: datetime
    provisional: bool


def _spread(value: Any) -> Any:
    """Turn dates and `2027-02-05/2027-02-11` intervals into single dates."""
    if not isinstance(value, list):
        return value
    days: list[Any] = []
    for item in value:
        first, slash, last = str(item).partition("/")
        days.extend(_each_day(first, last) if slash else [item])
    return days


def _each_day(first: str, last: str) -> Iterator[date]:
    start, end = date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
    if end < start or (end - start).days > 366:
        raise ValueError(f"{first}/{last} is no interval: write first/last day, at most a year")
    return (start + timedelta(days=i) for i in range((end - start).days + 1))


_Days = Annotated[tuple[date, ...], BeforeValidator(_spread)]


class YearOverride(BaseModel):
    """One year's own calendar: what differs from Monday-to-Friday.

    Attributes:
        holidays: Days off; single dates or `first/last` intervals.
        workdays: Saturdays and Sundays that are worked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    holidays: _Days = ()
    workdays: _Days = ()


class WorkingCalendar:
    """Counts Chinese working days.

    Args:
        overrides: Year to that year's own calendar, which wins over every other source.
    """

    def __init__(self, overrides: Mapping[int, YearOverride] | None = None) -> None:
        self._overrides = dict(overrides or {})
        self._years: dict[int, _Year] = {}
        self._counted: dict[tuple[date, int], tuple[date, bool]] = {}

    @classmethod
    def load(cls, path: str | Path) -> WorkingCalendar:
        """Read a calendar whose years override the built-in ones.

        Args:
            path: YAML such as `2027: {holidays: [2027-02-05/2027-02-11], workdays: [2027-02-20]}`.

        Returns:
            A calendar with these years in place.

        Raises:
            DataError: If the file is missing or wrong; names the key.
        """
        return cls(_read_overrides(path))

    def is_working_day(self, day: date) -> bool:
        """Tell whether a day is worked.

        Args:
            day: Any day.

        Returns:
            True for a working day, make-up weekends included.
        """
        return day.toordinal() in self._year(day.year).worked

    def is_provisional(self, year: int) -> bool:
        """Tell whether a year's exchanged weekends are still unknown.

        Args:
            year: A calendar year.

        Returns:
            True when only the statutory days are known.
        """
        return self._year(year).is_provisional

    def count(self, day: date, n: int) -> tuple[date, bool]:
        """Go n working days on from a day, or from the first working day after a day off.

        Args:
            day: Where to start.
            n: Working days to go, 0 or more.

        Returns:
            The day reached, and whether a provisional year was used on the way.

        Raises:
            ValueError: If n is negative or the count leaves the year 9999.
        """
        found = self._counted.get((day, n))
        if found is None:
            if len(self._counted) >= _MAX_CACHED:
                self._counted.clear()
            found = self._counted[day, n] = self._search(day, n)
        return found

    def _search(self, day: date, n: int) -> tuple[date, bool]:
        if n < 0:
            raise ValueError(f"n must be 0 or more working days, got {n}")
        year = self._year(day.year)
        index = bisect_left(year.working, day.toordinal()) + n
        number, is_provisional = day.year, year.is_provisional
        while index >= len(year.working):
            index -= len(year.working)
            number += 1
            year = self._year(number)
            is_provisional |= year.is_provisional
        return date.fromordinal(year.working[index]), is_provisional

    def _year(self, number: int) -> _Year:
        year = self._years.get(number)
        if year is None:
            year = self._years[number] = _make_year(number, self._overrides.get(number))
        return year


@dataclass(frozen=True, slots=True)
class _Year:
    working: tuple[int, ...]
    worked: frozenset[int]
    is_provisional: bool


def due(
    created_at: datetime,
    urgency: str,
    severity: str,
    service_levels: ServiceLevels,
    calendar: WorkingCalendar | None = None,
) -> Deadlines:
    """Give a row's three due moments.

    Args:
        created_at: When the customer wrote; naive means Asia/Shanghai.
        urgency: A key of `service_levels.respond_working_days`.
        severity: A key of `service_levels.resolve_hours`.
        service_levels: How much time each step has.
        calendar: Working days; None takes the built-in calendar.

    Returns:
        The due moments; none lies before `created_at`.

    Raises:
        ValueError: If the urgency or severity has no service level, or the year is not 1900–9998.
    """
    if not 1900 <= created_at.year < MAXYEAR:
        raise ValueError(f"created_at must lie in the years 1900 to 9998, got {created_at}")
    try:
        n_days = service_levels.respond_working_days[urgency]
        resolve_hours = service_levels.resolve_hours[severity]
    except KeyError as error:
        raise ValueError(f"no service level for {error.args[0]!r}; see service_levels") from None
    calendar = calendar or _built_in()
    created = _in_shanghai(created_at)
    arrived = created.date()
    day, is_provisional = calendar.count(arrived, n_days)
    clock = created.time() if calendar.is_working_day(arrived) else time()
    return Deadlines(
        created + timedelta(hours=service_levels.acknowledge_hours),
        datetime.combine(day, clock, SHANGHAI),
        created + timedelta(hours=resolve_hours),
        is_provisional,
    )


def _in_shanghai(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=SHANGHAI)
    return moment.astimezone(SHANGHAI)


@cache
def _built_in() -> WorkingCalendar:
    return WorkingCalendar()


def _make_year(number: int, override: YearOverride | None) -> _Year:
    if number > MAXYEAR:
        raise ValueError("working days can only be counted up to the year 9999")
    first, last = date(number, 1, 1).toordinal(), date(number, 12, 31).toordinal()
    is_worked, is_provisional = _rule_of(number, override)
    working = tuple(day for day in range(first, last + 1) if is_worked(date.fromordinal(day)))
    return _Year(working, frozenset(working), is_provisional)


def _rule_of(number: int, override: YearOverride | None) -> tuple[Callable[[date], bool], bool]:
    if override is not None:
        off, worked = frozenset(override.holidays), frozenset(override.workdays)
        return (lambda day: day in worked or (day.weekday() < _SATURDAY and day not in off)), False
    # Imported here: `holidays` alone takes 0.2 s, and serving a row needs neither at start.
    import chinese_calendar

    known = chinese_calendar.constants.holidays
    if min(known).year <= number <= max(known).year:
        return chinese_calendar.is_workday, False
    import holidays

    return holidays.country_holidays("CN", years=number).is_working_day, True


def _read_overrides(path: str | Path) -> dict[int, YearOverride]:
    try:
        overrides = TypeAdapter(dict[int, YearOverride]).validate_python(read_yaml(path) or {})
    except ValidationError as error:
        raise DataError(f"{path}: {first_problem(error)}") from error
    for year, override in overrides.items():
        for day in override.holidays + override.workdays:
            if day.year != year:
                raise DataError(f"{path}: {year}: {day} lies in another year; move it to its own")
    return overrides
