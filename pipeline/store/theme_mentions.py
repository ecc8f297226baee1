"""Reading mentions: a theme's, a row's, or those in no theme; and writing all of them out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select, true

from pipeline.store.engine import Store
from pipeline.store.theme_rows import family_of, read_theme
from pipeline.store.theme_tables import mention, theme
from pipeline.store.theme_views import MentionView

_BATCH = 10_000


def list_mentions(
    store: Store,
    theme_id: str | None = None,
    week: str | None = None,
    *,
    feedback_id: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> list[MentionView]:
    """Read mentions, the closest to their theme first.

    Args:
        store: The store.
        theme_id: Only of this theme, merged ones included; None takes rare mentions alone,
            unless `feedback_id` is given.
        week: Only of this week.
        feedback_id: Only of this row.
        limit: At most so many.
        offset: Leave out so many first.

    Returns:
        Mentions.
    """
    with store.read() as connection:
        where: Any = true() if feedback_id is not None else mention.c.theme_id.is_(None)
        if theme_id is not None:
            family = family_of(connection, read_theme(connection, theme_id)["root_id"])
            where = mention.c.theme_id.in_(family)
        if week is not None:
            where &= mention.c.week == week
        if feedback_id is not None:
            where &= mention.c.feedback_id == feedback_id
        query = (
            select(mention, theme.c.root_id)
            .outerjoin(theme, theme.c.id == mention.c.theme_id)
            .where(where)
            .order_by(mention.c.score.desc(), mention.c.feedback_id, mention.c.start)
            .limit(limit)
            .offset(offset)
        )
        return [mention_view(row) for row in connection.execute(query)]


def export_mentions(store: Store, week: str | None = None) -> Iterator[list[dict[str, Any]]]:
    """Read all mentions that are in a theme, for writing to a file.

    Args:
        store: The store.
        week: Only of this week.

    Yields:
        Batches of records: feedback_id, theme_id, theme_name, start, end, score; by feedback_id.
    """
    roots = theme.alias("root")
    query = (
        select(
            mention.c.feedback_id,
            roots.c.id.label("theme_id"),
            roots.c.name.label("theme_name"),
            mention.c.start,
            mention.c.end,
            mention.c.score,
        )
        .join(theme, theme.c.id == mention.c.theme_id)
        .join(roots, roots.c.id == theme.c.root_id)
        .order_by(mention.c.feedback_id, mention.c.start, mention.c.end)
    )
    if week is not None:
        query = query.where(mention.c.week == week)
    with store.read() as connection:
        result = connection.execution_options(yield_per=_BATCH).execute(query)
        for batch in result.mappings().partitions():
            yield [dict(row) for row in batch]


def mention_view(row: Any) -> MentionView:
    """Give a row of `mention` joined with its theme's `root_id` as a reader sees it.

    Args:
        row: The row.

    Returns:
        The view.
    """
    return MentionView(
        feedback_id=row.feedback_id,
        start=row.start,
        end=row.end,
        text=row.text,
        week=row.week,
        theme_id=row.root_id,
        score=row.score,
        is_human=row.is_human,
    )
