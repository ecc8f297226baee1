"""Writing a placed week: mentions, new themes and the week's figures.

What the machine wrote of the week before is taken away first, so that a week can be written again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import Connection, delete, insert, select, update

from pipeline.store.theme_births import bear, free_names
from pipeline.store.theme_counts import refresh_members, top_phrases
from pipeline.store.theme_rows import chunks
from pipeline.store.theme_tables import (
    mention,
    theme,
    theme_event,
    theme_fit,
    theme_link,
    theme_state,
    theme_week,
)
from pipeline.store.theme_verdicts import read_roots, read_rulings
from pipeline.store.theme_week_rows import LONGEST, WeekRows
from pipeline.theme_found import spread
from pipeline.theme_placing import Placing, new_id
from pipeline.theme_rulings import Ruling

_MAX_QUOTES = 5
_NOBODY = Ruling(None, frozenset())


@dataclass(frozen=True, eq=False)
class Written:
    """A week as it now stands in the store.

    Attributes:
        found: The week.
        placing: Where everything went.
        ids: Name of a born theme in `placing` to its id.
        roots: Theme to the theme that stands for it.
        members: Theme to positions of its mentions.
        rows: Theme that stands for itself to the rows that mention its family.
    """

    found: WeekRows
    placing: Placing
    ids: Mapping[str, str]
    roots: Mapping[str, str]
    members: Mapping[str, np.ndarray]
    rows: Mapping[str, frozenset[str]]


def write_mentions(connection: Connection, found: WeekRows, placing: Placing) -> Written:
    """Replace a week's mentions, and make the themes that are born in it.

    Args:
        connection: Holds the lock.
        found: The week.
        placing: Where everything goes.

    Returns:
        What now stands.
    """
    moved = _clear(connection, found)
    ids = {new_id(k): bear(connection, found.report.themes[k]) for k in placing.born}
    auto = [ids.get(place, place) if place else None for place in placing.themes]
    roots = read_roots(connection)
    rulings = read_rulings(connection, found.places, roots)
    settled = [
        rulings.get(place, _NOBODY).settle(theme_id, roots)
        for place, theme_id in zip(found.places, auto, strict=True)
    ]
    _insert(connection, found, placing, auto, settled)
    if moved:
        refresh_members(connection, moved)
    members = _members([theme_id for theme_id, _ in settled])
    rows: dict[str, set[str]] = {}
    for theme_id, positions in members.items():
        rows.setdefault(roots[theme_id], set()).update(found.places[m][0] for m in positions)
    frozen = {id_: frozenset(own) for id_, own in rows.items()}
    return Written(found, placing, ids, roots, members, frozen)


def write_figures(
    connection: Connection, written: Written, changes: Mapping[str, str], encoder_name: str
) -> None:
    """Write the week's row of every theme that is mentioned in it.

    Args:
        connection: Holds the lock.
        written: The week's mentions.
        changes: What the week is for each theme that stands for itself.
        encoder_name: Whose vectors they are.
    """
    names = {row.id: row.name for row in connection.execute(select(theme.c.id, theme.c.name))}
    quotes = _quotes_by_place(written.found)
    values = []
    for theme_id in sorted(written.members.keys() | written.rows.keys()):
        own = written.members.get(theme_id, np.array([], dtype=int))
        family = written.rows.get(theme_id, frozenset())
        values.append(
            {
                "theme_id": theme_id,
                "week": written.found.week,
                "name": names[theme_id],
                "n_family": len(family),
                "change": changes.get(written.roots[theme_id], ""),
                **_figures(written.found, own, quotes),
                "encoder": encoder_name,
            }
        )
    connection.execute(delete(theme_week).where(theme_week.c.week == written.found.week))
    if values:
        connection.execute(insert(theme_week), values)
    free_names(connection)


def _figures(found: WeekRows, own: np.ndarray, quotes: Mapping[Any, int]) -> dict[str, Any]:
    words = Counter(found.found.words[i] for i in found.found.keys[own].tolist())
    vector = spread(found.found, own) if len(own) else np.zeros(found.found.vectors.shape[1])
    return {
        "n_rows": len({found.places[m][0] for m in own}),
        "n_mentions": len(own),
        "keywords": [],
        "quotes": _choose_quotes(found, own, quotes),
        "phrases": top_phrases(words),
        "vector": vector.astype("<f4").tobytes(),
    }


def _quotes_by_place(found: WeekRows) -> dict[Any, int]:
    """The clusterer's quotes in its order; they were chosen to be typical and unlike each other."""
    return {
        (quote.feedback_id, quote.start): rank
        for theme_ in found.report.themes
        for rank, quote in enumerate(theme_.quotes)
    }


