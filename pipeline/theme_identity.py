"""Which of this week's clusters is which known theme.

The best one-to-one matching (Hungarian method, Kuhn 1955) on how alike two groups of mentions are,
never below a floor. What is left over is a piece of a known theme, split off from one, or new. The
vocabulary of events follows Spiliopoulou et al., MONIC (2006).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from models.encoders import unit_rows

_KEYWORD_TRUST = 0.3
_CENTRING = 0.9


class Fate(StrEnum):
    """What becomes of a cluster."""

    CONTINUATION = "continuation"
    PIECE = "piece"
    SPLIT = "split"
    BIRTH = "birth"


@dataclass(frozen=True)
class IdentitySettings:
    """When two groups are one theme.

    Attributes:
        floor: Least likeness of a cluster and a theme, in [0, 1].
        split_floor: Below this likeness to its theme's own cluster a piece with few known words
            is a theme of its own, in [0, 1].
        reach: Least cosine for a single mention in no cluster to join a known theme.
        return_after: Silent weeks after which a theme that is seen again counts as returned.
        dead_after: Silent weeks after which a theme counts as dead; its id is kept all the same.
        memory: A theme is known by the last so many weeks in which it was mentioned.
    """

    floor: float = 0.45
    split_floor: float = 0.3
    reach: float = 0.6
    return_after: int = 3
    dead_after: int = 12
    memory: int = 8


@dataclass(frozen=True, eq=False)
class Profile:
    """What a group of mentions looks like.

    Attributes:
        id: Of a known theme; of a cluster whatever the caller likes.
        vector: Sum of the mentions' unit vectors, shape (dim,).
        phrases: Normalised clause to mentions.
        keywords: Telling words.
    """

    id: str
    vector: np.ndarray
    phrases: Mapping[str, int] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """Mentions that the phrases stand for."""
        return sum(self.phrases.values())


@dataclass(frozen=True)
class Match:
    """Where one cluster goes.

    Attributes:
        fate: What it is.
        theme_id: The known theme that takes it in; None when it is new.
        parent: The theme it split from, else None.
        also: Known themes without a cluster of their own that this one looks like too: they seem
            to merge.
    """

    fate: Fate
    theme_id: str | None = None
    parent: str | None = None
    also: tuple[str, ...] = ()


def likeness(
    groups: Sequence[Profile], themes: Sequence[Profile], centre: np.ndarray
) -> np.ndarray:
    """Say how alike groups and themes are.

    Any one of three kinds of evidence may suffice: direction, the share of mentions that were
    said before in the same words, and keywords (trusted least).

    Args:
        groups: This week's clusters.
        themes: Known themes, or the clusters again.
        centre: Mean of all vectors, shape (dim,); every encoder leans one way, which says nothing.

    Returns:
        Values in [0, 1], shape (n_groups, n_themes).
    """
    if not groups or not themes:
        return np.zeros((len(groups), len(themes)))
    cosine = np.clip(directions(groups, centre) @ directions(themes, centre).T, 0, 1)
    doubt = (1 - cosine) * (1 - _known_share(groups, themes))
    found: np.ndarray = 1 - doubt * (1 - _KEYWORD_TRUST * _keyword_share(groups, themes))
    return np.round(found, 6)


def directions(profiles: Sequence[Profile], centre: np.ndarray) -> np.ndarray:
    """Give each profile's direction away from the common one.

    Args:
        profiles: Any number.
        centre: Mean of all vectors, shape (dim,).

    Returns:
        Unit rows, shape (n_profiles, dim).
    """
    if not profiles:
        return np.zeros((0, len(centre)))
    return away(np.stack([profile.vector for profile in profiles]), centre)


def away(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Take most of the common direction out of vectors.

    Args:
        vectors: Of any length, shape (n, dim).
        centre: Mean of all vectors, shape (dim,).

    Returns:
        Unit rows, shape (n, dim).
    """
    return unit_rows(unit_rows(vectors.astype(np.float64)) - _CENTRING * centre)


def match_clusters(
    clusters: Sequence[Profile],
    themes: Sequence[Profile],
    centre: np.ndarray,
    settings: IdentitySettings,
) -> list[Match]:
    """Match clusters with known themes.

    Args:
        clusters: This week's, in canonical order.
        themes: Known themes by ascending id.
        centre: Mean of all vectors, shape (dim,).
        settings: The floors.

    Returns:
        One a cluster; no theme is the continuation of two.
    """
    alike = likeness(clusters, themes, centre)
    owner = _one_to_one(alike, settings.floor)
    among = likeness(clusters, clusters, centre)
    first = {theme: cluster for cluster, theme in owner.items()}
    known = _known_share(clusters, themes)
    found = []
    for i in range(len(clusters)):
        if i in owner:
            also = _unowned(alike[i], first, settings.floor)
            ids = tuple(themes[j].id for j in also)
            found.append(Match(Fate.CONTINUATION, themes[owner[i]].id, also=ids))
        else:
            found.append(_leftover(i, alike[i], known, themes, first, among, settings))
    return found


def _one_to_one(alike: np.ndarray, floor: float) -> dict[int, int]:
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-np.where(alike >= floor, alike, 0))
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {i: j for i, j in pairs if alike[i, j] >= floor}


def _unowned(alike: np.ndarray, first: Mapping[int, int], floor: float) -> list[int]:
    return [j for j in np.flatnonzero(alike >= floor).tolist() if j not in first]


def _leftover(
    i: int,
    alike: np.ndarray,
    known: np.ndarray,
    themes: Sequence[Profile],
    first: Mapping[int, int],
    among: np.ndarray,
    settings: IdentitySettings,
) -> Match:
    """A cluster that got no theme of its own: a piece of one, split off from one, or new."""
    if not len(alike) or alike.max() < settings.floor:
        return Match(Fate.BIRTH)
    j = int(alike.argmax())
    is_unlike = j in first and among[i, first[j]] < settings.split_floor
    if is_unlike and known[i, j] < settings.split_floor:
        return Match(Fate.SPLIT, parent=themes[j].id)
    return Match(Fate.PIECE, themes[j].id)


def _known_share(groups: Sequence[Profile], themes: Sequence[Profile]) -> np.ndarray:
    """Share of each group's mentions that each theme has had in the same words."""
    share = np.zeros((len(groups), len(themes)))
    where: dict[str, list[tuple[int, int]]] = {}
    for j, theme in enumerate(themes):
        for phrase, n in theme.phrases.items():
            where.setdefault(phrase, []).append((j, n))
    for i, group in enumerate(groups):
        for phrase, n in group.phrases.items():
            owners = where.get(phrase, ())
            total = sum(n_theme for _, n_theme in owners)
            for j, n_theme in owners:
                share[i, j] += n * n_theme / total / max(1, group.size)
    return share


def _keyword_share(groups: Sequence[Profile], themes: Sequence[Profile]) -> np.ndarray:
    share = np.zeros((len(groups), len(themes)))
    sets = [frozenset(theme.keywords) for theme in themes]
    for i, group in enumerate(groups):
        words = frozenset(group.keywords)
        for j, others in enumerate(sets):
            least = min(len(words), len(others))
            share[i, j] = len(words & others) / least if least else 0.0
    return share
