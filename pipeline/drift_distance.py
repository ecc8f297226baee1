"""How far two mixes of the same values are apart."""

from __future__ import annotations

import numpy as np


def jensen_shannon(p: np.ndarray, q: np.ndarray) -> np.ndarray:
    """Compute the Jensen-Shannon distance, line by line.

    Args:
        p: Counts, shape (…, n_bins).
        q: Counts of the same bins.

    Returns:
        In [0, 1], shape (…).
    """
    p, q = as_shares(p), as_shares(q)
    middle = (p + q) / 2
    divergence = (_entropy(middle) - (_entropy(p) + _entropy(q)) / 2).clip(0, 1)
    distance: np.ndarray = np.sqrt(divergence)
    return distance


def stability_index(p: np.ndarray, q: np.ndarray) -> float:
    """Compute the population stability index; half a row is added to every bin.

    Args:
        p: Counts of the reference, shape (n_bins,).
        q: Counts of the same bins now.

    Returns:
        At least 0; below 0.1 is usually called stable, above 0.25 a shift.
    """
    p, q = as_shares(p + 0.5), as_shares(q + 0.5)
    return float(((q - p) * np.log(q / p)).sum())


def as_shares(counts: np.ndarray) -> np.ndarray:
    """Divide counts by their sum, line by line.

    Args:
        counts: Shape (…, n_bins).

    Returns:
        Shares of the same shape; zeros where a line is empty.
    """
    shares: np.ndarray = counts / np.maximum(counts.sum(axis=-1, keepdims=True), 1e-12)
    return shares


def _entropy(shares: np.ndarray) -> np.ndarray:
    logs = np.log2(shares, out=np.zeros_like(shares), where=shares > 0)
    entropy: np.ndarray = -(shares * logs).sum(axis=-1)
    return entropy
