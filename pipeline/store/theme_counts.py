"""Keep the weekly figures of themes true after mentions moved.

A row of `theme_week` is there when the theme, or one merged into it, is mentioned in that week.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from pipeline.store.theme_rows import family_of
from pipeline.store.theme_tables import mention, theme, theme_week

MAX_PHRASES = 60
_MAX_QUOTES = 5
_EMPTY: dict[str, Any] = {"n_rows": 0, "n_family": 0, "n_mentions": 0}


def refresh_members(connection: Connection, theme_ids: Collection[str]) -> None:
    """Count themes anew after mentions joined or left them.

    Their phrases and quotes are taken anew from what is left; vectors are dropped, and made from
    the phrases when the next week is fitted.

    Args:
        connection: Holds the lock.
        theme_ids: The themes whose mentions changed.
    """
    for theme_id in sorted(theme_ids):
        _refresh_own(connection, theme_id)
    refresh_families(connection, theme_ids)


def refresh_families(connection: Connection, theme_ids: Collection[str]) -> None:
    """Count anew in how many rows a week each theme is mentioned, merged ones included.

    Args:
        connection: Holds the lock.
        theme_ids: Themes whose family changed, merged or not.
    """
    of_themes = select(theme.c.id, theme.c.root_id, theme.c.name).where(
        theme.c.id.in_(sorted(theme_ids))
    )
    names = {row.id: row.name for row in connection.execute(of_themes)}
    roots = {row.root_id for row in connection.execute(of_themes)}
    for theme_id in sorted(set(theme_ids) | roots):
        counts = {}
        if theme_id in roots:
            counts = _rows_by_week(connection, family_of(connection, theme_id))
        _write_family(connection, theme_id, counts, names.get(theme_id))


def _rows_by_week(connection: Connection, family: Collection[str]) -> dict[str, int]:
    query = (
        select(mention.c.week, func.count(mention.c.feedback_id.distinct()))
        .where(mention.c.theme_id.in_(list(family)))
        .group_by(mention.c.week)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def _write_family(
    connection: Connection, theme_id: str, counts: dict[str, int], name: str | None
) -> None:
    of_theme = theme_week.c.theme_id == theme_id
    in_store = select(theme_week.c.week, theme_week.c.n_family).where(of_theme)
    known = {row.week: row.n_family for row in connection.execute(in_store)}
    for week in sorted(known.keys() | counts.keys()):
        n = counts.get(week, 0)
        if week not in known:
            add_week(connection, theme_id, week, name or theme_id, n_family=n)
        elif known[week] != n:
            here = of_theme & (theme_week.c.week == week)
            connection.execute(update(theme_week).where(here).values(n_family=n))
    empty = of_theme & (theme_week.c.n_family == 0) & (theme_week.c.n_rows == 0)
    connection.execute(delete(theme_week).where(empty))


def add_week(connection: Connection, theme_id: str, week: str, name: str, **values: Any) -> None:
    """Add a theme's row for a week in which it had none.

    Args:
        connection: Holds the lock.
        theme_id: The theme.
        week: Such as `2026-W47`.
        name: What it is called then.
        **values: Columns that are known already.
    """
    row = {**_EMPTY, "keywords": [], "quotes": [], "phrases": [], "change": "edit", **values}
    connection.execute(insert(theme_week).values(theme_id=theme_id, week=week, name=name, **row))


def _refresh_own(connection: Connection, theme_id: str) -> None:
    query = (
        select(
            mention.c.week,
            mention.c.feedback_id,
            mention.c.start,
            mention.c.end,
            mention.c.text,
            mention.c.key,
        )
        .where(mention.c.theme_id == theme_id)
        .order_by(mention.c.score.desc(), mention.c.feedback_id, mention.c.start)
    )
    weeks: dict[str, list[Any]] = {}
    for row in connection.execute(query):
        weeks.setdefault(row.week, []).append(row)
    of_theme = theme_week.c.theme_id == theme_id
    known = set(connection.execute(select(theme_week.c.week).where(of_theme)).scalars())
    name = connection.execute(select(theme.c.name).where(theme.c.id == theme_id)).scalar_one()
    for week in sorted(known | weeks.keys()):
        values = _figures(weeks.get(week, []))
        if week in known:
            here = of_theme & (theme_week.c.week == week)
            connection.execute(update(theme_week).where(here).values(**values))
        else:
            add_week(connection, theme_id, week, name, **values)


def _figures(rows: list[Any]) -> dict[str, Any]:
    quotes: dict[str, dict[str, Any]] = {}
    said: set[str] = set()
    for row in rows:
        if row.key not in said and row.feedback_id not in quotes and len(quotes) < _MAX_QUOTES:
            said.add(row.key)
            quotes[row.feedback_id] = quote_record(row)
    return {
        "n_rows": len({row.feedback_id for row in rows}),
        "n_mentions": len(rows),
        "quotes": list(quotes.values()),
        "phrases": top_phrases(Counter(row.key for row in rows)),
        "vector": None,
        "encoder": None,
    }


def quote_record(row: Any) -> dict[str, Any]:
    """Give a mention as a quote.

    Args:
        row: Has feedback_id, text, start and end.

    Returns:
        Plain values.
    """
    return {
        "feedback_id": row.feedback_id,
        "text": row.text,
        "start": int(row.start),
        "end": int(row.end),
    }


def top_phrases(counts: Counter[str]) -> list[list[Any]]:
    """Choose the phrases that a theme is known by.

    Args:
        counts: Normalised clause to mentions.

    Returns:
        Pairs of phrase and mentions, the most frequent first.
    """
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [[phrase, n] for phrase, n in ranked[:MAX_PHRASES]]
