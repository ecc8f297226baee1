"""The week or month that a report is about, in Shanghai's days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Literal

from models.deadlines import SHANGHAI

Kind = Literal["week", "month"]

_WEEK = re.compile(r"(\d{4})-W(\d{2})")
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_FIRST_YEAR, _LAST_YEAR = 1971, 2099


@dataclass(frozen=True, slots=True)
class Period:
    """A span of whole days in Asia/Shanghai.

    Attributes:
        kind: week (ISO, Monday to Sunday) or month.
        key: `2026-W47` or `2026-11`; names the report's files.
        start: First moment.
        end: First moment after it.
    """

    kind: Kind
    key: str
    start: datetime
    end: datetime

    @classmethod
    def of_week(cls, key: str) -> Period:
        """Read an ISO week.

        Args:
            key: Such as `2026-W47`.

        Returns:
            Its seven days.

        Raises:
            ValueError: If it is no week of the years 1971 to 2099.
        """
        found = _WEEK.fullmatch(key)
        try:
            year, week = (int(part) for part in found.groups()) if found else (0, 0)
            return _week_from(date.fromisocalendar(_known(year), week, 1))
        except ValueError:
            raise ValueError(f"expected an ISO week such as 2026-W47, got {key!r}") from None

    @classmethod
    def of_month(cls, key: str) -> Period:
        """Read a calendar month.

        Args:
            key: Such as `2026-11`.

        Returns:
            Its days.

        Raises:
            ValueError: If it is no month of the years 1971 to 2099.
        """
        found = _MONTH.fullmatch(key)
        try:
            year, month = (int(part) for part in found.groups()) if found else (0, 0)
            return _month_from(date(_known(year), month, 1))
        except ValueError:
            raise ValueError(f"expected a month such as 2026-11, got {key!r}") from None

    @property
    def previous(self) -> Period:
        """The period just before, of the same kind."""
        last_day = self.start.date() - timedelta(days=1)
        if self.kind == "week":
            return _week_from(last_day - timedelta(days=6))
        return _month_from(last_day.replace(day=1))

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of it, in order."""
        n_days = (self.end.date() - self.start.date()).days
        return tuple(self.start.date() + timedelta(days=i) for i in range(n_days))


def _known(year: int) -> int:
    if not _FIRST_YEAR <= year <= _LAST_YEAR:
        raise ValueError(year)
    return year


def _week_from(monday: date) -> Period:
    year, week, _ = monday.isocalendar()
    key = f"{year}-W{week:02d}"
    return Period("week", key, _midnight(monday), _midnight(monday + timedelta(days=7)))


def _month_from(first: date) -> Period:
    following = (first + timedelta(days=31)).replace(day=1)
    return Period("month", f"{first:%Y-%m}", _midnight(first), _midnight(following))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), SHANGHAI)
