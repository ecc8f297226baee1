"""The deadlines of many rows at once, as numbers: what `models.deadlines.due` gives one by one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import numpy as np

from models.deadlines import SHANGHAI, WorkingCalendar, due
from models.taxonomy import ServiceLevels

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_HOUR = 3_600_000_000
_DAY = 24 * _HOUR
_FIRST_DAY = date(1970, 1, 1).toordinal()
# Between these Shanghai's clocks stand eight hours ahead all the time: last summer time in 1991.
_OFFSET = 8 * _HOUR
_PLAIN = tuple((datetime(year, 1, 1, tzinfo=UTC) - EPOCH) // _TICK for year in (1992, 2100))


def due_columns(
    created: np.ndarray,
    urgencies: Sequence[str],
    severities: Sequence[str],
    levels: ServiceLevels,
    calendar: WorkingCalendar,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give the rows' due moments.

    Args:
        created: When the customers wrote, microseconds since 1970 in UTC, shape (n,), int64.
        urgencies: Keys of `levels.respond_working_days`.
        severities: Keys of `levels.resolve_hours`.
        levels: How much time each step has.
        calendar: Working days.

    Returns:
        By when to acknowledge, respond and resolve, counted as `created`, shape (n,) each.
    """
    times = {name: _ticks(hours) for name, hours in levels.resolve_hours.items()}
    acknowledged = created + _ticks(levels.acknowledge_hours)
    resolved = created + np.array([times[name] for name in severities], dtype=np.int64)
    n_days = levels.respond_working_days
    days, clocks = np.divmod(created + _OFFSET, _DAY)
    is_plain = (created >= _PLAIN[0]) & (created < _PLAIN[1])
    keys = list(zip(np.where(is_plain, days, 0).tolist(), urgencies, strict=True))
    reached = {key: _respond(key[0], n_days[key[1]], calendar) for key in {*keys}}
    ends, is_worked = np.array([reached[key] for key in keys], dtype=np.int64).reshape(-1, 2).T
    responded = ends * _DAY + clocks * is_worked - _OFFSET
    for i in np.flatnonzero(~is_plain).tolist():
        moment = (EPOCH + int(created[i]) * _TICK).astimezone(SHANGHAI)
        dues = due(moment, urgencies[i], severities[i], levels, calendar)
        moments = (dues.acknowledge_due, dues.respond_due, dues.resolve_due)
        acknowledged[i], responded[i], resolved[i] = ((m - EPOCH) // _TICK for m in moments)
    return acknowledged, responded, resolved


def _ticks(hours: float) -> int:
    return timedelta(hours=hours) // _TICK


def _respond(day: int, n: int, calendar: WorkingCalendar) -> tuple[int, bool]:
    """The day that is n working days on, and whether the day of arrival is worked."""
    arrived = date.fromordinal(_FIRST_DAY + day)
    reached, _ = calendar.count(arrived, n)
    return reached.toordinal() - _FIRST_DAY, calendar.is_working_day(arrived)
