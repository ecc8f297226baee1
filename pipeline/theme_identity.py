"""Which of this week's clusters is which known theme.

The best one-to-one matching (Hungarian method, Kuhn 1955) on how alike two groups of mentions are,
never below a floor. What is left over is a piece of a known theme, split off from one, or new. The
vocabulary of events follows Spiliopoulou et al., MONIC (2006).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from pipeline.theme_likeness import Profile, known_share, likeness


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
        margin: A cluster is only matched with themes that it is like nearly as much as the one
            it is most like, in [0, 1].
        split_floor: Below this likeness to its theme's own cluster a piece with few known words
            is a theme of its own, in [0, 1].
        known_floor: What few known words are: below this share of them, in [0, 1].
        sure: From this likeness on a theme may grow by any factor in words never said before;
            below it, a cluster `burst` times as large as its largest week is another failing.
        burst: See `sure`.
        unlike: A small cluster must be less like every theme than this to be born, in [0, 1].
        stay: A mention goes to a known theme in place of its cluster's when it is nearer to that by
            so much, as a cosine: a week's clusters move the members of themes only so far.
        join: Clusters born in one week that are so alike are one theme, in [0, 1].
        reach: Least cosine for a single mention in no cluster to join a known theme.
        return_after: Silent weeks after which a theme that is seen again counts as returned.
        dead_after: Silent weeks after which a theme counts as dead; its id is kept all the same.
        memory: A theme is known by the last so many weeks in which it was mentioned.
    """

    floor: float = 0.45
    margin: float = 0.15
    split_floor: float = 0.55
    known_floor: float = 0.25
    sure: float = 0.65
    burst: float = 2.0
    unlike: float = 0.1
    stay: float = 0.1
    join: float = 0.5
    reach: float = 0.6
    return_after: int = 3
    dead_after: int = 12
    memory: int = 8


@dataclass(frozen=True)
class Match:
    """Where one cluster goes.

    Attributes:
        fate: What it is.
        theme_id: The known theme that takes it in; None when it is new.
        parent: The theme it split from, else None.
        also: Known themes without a cluster of their own that this one looks like too: they seem
            to merge.
        alike: Likeness to the nearest known theme.
        twin: The larger cluster born this week that a new one belongs to, else None.
    """

    fate: Fate
    theme_id: str | None = None
    parent: str | None = None
    also: tuple[str, ...] = ()
    alike: float = 0.0
    twin: int | None = None


def match_clusters(
    clusters: Sequence[Profile],
    themes: Sequence[Profile],
    centre: np.ndarray,
    settings: IdentitySettings,
    guided: Mapping[int, str] | None = None,
) -> list[Match]:
    """Match clusters with known themes.

    Args:
        clusters: This week's, in canonical order.
        themes: Known themes by ascending id.
        centre: Mean of all vectors, shape (dim,).
        settings: The floors.
        guided: Cluster to the theme that people vouch for in it.

    Returns:
        One a cluster; no theme is the continuation of two.
    """
    alike = likeness(clusters, themes, centre)
    known = known_share(clusters, themes)
    bursts = _bursts(clusters, themes, alike, known, settings)
    near = _near(alike, settings) & ~bursts
    pinned = _pinned(themes, guided or {})
    owner = _one_to_one(np.where(near, alike, 0), pinned)
    among = likeness(clusters, clusters, centre)
    first = {theme: cluster for cluster, theme in owner.items()}
    found = []
    for i in range(len(clusters)):
        if i in owner:
            also = [j for j in np.flatnonzero(near[i]).tolist() if j not in first]
            ids = tuple(themes[j].id for j in also)
            found.append(Match(Fate.CONTINUATION, themes[owner[i]].id, also=ids))
        else:
            apart = _apart(among[i], first, len(themes), settings.split_floor)
            is_new = bursts[i] | (apart & (known[i] < settings.known_floor))
            found.append(_leftover(alike[i], is_new, themes, settings))
    twins = _twins([m.theme_id is None for m in found], clusters, among, settings.join)
    return [replace(match, twin=twins.get(i)) for i, match in enumerate(found)]


def _twins(
    is_new: Sequence[bool], clusters: Sequence[Profile], among: np.ndarray, least: float
) -> dict[int, int]:
    """Newborn clusters that are splinters of a larger one: a failing is not born twice."""
    heads: list[int] = []
    found: dict[int, int] = {}
    for i in sorted(np.flatnonzero(is_new).tolist(), key=lambda i: (-clusters[i].size, i)):
        likest = max(heads, key=lambda head: (among[i, head], -head), default=i)
        if likest != i and among[i, likest] >= least:
            found[i] = likest
        else:
            heads.append(i)
    return found


def _near(alike: np.ndarray, settings: IdentitySettings) -> np.ndarray:
    """Which themes each cluster may continue: its second choice only where it is nearly its first.

    Else a new failing would take the id of whatever theme happens to be silent this week.
    """
    best = alike.max(axis=1, keepdims=True, initial=0)
    found: np.ndarray = (alike >= settings.floor) & (alike >= best - settings.margin)
    return found


def _pinned(themes: Sequence[Profile], guided: Mapping[int, str]) -> dict[int, int]:
    index = {theme.id: j for j, theme in enumerate(themes)}
    return {i: index[id_] for i, id_ in guided.items() if id_ in index}


def _one_to_one(alike: np.ndarray, pinned: Mapping[int, int]) -> dict[int, int]:
    from scipy.optimize import linear_sum_assignment

    free = alike.copy()
    free[list(pinned), :] = 0
    free[:, list(pinned.values())] = 0
    rows, columns = linear_sum_assignment(-free)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {i: j for i, j in pairs if free[i, j] > 0} | dict(pinned)


def _apart(among: np.ndarray, first: Mapping[int, int], n_themes: int, floor: float) -> np.ndarray:
    """Themes whose own cluster this one is unlike."""
    return np.array([j in first and among[first[j]] < floor for j in range(n_themes)], dtype=bool)


def _bursts(
    clusters: Sequence[Profile],
    themes: Sequence[Profile],
    alike: np.ndarray,
    known: np.ndarray,
    settings: IdentitySettings,
) -> np.ndarray:
    """Where a cluster is too large, in too few known words, to be a theme it is hardly like."""
    sizes = np.array([cluster.size for cluster in clusters], dtype=float)[:, None]
    usual = np.array([theme.weekly for theme in themes], dtype=float)[None, :]
    is_large = (usual > 0) & (sizes >= settings.burst * usual)
    found: np.ndarray = is_large & (known < settings.known_floor) & (alike < settings.sure)
    return found


def _leftover(
    alike: np.ndarray, is_new: np.ndarray, themes: Sequence[Profile], settings: IdentitySettings
) -> Match:
    """A cluster that got no theme of its own: a piece of one, split off from one, or new."""
    nearest = float(alike.max(initial=0))
    if nearest < settings.floor:
        return Match(Fate.BIRTH, alike=nearest)
    j = int(alike.argmax())
    if is_new[j]:
        return Match(Fate.SPLIT, parent=themes[j].id, alike=nearest)
    return Match(Fate.PIECE, themes[j].id, alike=nearest)
