"""The queue of rows whose labels a person should look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import func, select, tuple_

from pipeline.store.rows import Feedback, from_row
from pipeline.store.tables import feedback

if TYPE_CHECKING:
    from pipeline.store.engine import Store

MAX_LIMIT = 5_000
_OPEN = ("conflict", "waiting")  # in the order of the alphabet, which is that of the index


class ReviewCursor(NamedTuple):
    """Where a page of the queue ended."""

    review: str
    confidence: float
    row_id: int


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """A page of the queue.

    Attributes:
        rows: Rows in conflict first, then those that the model is least sure of.
        next: Ask for the next page with it; None on the last.
    """

    rows: tuple[Feedback, ...]
    next: ReviewCursor | None


def review_queue(
    store: Store, *, week: str | None = None, limit: int = 50, after: ReviewCursor | None = None
) -> ReviewQueue:
    """List rows whose labels a person should look at.

    Args:
        store: The store.
        week: Only rows that came in this ISO week; None lists all.
        limit: Rows a page, 1 to 5,000.
        after: Where the last page ended; None starts at the top.

    Returns:
        The page.

    Raises:
        ValueError: If `limit` is out of range.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit must be 1 to {MAX_LIMIT}, got {limit}")
    order = (feedback.c.review, feedback.c.confidence, feedback.c.row_id)
    query = select(feedback).where(feedback.c.review.in_(_OPEN))
    if week is not None:
        query = query.where(feedback.c.week == week)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after, types=[c.type for c in order]))
    with store.read() as connection:
        found = connection.execute(query.order_by(*order).limit(limit + 1)).mappings().all()
    last = found[limit - 1] if len(found) > limit else None
    following = ReviewCursor(*(last[c.name] for c in order)) if last else None
    return ReviewQueue(tuple(from_row(row) for row in found[:limit]), following)


def count_reviews(store: Store) -> dict[str, int]:
    """Count the rows of each state of review.

    Args:
        store: The store.

    Returns:
        waiting, settled and conflict to their numbers of rows.
    """
    states = ("waiting", "settled", "conflict")
    counts = (
        select(func.count()).where(feedback.c.review == state).scalar_subquery() for state in states
    )
    with store.read() as connection:
        return dict(zip(states, connection.execute(select(*counts)).one(), strict=True))
