"""Forgetting customers' words: mentions, what was said of them, and where they are quoted."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from pipeline.store.theme_counts import refresh_members
from pipeline.store.theme_rows import chunks, lock
from pipeline.store.theme_tables import mention, verdict


def forget_mentions(connection: Connection, feedback_ids: Sequence[str]) -> int:
    """Delete all that themes hold of some rows; to be called where the rows are deleted.

    Args:
        connection: In a writing transaction.
        feedback_ids: The rows.

    Returns:
        How many mentions were deleted. Counts, quotes and phrases of their themes are made anew
        from what is left.
    """
    lock(connection)
    themes: set[str] = set()
    n = 0
    for piece in chunks(feedback_ids):
        of_rows = mention.c.feedback_id.in_(piece)
        found = connection.execute(select(mention.c.theme_id).where(of_rows).distinct())
        themes |= {theme_id for theme_id in found.scalars() if theme_id is not None}
        n += connection.execute(delete(mention).where(of_rows)).rowcount
        connection.execute(delete(verdict).where(verdict.c.feedback_id.in_(piece)))
    refresh_members(connection, themes)
    return n