def _choose_quotes(
    found: WeekRows, own: np.ndarray, quotes: Mapping[Any, int]
) -> list[dict[str, Any]]:
    """The clusterer's quotes that are still in the theme, then the closest mentions."""

    def rank(m: int) -> tuple[Any, ...]:
        place = found.places[m]
        return quotes.get(place[:2], len(quotes)), -found.found.scores[m], place

    chosen: dict[str, dict[str, Any]] = {}
    said: set[int] = set()
    for m in sorted(own.tolist(), key=rank):
        feedback_id, start, end = found.places[m]
        word = int(found.found.keys[m])
        if word in said or feedback_id in chosen:
            continue
        said.add(word)
        text = found.texts[m][:LONGEST]
        chosen[feedback_id] = {
            "feedback_id": feedback_id,
            "text": text,
            "start": start,
            "end": min(end, start + len(text)),
        }
        if len(chosen) == _MAX_QUOTES:
            break
    return list(chosen.values())


def _members(themes: Sequence[str | None]) -> dict[str, np.ndarray]:
    found: dict[str, list[int]] = {}
    for m, theme_id in enumerate(themes):
        if theme_id is not None:
            found.setdefault(theme_id, []).append(m)
    return {theme_id: np.array(own, dtype=int) for theme_id, own in found.items()}


def _clear(connection: Connection, found: WeekRows) -> set[str]:
    """Take the week away, and its rows where another week had them; give that week's themes."""
    week = found.week
    moved: set[str] = set()
    weeks: set[str] = set()
    for piece in chunks(sorted(found.row_texts)):
        elsewhere = mention.c.feedback_id.in_(piece) & (mention.c.week != week)
        query = select(mention.c.theme_id, mention.c.week).where(elsewhere).distinct()
        for row in connection.execute(query).all():
            weeks.add(row.week)
            moved |= {row.theme_id} - {None}
        connection.execute(delete(mention).where(elsewhere))
    # What those weeks were fitted from is not all there any more.
    connection.execute(update(theme_fit).where(theme_fit.c.week.in_(weeks)).values(digest=""))
    connection.execute(delete(mention).where(mention.c.week == week))
    connection.execute(delete(theme_week).where(theme_week.c.week == week))
    for table in (theme_link, theme_state, theme_event):
        connection.execute(delete(table).where((table.c.week == week) & ~table.c.is_human))
    return moved


def _insert(
    connection: Connection,
    found: WeekRows,
    placing: Placing,
    auto: Sequence[str | None],
    settled: Sequence[tuple[str | None, bool]],
) -> None:
    keys = found.found.keys.tolist()
    values = [
        {
            "feedback_id": place[0],
            "start": place[1],
            "end": place[2],
            "text": found.texts[m][:LONGEST],
            "key": found.found.words[keys[m]][:LONGEST],
            "week": found.week,
            "theme_id": settled[m][0],
            "auto_theme_id": auto[m],
            "score": float(placing.scores[m]),
            "is_human": settled[m][1],
        }
        for m, place in enumerate(found.places)
    ]
    for piece in chunks(values, 5_000):
        connection.execute(insert(mention), piece)
