"""Themes put into a store by hand, without an encoder."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import insert

from pipeline.store.engine import Store
from pipeline.store.theme_counts import refresh_members
from pipeline.store.theme_editing import insert_theme
from pipeline.store.theme_rows import lock, next_id
from pipeline.store.theme_tables import mention, theme_fit

WEEK_1, WEEK_2, WEEK_3 = "2026-W45", "2026-W46", "2026-W47"
Place = tuple[str, int, int]


def place(theme: int, week: str, i: int) -> Place:
    """The i-th mention of the n-th theme in a week."""
    return (f"CF{week[-2:]}-{theme}-{i}", 0, 4)


def plant(store: Store, names: list[str], sizes: dict[str, list[int]], n_complaints: int = 100):
    """Make themes T0001, T0002 … with so many rows in each week."""
    with store.begin() as connection:
        lock(connection)
        ids = [next_id(connection) for _ in names]
        for theme_id, name in zip(ids, names, strict=True):
            insert_theme(connection, theme_id, name, is_named=False, keywords=[name[:2]])
        for week, counts in sizes.items():
            connection.execute(
                insert(theme_fit).values(
                    week=week,
                    n_complaints=n_complaints,
                    n_mentions=sum(counts),
                    n_rare=0,
                    digest="",
                    outcome={},
                    fitted_at=datetime.now(UTC),
                )
            )
            rows = [
                _row(place(n, week, i), f"{names[n]}{i % 3}", week, ids[n])
                for n, count in enumerate(counts)
                for i in range(count)
            ]
            connection.execute(insert(mention), rows)
        refresh_members(connection, ids)
    return ids


def _row(where: Place, text: str, week: str, theme_id: str) -> dict[str, object]:
    feedback_id, start, end = where
    return {
        "feedback_id": feedback_id,
        "start": start,
        "end": end,
        "text": text,
        "key": text,
        "week": week,
        "theme_id": theme_id,
        "auto_theme_id": theme_id,
        "score": 0.9,
        "is_human": False,
    }
