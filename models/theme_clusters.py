"""Group mention vectors: cores, close cores merged, close mentions taken in, others rare.

Cores are mentions that surely state one known cause, and HDBSCAN's leaves among the rest: pure but
fragmentary. Average linkage between the cores' centres puts fragments together, and its height is
the one granularity setting. Taking in mentions above a similarity floor fills the themes without
forcing anything. The cores are kept as sub-themes. What people confirmed comes first: a confirmed
group is one theme whatever its size, takes what repeats its examples (`models.theme_prototypes`),
and two such groups never merge; what is left is grouped as if there were none.

HDBSCAN is quadratic in so many dimensions: of a large set it sees the most frequent phrases first,
then, in further rounds, those that no core is near.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.encoders import unit_rows
from models.theme_prototypes import join_prototypes

_MIN_SAMPLES = 1
_SAMPLE = 5_000
_ROUNDS = 3
_CHUNK = 16_384
_NEAR = 0.5
_CORE_PULL = 0.3


@dataclass(frozen=True)
class Clusters:
    """Who belongs where.

    Attributes:
        themes: Theme of each vector, -1 = rare, shape (n,); theme k < `n_confirmed` is group k of
            what people confirmed.
        cores: Sub-theme of each vector before merging, -1 = in none, shape (n,).
        scores: Cosine to the theme's centre, 0 for rare ones, shape (n,).
        n_confirmed: How many themes people vouch for.
    """

    themes: np.ndarray
    cores: np.ndarray
    scores: np.ndarray
    n_confirmed: int = 0


def cluster(
    vectors: np.ndarray,
    weights: np.ndarray,
    seeds: np.ndarray,
    min_size: int,
    granularity: float,
    floor: float,
    known: np.ndarray | None = None,
    confirmed: np.ndarray | None = None,
    detail: np.ndarray | None = None,
) -> Clusters:
    """Group vectors.

    Args:
        vectors: Unit rows in canonical order, shape (n, dim).
        weights: How many rows each stands for, shape (n,).
        seeds: Which vectors may found a theme, bool, shape (n,); the others can only join one.
        min_size: Least rows of a theme, at least 2.
        granularity: From 0 (few broad themes) to 1 (many narrow ones).
        floor: Least cosine to a theme's centre to be taken in.
        known: Known cause that each vector surely states, -1 = none, shape (n,).
        confirmed: Group 0, 1, … that people put each vector in, -1 = in none, shape (n,).
        detail: The same mentions before reduction, to compare them with what people confirmed,
            shape (n, any); None takes `vectors`.

    Returns:
        Labels and scores.
    """
    cores = _known_cores(known, weights, min_size, len(vectors))
    free = seeds & (cores < 0)
    cores = _renumber(_leaf_cores(vectors, weights, seeds, free, cores, min_size))
    taken, near, n_groups = np.full(len(vectors), -1), np.zeros(len(vectors)), 0
    if confirmed is not None and (confirmed >= 0).any():
        full = vectors if detail is None else detail
        taken, near = join_prototypes(_towards_cores(full, weights, cores), confirmed)
        n_groups = int(confirmed.max()) + 1
    left = taken < 0
    themes = _merge(vectors, weights, _renumber(np.where(left, cores, -1)), 1 - granularity)
    themes, scores = _assign(vectors, weights, themes, floor)
    themes = _drop_small(np.where(left, themes, -1), weights, min_size)
    themes = np.where(left, np.where(themes >= 0, themes + n_groups, -1), taken)
    scores = np.where(left, scores, near)
    return Clusters(themes, cores, np.where(themes >= 0, scores, 0.0), n_groups)


def _towards_cores(vectors: np.ndarray, weights: np.ndarray, cores: np.ndarray) -> np.ndarray:
    """Vectors drawn a little to their core's centre: a core's mentions say the same."""
    drawn = vectors.astype(np.float64)
    inside = (cores >= 0) & vectors.any(axis=1)
    centres = _centres(vectors, weights, cores)
    drawn[inside] += _CORE_PULL * (centres[cores[inside]] - drawn[inside])
    return unit_rows(drawn)


def _known_cores(
    known: np.ndarray | None, weights: np.ndarray, min_size: int, n: int
) -> np.ndarray:
    if known is None:
        return np.full(n, -1)
    return _drop_small(known, weights, min_size)


def _leaf_cores(
    vectors: np.ndarray,
    weights: np.ndarray,
    seeds: np.ndarray,
    free: np.ndarray,
    cores: np.ndarray,
    min_size: int,
) -> np.ndarray:
    """Add HDBSCAN's leaves among the seeds; a vector in a known core stays there."""
    cores = cores.copy()
    pool = np.flatnonzero(seeds)
    for _ in range(_ROUNDS):
        # Frequent phrases first; their order is canonical, so the sample is too.
        chosen = np.sort(pool[np.argsort(-weights[pool], kind="stable")[:_SAMPLE]])
        found = _cores(vectors[chosen], weights[chosen], min_size)
        fresh = free[chosen] & (found >= 0)
        cores[chosen[fresh]] = found[fresh] + cores.max(initial=-1) + 1
        if len(chosen) == len(pool):
            break
        rest = np.setdiff1d(pool[free[pool] & (cores[pool] < 0)], chosen)
        near = _nearest(vectors[rest], _centres(vectors, weights, cores))[1]
        pool = rest[near < _NEAR]
        if len(pool) <= min_size:
            break
    return cores


