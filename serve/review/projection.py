"""A flat picture of vectors, the same every time: principal components with fixed signs."""

from __future__ import annotations

import numpy as np


def project(vectors: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Lay vectors out on a plane.

    Args:
        vectors: Rows, shape (n, dim).
        weights: How much each counts for the choice of the plane, shape (n,).

    Returns:
        Coordinates in [-1, 1], shape (n, 2); the direction of most spread is the first.
    """
    if not len(vectors):
        return np.zeros((0, 2))
    share = weights / weights.sum()
    centred = vectors - share @ vectors
    _, _, axes = np.linalg.svd(centred * np.sqrt(share)[:, None], full_matrices=False)
    axes = np.vstack([axes[:2], np.zeros((2, vectors.shape[1]))])[:2]
    # An axis and its opposite are equally good; without a rule the picture would flip.
    strongest = np.abs(axes).argmax(axis=1)
    signs = np.where(axes[np.arange(2), strongest] < 0, -1.0, 1.0)
    flat = centred @ (axes * signs[:, None]).T
    reach = np.abs(flat).max(axis=0)
    return np.asarray(flat / np.where(reach > 0, reach, 1.0))
