"""Which themes are mentioned together, counted by the database."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, func, select

from pipeline.store.theme_tables import mention, theme, theme_event, theme_fit, theme_week
from pipeline.theme_breakdown import Pair, pairs_from_counts

_MOST_KEPT = 32


def read_pairs(
    connection: Connection, root: str, weeks: Sequence[str], n_rows: int
) -> tuple[Pair, ...]:
    """Find the themes that are mentioned with one more often than by chance.

    Args:
        connection: Any.
        root: A theme that stands for itself.
        weeks: The weeks to look at.
        n_rows: All complaints of them; 0 takes the rows that mention any theme.

    Returns:
        Pairs with it, the surest first; the adjustment is over the pairs of all themes.
    """
    n_rows = n_rows or max(1, _n_mentioning(connection, weeks))
    pairs = _all_pairs(connection, weeks, n_rows)
    return tuple(pair for pair in pairs if root in (pair.first, pair.second))


def _all_pairs(connection: Connection, weeks: Sequence[str], n_rows: int) -> tuple[Pair, ...]:
    """All themes' pairs are the same for each theme's page, so they are kept until one changes."""
    kept = _kept()
    stamp = (str(connection.engine.url), n_rows, *_stamp(connection, weeks))
    found = kept.get(stamp)
    if found is None:
        sizes, both = _sizes(connection, weeks), _both(connection, weeks)
        found = tuple(pairs_from_counts(sizes, both, n_rows))
        if len(kept) >= _MOST_KEPT:
            kept.clear()
        kept[stamp] = found
    return found


@cache
def _kept() -> dict[tuple[Any, ...], tuple[Pair, ...]]:
    return {}


def _stamp(connection: Connection, weeks: Sequence[str]) -> tuple[Any, ...]:
    """What differs after any fit, edit or forgetting."""
    fits = select(theme_fit.c.week, theme_fit.c.fitted_at).where(theme_fit.c.week.in_(weeks))
    sums = select(func.count(), func.sum(theme_week.c.n_mentions), func.sum(theme_week.c.n_family))
    return (
        tuple(tuple(row) for row in connection.execute(fits.order_by(theme_fit.c.week))),
        connection.execute(select(func.max(theme_event.c.id))).scalar(),
        tuple(connection.execute(sums.where(theme_week.c.week.in_(weeks))).one()),
    )


def _sizes(connection: Connection, weeks: Sequence[str]) -> dict[str, int]:
    """Rows of each theme: a row is in one week only, so the weeks add up."""
    query = (
        select(theme_week.c.theme_id, func.sum(theme_week.c.n_family))
        .join(theme, theme.c.id == theme_week.c.theme_id)
        .where(theme_week.c.week.in_(weeks), theme.c.merged_into.is_(None))
        .group_by(theme_week.c.theme_id)
    )
    return {theme_id: int(n) for theme_id, n in connection.execute(query)}


def _both(connection: Connection, weeks: Sequence[str]) -> dict[tuple[str, str], int]:
    told = (
        select(mention.c.week, mention.c.feedback_id, theme.c.root_id)
        .join(theme, theme.c.id == mention.c.theme_id)
        .where(mention.c.week.in_(weeks))
        .distinct()
        .cte("told")
    )
    one, other = told.alias("one"), told.alias("other")
    same_row = (one.c.feedback_id == other.c.feedback_id) & (one.c.root_id < other.c.root_id)
    query = (
        select(one.c.root_id, other.c.root_id, func.count())
        .join(other, same_row)
        .group_by(one.c.root_id, other.c.root_id)
    )
    return {(first, second): int(n) for first, second, n in connection.execute(query)}


def _n_mentioning(connection: Connection, weeks: Sequence[str]) -> int:
    rows = select(func.count(mention.c.feedback_id.distinct())).where(
        mention.c.week.in_(weeks), mention.c.theme_id.is_not(None)
    )
    return int(connection.execute(rows).scalar_one())
