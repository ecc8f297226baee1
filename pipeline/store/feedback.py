"""Reading rows of feedback, and noting what was done about them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, false, func, select, update

from pipeline.store.failures import NoSuchRowError
from pipeline.store.forgetting import forget, forget_customer
from pipeline.store.inbox import Cursor, Inbox, InboxFilter, inbox
from pipeline.store.rows import Feedback, from_row, week_of
from pipeline.store.saving import Saved, rank_of, save_scored, save_scored_file
from pipeline.store.tables import feedback
from pipeline.store.weekly import MAX_IDS, lock_counts, recounted

if TYPE_CHECKING:
    from pipeline.store.engine import Store

__all__ = [
    "Cursor",
    "Feedback",
    "Inbox",
    "InboxFilter",
    "Saved",
    "forget",
    "forget_customer",
    "get",
    "get_many",
    "inbox",
    "mark_answered",
    "mark_closed",
    "reopen",
    "save_scored",
    "save_scored_file",
    "week_of",
]


def get(store: Store, feedback_id: str) -> Feedback | None:
    """Read one row.

    Args:
        store: The store.
        feedback_id: Its id.

    Returns:
        The row; None if there is none.
    """
    return next(iter(get_many(store, [feedback_id])), None)


def get_many(store: Store, ids: Sequence[str]) -> tuple[Feedback, ...]:
    """Read rows.

    Args:
        store: The store.
        ids: At most 5,000 ids.

    Returns:
        The rows that exist, in the order asked for.
    """
    _check_size(ids)
    with store.read() as connection:
        rows = connection.execute(select(feedback).where(feedback.c.feedback_id.in_(ids)))
        found = {row["feedback_id"]: from_row(row) for row in rows.mappings()}
    return tuple(found[id_] for id_ in dict.fromkeys(ids) if id_ in found)


def mark_answered(
    store: Store, ids: Sequence[str], at: datetime, who: str | None = None
) -> tuple[str, ...]:
    """Note that customers had their answer; a row that already had one keeps the first.

    Args:
        store: The store.
        ids: The rows, at most 5,000.
        at: When, with a time zone.
        who: Who answered.

    Returns:
        The rows that were changed.

    Raises:
        NoSuchRowError: If a row is not there; nothing is changed then.
    """
    values = {"answered_at": at, "answered_by": who, "open_rank": None}
    return _mark(store, ids, values, feedback.c.answered_at.is_(None))


def mark_closed(
    store: Store, ids: Sequence[str], at: datetime, who: str | None = None
) -> tuple[str, ...]:
    """Note that matters were solved; a row that was closed keeps its first moment.

    Args:
        store: The store.
        ids: The rows, at most 5,000.
        at: When, with a time zone.
        who: Who closed them.

    Returns:
        The rows that were changed.

    Raises:
        NoSuchRowError: If a row is not there; nothing is changed then.
    """
    values = {"closed_at": at, "closed_by": who, "open_rank": None}
    return _mark(store, ids, values, feedback.c.closed_at.is_(None))


def reopen(store: Store, ids: Sequence[str]) -> tuple[str, ...]:
    """Take back that rows were answered and closed, so that they are in the inbox again.

    Args:
        store: The store.
        ids: The rows, at most 5,000.

    Returns:
        The rows that were changed.

    Raises:
        NoSuchRowError: If a row is not there; nothing is changed then.
    """
    values: dict[str, Any] = dict.fromkeys(("answered_at", "answered_by", "closed_at", "closed_by"))
    values["open_rank"] = rank_of(false(), feedback.c)
    is_done = feedback.c.answered_at.is_not(None) | feedback.c.closed_at.is_not(None)
    return _mark(store, ids, values, is_done)


def _mark(
    store: Store, ids: Sequence[str], values: dict[str, Any], condition: Any
) -> tuple[str, ...]:
    _check_size(ids)
    chosen = feedback.c.feedback_id.in_(ids)
    with store.begin() as connection:
        lock_counts(connection)
        _check_all_there(connection, ids, chosen, store.url)
        to_change = select(feedback.c.feedback_id).where(chosen, condition)
        changed = list(connection.execute(to_change).scalars())
        if changed:
            with recounted(connection, changed, changed):
                statement = update(feedback).where(feedback.c.feedback_id.in_(changed))
                connection.execute(statement.values(values))
    return tuple(changed)


def _check_all_there(connection: Connection, ids: Sequence[str], chosen: Any, url: str) -> None:
    n_found = connection.execute(select(func.count()).where(chosen)).scalar_one()
    if n_found < len(set(ids)):
        found = set(connection.execute(select(feedback.c.feedback_id).where(chosen)).scalars())
        missing = next(id_ for id_ in ids if id_ not in found)
        raise NoSuchRowError(f"{url}: there is no feedback {missing!r}; nothing was changed")


def _check_size(ids: Sequence[str]) -> None:
    if isinstance(ids, str) or len(ids) > MAX_IDS:
        raise ValueError(f"expected a list of at most {MAX_IDS} ids")
