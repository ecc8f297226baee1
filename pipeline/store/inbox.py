"""What has to be answered next: the most urgent first, then the earliest due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Select, select, tuple_

from pipeline.store.rows import Feedback, from_row
from pipeline.store.tables import feedback

if TYPE_CHECKING:
    from pipeline.store.engine import Store

MAX_LIMIT = 500
URGENCIES = ("high", "medium", "low")


class Cursor(NamedTuple):
    """Where a page of the inbox ended."""

    open_rank: int
    respond_due: datetime
    row_id: int


@dataclass(frozen=True, slots=True)
class InboxFilter:
    """Which open rows to show; None does not narrow.

    Attributes:
        department: Who must act.
        week: ISO week the row came in.
        urgency: high, medium or low.
        type: The main type.
        channel: Where it came in.
        product: What it is about.
        is_overdue: True shows only rows past their time to answer.
    """

    department: str | None = None
    week: str | None = None
    urgency: str | None = None
    type: str | None = None
    channel: str | None = None
    product: str | None = None
    is_overdue: bool = False


@dataclass(frozen=True, slots=True)
class Inbox:
    """A page of open rows.

    Attributes:
        rows: The rows, the most urgent first, then the earliest due.
        n_overdue: How many of them are past their time to answer.
        next: Ask for the next page with it; None on the last.
    """

    rows: tuple[Feedback, ...]
    n_overdue: int
    next: Cursor | None


def inbox(
    store: Store,
    now: datetime,
    *,
    where: InboxFilter | None = None,
    limit: int = 50,
    after: Cursor | None = None,
) -> Inbox:
    """List rows that want an answer and have none; praise and rows without content want none.

    Args:
        store: The store.
        now: Rows due before it are overdue.
        where: Which rows; None takes all.
        limit: Rows a page, 1 to 500.
        after: Where the last page ended; None starts at the top.

    Returns:
        The page.

    Raises:
        ValueError: If `limit` or the urgency is out of range.
    """
    if not 1 <= limit <= MAX_LIMIT:
        raise ValueError(f"limit must be 1 to {MAX_LIMIT}, got {limit}")
    query = _narrow(select(feedback), where or InboxFilter(), now)
    order = (feedback.c.open_rank, feedback.c.respond_due, feedback.c.row_id)
    if after is not None:
        query = query.where(tuple_(*order) > tuple_(*after, types=[c.type for c in order]))
    with store.read() as connection:
        found = connection.execute(query.order_by(*order).limit(limit + 1)).mappings().all()
    last = found[limit - 1] if len(found) > limit else None
    rows = tuple(from_row(row) for row in found[:limit])
    following = Cursor(last["open_rank"], last["respond_due"], last["row_id"]) if last else None
    return Inbox(rows, sum(row.is_overdue(now) for row in rows), following)


def _narrow(query: Select[Any], where: InboxFilter, now: datetime) -> Select[Any]:
    query = query.where(feedback.c.open_rank.is_not(None))
    for name in ("department", "week", "type", "channel", "product"):
        wanted = getattr(where, name)
        if wanted is not None:
            query = query.where(feedback.c[name] == wanted)
    if where.urgency is not None:
        if where.urgency not in URGENCIES:
            raise ValueError(f"urgency must be one of {URGENCIES}, got {where.urgency!r}")
        query = query.where(feedback.c.open_rank == URGENCIES.index(where.urgency))
    return query.where(feedback.c.respond_due < now) if where.is_overdue else query
