"""Groups that share a way of speaking, not a failing: 不知道…, 感觉…, 第一次….

Such a group is held together by its words alone. Its mentions speak of many causes at once, so that
their chances of the known causes, averaged, spread over most of them; and they do not lie together
in meaning. A failing that nobody foresaw spreads over the known causes too, but its mentions mean
the same.
"""

from __future__ import annotations

import numpy as np

# Entropy of the averaged chances, as a share of what it could be.
_SPREAD = 0.66
# Share of the encoder's variance that the group's own mean explains.
_TOGETHER = 0.40


def ways_of_speaking(
    labels: np.ndarray,
    weights: np.ndarray,
    chances: np.ndarray,
    embeddings: np.ndarray,
) -> frozenset[int]:
    """Find the groups that state no failing of their own.

    Args:
        labels: Group 0, 1, … of each mention, -1 = in none, shape (n,).
        weights: How many rows each mention stands for, shape (n,).
        chances: Of the known causes, without the background, shape (n, n_causes).
        embeddings: The encoder's unit rows, shape (n, dim).

    Returns:
        Their labels.
    """
    if not len(labels) or chances.shape[1] < 2:
        return frozenset()
    spread = spreads(labels, weights, chances)
    together = coherences(labels, weights, embeddings)
    # Rounded, so that the last bit of a sum decides nothing.
    speaking = (np.round(spread, 6) >= _SPREAD) & (np.round(together, 6) < _TOGETHER)
    return frozenset(np.flatnonzero(speaking).tolist())


def spreads(labels: np.ndarray, weights: np.ndarray, chances: np.ndarray) -> np.ndarray:
    """Say over how many known causes each group's mentions spread.

    Args:
        labels: Group of each mention, -1 = in none, shape (n,).
        weights: Rows that each stands for, shape (n,).
        chances: Of the known causes, shape (n, n_causes).

    Returns:
        Entropy of each group's averaged chances, from 0 (one cause) to 1 (all alike).
    """
    share = chances / np.maximum(chances.sum(axis=1, keepdims=True), 1e-12)
    mean = _means(labels, weights, share)
    bits = -(mean * np.log(np.maximum(mean, 1e-12))).sum(axis=1)
    return np.asarray(bits / np.log(chances.shape[1]))


def coherences(labels: np.ndarray, weights: np.ndarray, embeddings: np.ndarray) -> np.ndarray:
    """Say how much each group's mentions lie together in meaning.

    Args:
        labels: Group of each mention, -1 = in none, shape (n,).
        weights: Rows that each stands for, shape (n,).
        embeddings: Unit rows, shape (n, dim).

    Returns:
        Share of the variance that a group's mean explains beyond the mean of all: 1 when all
        its mentions are one, 0 when they are no more alike than any.
    """
    usual = float(np.square(np.average(embeddings, axis=0, weights=weights)).sum())
    own = np.square(_means(labels, weights, embeddings)).sum(axis=1)
    return np.asarray((own - usual) / max(1 - usual, 1e-12))


def _means(labels: np.ndarray, weights: np.ndarray, rows: np.ndarray) -> np.ndarray:
    inside = labels >= 0
    sums = np.zeros((labels.max(initial=-1) + 1, rows.shape[1]))
    np.add.at(sums, labels[inside], rows[inside] * weights[inside, None])
    sizes = np.bincount(labels[inside], weights=weights[inside], minlength=len(sums))
    return np.asarray(sums / np.maximum(sizes, 1e-12)[:, None])
