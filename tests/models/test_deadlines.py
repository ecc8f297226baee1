"""Due moments on the Chinese working calendar."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.deadlines import SHANGHAI, WorkingCalendar, due
from models.errors import DataError
from models.taxonomy import ServiceLevels

LEVELS = ServiceLevels(
    acknowledge_hours=2,
    respond_working_days={"high": 3, "medium": 5, "low": 10},
    resolve_hours={"一般": 48, "中度": 72, "重大": 168},
)
BUILT_IN = WorkingCalendar()
MOMENTS = st.datetimes(datetime(1995, 1, 1), datetime(2060, 12, 31))


@pytest.fixture(scope="module")
def calendar() -> WorkingCalendar:
    return WorkingCalendar()


def respond(year: int, month: int, day: int, hour: int = 10, urgency: str = "high") -> datetime:
    return due(datetime(year, month, day, hour), urgency, "一般", LEVELS).respond_due


@pytest.mark.parametrize("day", ["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"])
def test_make_up_weekends_of_2026_are_working_days(calendar: WorkingCalendar, day: str) -> None:
    """The State Council exchanged them for holidays."""
    assert calendar.is_working_day(date.fromisoformat(f"2026-{day}"))


@pytest.mark.parametrize("day", ["01-01", "02-17", "02-23", "04-06", "05-05", "10-07", "11-22"])
def test_holidays_and_weekends_of_2026_are_off(calendar: WorkingCalendar, day: str) -> None:
    """Weekdays given as holiday count as days off as much as Sundays."""
    assert not calendar.is_working_day(date.fromisoformat(f"2026-{day}"))


def test_an_ordinary_week_counts_three_days_on() -> None:
    """The same clock time, three working days later."""
    assert respond(2026, 11, 23) == datetime(2026, 11, 26, 10, tzinfo=SHANGHAI)


def test_a_make_up_saturday_shortens_the_wait() -> None:
    """Friday 10-09 plus Saturday 10-10, Monday, Tuesday."""
    assert respond(2026, 10, 9) == datetime(2026, 10, 13, 10, tzinfo=SHANGHAI)


def test_spring_festival_lengthens_the_wait() -> None:
    """Friday 02-13, then the make-up 02-14, then nothing until 02-24."""
    assert respond(2026, 2, 13) == datetime(2026, 2, 25, 10, tzinfo=SHANGHAI)


def test_a_day_off_counts_from_the_start_of_the_next_working_day() -> None:
    """Saturday 11-21 starts on Monday 00:00: three whole days, so Thursday 00:00."""
    assert respond(2026, 11, 21) == datetime(2026, 11, 26, tzinfo=SHANGHAI)


def test_hours_run_through_nights_and_holidays() -> None:
    """Acknowledging and solving do not wait for a working day."""
    found = due(datetime(2026, 10, 1, 23), "low", "重大", LEVELS)
    assert found.acknowledge_due == datetime(2026, 10, 2, 1, tzinfo=SHANGHAI)
    assert found.resolve_due == datetime(2026, 10, 8, 23, tzinfo=SHANGHAI)


def test_counting_crosses_the_year_end() -> None:
    """2025-12-31, then 01-01 to 01-03 off, then the make-up Sunday 01-04."""
    assert respond(2025, 12, 31) == datetime(2026, 1, 6, 10, tzinfo=SHANGHAI)


def test_a_year_that_is_not_announced_makes_the_date_provisional() -> None:
    """Whoever reads it must know that exchanged weekends may still move it."""
    found = due(datetime(2026, 12, 30, 10), "high", "一般", LEVELS)
    assert found.provisional
    assert found.respond_due == datetime(2027, 1, 5, 10, tzinfo=SHANGHAI)


def test_an_announced_year_is_not_provisional() -> None:
    """Otherwise every date would carry the mark and nobody would heed it."""
    assert not due(datetime(2026, 11, 23), "low", "一般", LEVELS).provisional


def test_statutory_days_of_a_provisional_year_are_off(calendar: WorkingCalendar) -> None:
    """`holidays` knows 2027-10-01 although no notice has come out."""
    assert calendar.is_provisional(2027)
    assert not calendar.is_working_day(date(2027, 10, 1))


def test_an_override_file_supplies_a_new_year(tmp_path: Path) -> None:
    """So a release is not needed when the notice for 2027 comes out."""
    path = tmp_path / "calendar.yaml"
    path.write_text(
        "2027:\n  holidays: [2027-01-01, 2027-02-05/2027-02-11]\n  workdays: [2027-02-20]\n"
    )
    calendar = WorkingCalendar.load(path)
    assert not calendar.is_provisional(2027)
    assert not calendar.is_working_day(date(2027, 2, 11))
    assert calendar.is_working_day(date(2027, 2, 20))
    assert calendar.is_working_day(date(2027, 10, 1))


def test_an_override_reaches_the_due_date(tmp_path: Path) -> None:
    """A company's own closed days win over the public calendar, also for a known year."""
    path = tmp_path / "calendar.yaml"
    path.write_text("2026: {holidays: [2026-11-24/2026-11-26]}")
    found = due(datetime(2026, 11, 23, 9), "high", "一般", LEVELS, WorkingCalendar.load(path))
    assert found.respond_due == datetime(2026, 12, 1, 9, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("2027: {holiday: [2027-01-01]}", "2027.holiday: unknown key"),
        ("2027: {holidays: [2028-01-01]}", "2028-01-01 lies in another year"),
        ("2027: {holidays: [2027-01-09/2027-01-02]}", "is no interval"),
        ("2027: {holidays: [soon]}", "2027.holidays.0: "),
    ],
)
def test_a_wrong_override_is_named(tmp_path: Path, content: str, message: str) -> None:
    """A calendar that is misread shifts every date in silence."""
    path = tmp_path / "calendar.yaml"
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        WorkingCalendar.load(path)
    assert message in str(caught.value)


