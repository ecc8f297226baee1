"""What the inbox reads beside the store's own list: the review queue, and corrections of rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from pipeline.store.rows import Feedback, from_row
from pipeline.store.tables import correction, feedback

if TYPE_CHECKING:
    from pipeline.store.engine import Store

_WAITING = ("conflict", "waiting")


def read_queue(store: Store, limit: int) -> list[Feedback]:
    """Read rows that somebody should look at: disagreements first, then the least sure.

    Args:
        store: The store.
        limit: At most so many.

    Returns:
        The rows.
    """
    found: list[Feedback] = []
    with store.read() as connection:
        for state in _WAITING:
            query = select(feedback).where(feedback.c.review == state)
            query = query.order_by(feedback.c.confidence, feedback.c.row_id)
            rows = connection.execute(query.limit(limit - len(found))).mappings().all()
            found += [from_row(row) for row in rows]
    return found


def read_corrections(store: Store, ids: Sequence[str]) -> Mapping[str, list[Any]]:
    """Read what people changed in some rows and what still stands.

    Args:
        store: The store.
        ids: The rows.

    Returns:
        Row to corrections, the oldest first; each has field, old, new, who and status.
    """
    query = (
        select(correction)
        .where(correction.c.feedback_id.in_(ids), correction.c.status != "superseded")
        .order_by(correction.c.correction_id)
    )
    made: dict[str, list[Any]] = {}
    if ids:
        with store.read() as connection:
            for row in connection.execute(query):
                made.setdefault(row.feedback_id, []).append(row)
    return made
