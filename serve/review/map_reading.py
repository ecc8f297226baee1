"""What the map shows: the largest themes of a week and the phrases they are made of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
from sqlalchemy import and_, func, select

from pipeline.store.theme_registry import list_themes, list_weeks
from pipeline.store.theme_tables import mention, theme
from serve.review.projection import project

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.theme_views import ThemeView

N_THEMES = 40
_N_PHRASES = 10


@dataclass(frozen=True, slots=True)
class Dot:
    """A phrase on the map.

    Attributes:
        theme_id: Its theme.
        key: The normalised phrase.
        text: One customer's words of it.
        n: Mentions this week.
        x: From -1 to 1.
        y: Likewise.
    """

    theme_id: str
    key: str
    text: str
    n: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Map:
    """The map of a week; None before any theme was fitted."""

    week: str | None
    weeks: list[str]
    themes: list[tuple[ThemeView, float, float]]
    dots: list[Dot]


def read_map(store: Store, week: str | None) -> Map:
    """Read the map of a week.

    Args:
        store: The store.
        week: Which; None, or one without themes, takes the newest.

    Returns:
        The map.
    """
    weeks = [fit["week"] for fit in list_weeks(store)]
    if not weeks:
        return Map(None, [], [], [])
    week = str(week if week in weeks else weeks[0])
    themes = [one for one in list_themes(store, week, limit=N_THEMES) if one.n]
    phrases = _phrases(store, week, [one.id for one in themes])
    places = project(_encode([text for _, _, text, _ in phrases]), _weights(phrases))
    dots = [Dot(*phrase, x, y) for phrase, (x, y) in zip(phrases, places.tolist(), strict=True)]
    return Map(week, weeks, [(one, *_middle(one.id, dots)) for one in themes], dots)


def _phrases(store: Store, week: str, ids: list[str]) -> list[tuple[str, str, str, int]]:
    n = func.count()
    place = func.row_number().over(partition_by=theme.c.root_id, order_by=(n.desc(), mention.c.key))
    here = mention.c.theme_id == theme.c.id, mention.c.week == week
    # Counted in the index first, so that only the words of the few that are shown are read.
    ranked = (
        select(theme.c.root_id, mention.c.key, n.label("n"), place.label("place"))
        .where(*here, theme.c.root_id.in_(ids))
        .group_by(theme.c.root_id, mention.c.key)
        .subquery()
    )
    top = select(ranked).where(ranked.c.place <= _N_PHRASES).cte("top").prefix_with("MATERIALIZED")
    query = (
        select(top.c.root_id, top.c.key, func.min(mention.c.text), top.c.n)
        .select_from(top)
        .join(theme, theme.c.root_id == top.c.root_id)
        .join(mention, and_(*here, mention.c.key == top.c.key))
        .group_by(top.c.root_id, top.c.key, top.c.n)
        .order_by(top.c.n.desc(), top.c.key, top.c.root_id)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    return [(id_, key, text, int(count)) for id_, key, text, count in rows]


def _weights(phrases: list[tuple[str, str, str, int]]) -> np.ndarray:
    # Roots, so that one phrase said a thousand times does not choose the plane alone.
    counts = np.array([n for *_, n in phrases], dtype=float)
    weights: np.ndarray = np.sqrt(counts)
    return weights


def _middle(theme_id: str, dots: list[Dot]) -> tuple[float, float]:
    own = [dot for dot in dots if dot.theme_id == theme_id]
    total = sum(dot.n for dot in own)
    if not total:
        return 0.0, 0.0
    return sum(d.x * d.n for d in own) / total, sum(d.y * d.n for d in own) / total


def _encode(texts: list[str]) -> np.ndarray:
    encoder = _encoder()
    found: np.ndarray = encoder.encode(texts) if texts else np.zeros((0, encoder.dim))
    return found


@cache
def _encoder() -> Any:
    """The encoder that ships with the model: a table, so that phrases take milliseconds."""
    from models.artifact import DEFAULT_FOLDER, load_encoder
    from models.segmentation import Segmenter

    # Not the whole model: its heads and its finder of facts would take most of the time.
    return load_encoder(DEFAULT_FOLDER, Segmenter.load(DEFAULT_FOLDER))