def test_another_time_zone_is_converted() -> None:
    """17:00 UTC on Friday is already Saturday in Shanghai, a day off."""
    found = due(datetime(2026, 11, 20, 17, tzinfo=UTC), "high", "一般", LEVELS)
    assert found.acknowledge_due == datetime(2026, 11, 21, 3, tzinfo=SHANGHAI)
    assert found.respond_due == datetime(2026, 11, 26, tzinfo=SHANGHAI)


def test_an_unknown_urgency_is_refused() -> None:
    """No service level means no promise to compute."""
    with pytest.raises(ValueError, match="no service level for 'urgent'"):
        due(datetime(2026, 1, 5), "urgent", "一般", LEVELS)


@given(MOMENTS, st.sampled_from(["high", "medium", "low"]), st.sampled_from(["一般", "重大"]))
def test_nothing_is_due_before_it_was_written(
    moment: datetime, urgency: str, severity: str
) -> None:
    """A date in the past would be overdue at birth."""
    found = due(moment, urgency, severity, LEVELS)
    created = moment.replace(tzinfo=SHANGHAI)
    assert created < min(found.acknowledge_due, found.respond_due, found.resolve_due)


@given(MOMENTS, st.timedeltas(timedelta(), timedelta(days=40)))
def test_writing_later_is_never_due_earlier(moment: datetime, wait: timedelta) -> None:
    """Otherwise a Saturday's complaint could overtake or fall behind Monday's."""
    sooner, later = (due(at, "high", "中度", LEVELS) for at in (moment, moment + wait))
    assert sooner.respond_due <= later.respond_due
    assert sooner.resolve_due <= later.resolve_due


@given(MOMENTS)
def test_more_urgent_is_never_due_later(moment: datetime) -> None:
    """Three, five and ten working days keep their order over any holiday."""
    days = [due(moment, name, "一般", LEVELS).respond_due for name in ("high", "medium", "low")]
    assert days == sorted(days)


@given(MOMENTS)
def test_every_moment_has_shanghais_offset(moment: datetime) -> None:
    """China has had no summer time since 1992."""
    found = due(moment, "low", "重大", LEVELS)
    moments = (found.acknowledge_due, found.respond_due, found.resolve_due)
    assert {at.utcoffset() for at in moments} == {timedelta(hours=8)}


@given(st.dates(date(2004, 1, 1), date(2026, 9, 1)), st.integers(0, 30))
def test_counting_agrees_with_walking_day_by_day(day: date, n: int) -> None:
    """The table look-up is an optimisation of the plain definition, and must equal it."""
    import chinese_calendar

    reached = day
    while not chinese_calendar.is_workday(reached):
        reached += timedelta(days=1)
    for _ in range(n):
        reached += timedelta(days=1)
        while not chinese_calendar.is_workday(reached):
            reached += timedelta(days=1)
    assert BUILT_IN.count(day, n) == (reached, False)
