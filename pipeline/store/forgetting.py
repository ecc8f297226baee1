"""Deleting rows with all that hangs on them, as the law on personal data lets customers ask for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select

from pipeline.store.tables import feedback
from pipeline.store.theme_forget import forget_mentions
from pipeline.store.weekly import MAX_IDS, lock_counts, recounted

if TYPE_CHECKING:
    from pipeline.store.engine import Store


def forget(store: Store, ids: Sequence[str]) -> int:
    """Delete rows, their words, counts, corrections, mentions and the quotes from them.

    Args:
        store: The store.
        ids: The rows, at most 5,000; those that are not there are passed over.

    Returns:
        How many were deleted.

    Raises:
        ValueError: If there are more ids.
    """
    if isinstance(ids, str) or len(ids) > MAX_IDS:
        raise ValueError(f"expected a list of at most {MAX_IDS} ids")
    return _forget(store, feedback.c.feedback_id.in_(ids))


def forget_customer(store: Store, customer_id: str) -> int:
    """Delete all that one customer wrote.

    Args:
        store: The store.
        customer_id: The customer's keyed hash, as in the scored table.

    Returns:
        How many rows were deleted.
    """
    return _forget(store, feedback.c.customer_id == customer_id)


def _forget(store: Store, chosen: Any) -> int:
    with store.begin() as connection:
        lock_counts(connection)
        ids = list(connection.execute(select(feedback.c.feedback_id).where(chosen)).scalars())
        for start in range(0, len(ids), MAX_IDS):
            part = ids[start : start + MAX_IDS]
            forget_mentions(connection, part)
            with recounted(connection, [], part):
                connection.execute(delete(feedback).where(feedback.c.feedback_id.in_(part)))
    return len(ids)
