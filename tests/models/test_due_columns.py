"""Deadlines of many rows at once against the deadlines of one row."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from models.deadlines import SHANGHAI, WorkingCalendar, due
from models.due_columns import EPOCH, due_columns
from models.taxonomy import ServiceLevels

CALENDAR = WorkingCalendar()
LEVELS = ServiceLevels(
    acknowledge_hours=2.5,
    respond_working_days={"low": 10, "medium": 5, "high": 1},
    resolve_hours={"一般": 72, "中度": 48.25, "重大": 24},
)
MOMENTS = st.datetimes(
    datetime(1970, 1, 1), datetime(2100, 12, 1), timezones=st.just(UTC)
) | st.datetimes(datetime(1985, 1, 1), datetime(1993, 1, 1), timezones=st.just(UTC))
ROWS = st.tuples(
    MOMENTS, st.sampled_from(["low", "medium", "high"]), st.sampled_from(["一般", "中度", "重大"])
)


@settings(max_examples=200, deadline=None)
@given(st.lists(ROWS, max_size=5))
def test_columns_hold_what_single_rows_give(rows: list[tuple[datetime, str, str]]) -> None:
    """Summer times, holidays, midnights: the numbers are the moments of `due`."""
    created = np.array([(row[0] - EPOCH) // timedelta(microseconds=1) for row in rows], np.int64)
    urgencies, severities = [row[1] for row in rows], [row[2] for row in rows]
    found = due_columns(created, urgencies, severities, LEVELS, CALENDAR)
    for i, (moment, urgency, severity) in enumerate(rows):
        dues = due(moment.astimezone(SHANGHAI), urgency, severity, LEVELS, CALENDAR)
        expected = (dues.acknowledge_due, dues.respond_due, dues.resolve_due)
        assert [EPOCH + timedelta(microseconds=int(column[i])) for column in found] == [
            at.astimezone(UTC) for at in expected
        ]
