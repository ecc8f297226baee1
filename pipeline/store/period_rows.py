"""The rows of a stretch of time as a frame, for reports; no more of the store than that is read."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, or_, select

from pipeline.store.rows import LABELS, NEEDED, NO_ANSWER_NEEDED, SCORES
from pipeline.store.saving import came_in
from pipeline.store.tables import feedback

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.store.engine import Store

# Rows that nobody answered for longer than this are no news of this week.
_OLDEST_OPEN = timedelta(days=90)
_MOMENTS = (
    *("created_at", "acknowledge_due", "respond_due", "resolve_due"),
    *("answered_at", "closed_at"),
)
_COLUMNS = (*NEEDED, *LABELS, *SCORES, "contact_count", "answered_at", "closed_at")

_f = feedback.c


def read_rows(
    store: Store, start: datetime, end: datetime, *, with_open_before: bool = False
) -> pd.DataFrame:
    """Read the rows that came in from one moment to another.

    Args:
        store: The store.
        start: The first moment, aware.
        end: The first moment after it.
        with_open_before: Also rows of the 90 days before whose time to answer ran out by `end`
            without an answer.

    Returns:
        The result's fields, the input's known columns, `answered_at` and `closed_at`, the oldest
        first; what was closed counts as answered. Moments are in Asia/Shanghai.
    """
    inside = came_in(start, end)
    if with_open_before:
        is_late = and_(
            came_in(start - _OLDEST_OPEN, start),
            _f.respond_due < end,
            _f.intent.not_in(NO_ANSWER_NEEDED),
            func.coalesce(_f.answered_at, _f.closed_at, end) >= end,
        )
        inside = or_(inside, is_late)
    columns: list[Any] = [_f[name] for name in _COLUMNS]
    query = select(*columns).where(inside).order_by(_f.row_id)
    with store.read() as connection:
        records = [tuple(row) for row in connection.execute(query)]
    return _frame(records)


def _frame(records: list[tuple[Any, ...]]) -> pd.DataFrame:
    import pandas as pd

    frame = pd.DataFrame(records, columns=list(_COLUMNS))
    for name in _MOMENTS:
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.tz_convert("Asia/Shanghai")
    frame["answered_at"] = frame["answered_at"].fillna(frame["closed_at"])
    return frame