def _cores(vectors: np.ndarray, weights: np.ndarray, min_size: int) -> np.ndarray:
    """HDBSCAN's leaves; a phrase repeated often enough is a core of its own."""
    labels = np.full(len(vectors), -1)
    if len(vectors) > min_size:
        labels = _hdbscan(vectors, min_size, single=False)
        if (labels < 0).all():
            labels = _hdbscan(vectors, min_size, single=True)
    alone = np.flatnonzero((labels < 0) & (weights >= min_size))
    labels[alone] = labels.max(initial=-1) + 1 + np.arange(len(alone))
    return labels


def _hdbscan(vectors: np.ndarray, min_size: int, single: bool) -> np.ndarray:
    import hdbscan

    model = hdbscan.HDBSCAN(
        min_cluster_size=max(2, min_size),
        min_samples=_MIN_SAMPLES,
        cluster_selection_method="eom" if single else "leaf",
        allow_single_cluster=single,
        core_dist_n_jobs=1,
    )
    found: np.ndarray = np.array(model.fit(vectors.astype(np.float64)).labels_, dtype=int)
    return found


def _centres(vectors: np.ndarray, weights: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Weighted mean directions of labels 0, 1, …; shape (n_labels, dim)."""
    sums = np.zeros((labels.max(initial=-1) + 1, vectors.shape[1]))
    inside = labels >= 0
    np.add.at(sums, labels[inside], vectors[inside] * weights[inside, None])
    return unit_rows(sums)


def _merge(
    vectors: np.ndarray, weights: np.ndarray, cores: np.ndarray, distance: float
) -> np.ndarray:
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    centres = _centres(vectors, weights, cores)
    if len(centres) < 2:
        return cores
    gaps = np.clip(1 - centres @ centres.T, 0, 2)
    np.fill_diagonal(gaps, 0)
    tree = linkage(squareform(gaps, checks=False), "average")
    merged = fcluster(tree, distance, "distance") - 1
    return np.where(cores >= 0, merged[cores], -1)


def _assign(
    vectors: np.ndarray, weights: np.ndarray, labels: np.ndarray, floor: float
) -> tuple[np.ndarray, np.ndarray]:
    """Give each vector its nearest theme if that is near enough."""
    centres = _centres(vectors, weights, labels)
    if not len(centres):
        return labels, np.zeros(len(labels))
    nearest, best = _nearest(vectors, centres)
    return np.where(best >= floor, nearest, -1), best


def _nearest(vectors: np.ndarray, centres: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each vector's nearest centre and the cosine to it, -1 where there are no centres."""
    found, best = np.full(len(vectors), -1), np.full(len(vectors), -1.0)
    for start in range(0, len(vectors) if len(centres) else 0, _CHUNK):
        part = slice(start, start + _CHUNK)
        cosines = vectors[part] @ centres.T
        found[part], best[part] = cosines.argmax(axis=1), cosines.max(axis=1)
    return found, best


def _drop_small(labels: np.ndarray, weights: np.ndarray, min_size: int) -> np.ndarray:
    """Themes below the least size are rare; numbered anew without gaps."""
    inside = labels >= 0
    sizes = np.bincount(labels[inside], weights=weights[inside])
    kept = sizes >= min_size
    renumbered = np.where(kept, np.cumsum(kept) - 1, -1)
    return np.where(inside, renumbered[labels], -1) if len(sizes) else labels


def _renumber(labels: np.ndarray) -> np.ndarray:
    """Number labels 0, 1, … without gaps."""
    _, numbers = np.unique(labels[labels >= 0], return_inverse=True)
    found = np.full(len(labels), -1)
    found[labels >= 0] = numbers
    return found
