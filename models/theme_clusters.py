"""Group mention vectors: HDBSCAN cores, close cores merged, close mentions taken in, others rare.

HDBSCAN alone (leaf selection) finds pure but fragmentary cores and calls a third of all mentions
noise. Average linkage between the cores' centres puts fragments together, and its height is the one
granularity setting. Taking in mentions above a similarity floor fills the themes without forcing
anything. The cores are kept as sub-themes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from models.encoders import unit_rows

_MIN_SAMPLES = 1


@dataclass(frozen=True)
class Clusters:
    """Who belongs where.

    Attributes:
        themes: Theme of each vector, -1 = rare, shape (n,).
        cores: Sub-theme of each vector before merging, -1 = in none, shape (n,).
        scores: Cosine to the theme's centre, 0 for rare ones, shape (n,).
    """

    themes: np.ndarray
    cores: np.ndarray
    scores: np.ndarray


def cluster(
    vectors: np.ndarray,
    weights: np.ndarray,
    seeds: np.ndarray,
    min_size: int,
    granularity: float,
    floor: float,
) -> Clusters:
    """Group vectors.

    Args:
        vectors: Unit rows in canonical order, shape (n, dim).
        weights: How many rows each stands for, shape (n,).
        seeds: Which vectors may found a theme, bool, shape (n,); the others can only join one.
        min_size: Least rows of a theme, at least 2.
        granularity: From 0 (few broad themes) to 1 (many narrow ones).
        floor: Least cosine to a theme's centre to be taken in.

    Returns:
        Labels and scores.
    """
    cores = np.full(len(vectors), -1)
    cores[seeds] = _cores(vectors[seeds], weights[seeds], min_size)
    themes = _merge(vectors, weights, cores, 1 - granularity)
    themes, scores = _assign(vectors, weights, themes, floor)
    themes = _drop_small(themes, weights, min_size)
    return Clusters(themes, cores, np.where(themes >= 0, scores, 0.0))


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
    cosines = vectors @ centres.T
    nearest = cosines.argmax(axis=1)
    best = cosines.max(axis=1)
    return np.where(best >= floor, nearest, -1), best


def _drop_small(labels: np.ndarray, weights: np.ndarray, min_size: int) -> np.ndarray:
    """Themes below the least size are rare; the others are numbered anew without gaps."""
    inside = labels >= 0
    sizes = np.bincount(labels[inside], weights=weights[inside])
    kept = sizes >= min_size
    renumbered = np.where(kept, np.cumsum(kept) - 1, -1)
    return np.where(inside, renumbered[labels], -1) if len(sizes) else labels
