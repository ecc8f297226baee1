"""Pick quotes typical of a theme and unlike each other (MMR, Carbonell and Goldstein 1998)."""

from __future__ import annotations

import numpy as np


def diverse(vectors: np.ndarray, centre: np.ndarray, n: int, diversity: float = 0.4) -> list[int]:
    """Choose rows by maximal marginal relevance.

    Args:
        vectors: Unit rows, shape (n_rows, dim).
        centre: The theme's centre, shape (dim,).
        n: How many at most.
        diversity: 0 looks at closeness to the centre alone, 1 at difference alone.

    Returns:
        Positions in order of choice; ties go to the earlier row.
    """
    relevance = np.round(vectors @ centre, 6)
    nearest = np.zeros(len(vectors))
    chosen: list[int] = []
    for _ in range(min(n, len(vectors))):
        worth = (1 - diversity) * relevance - diversity * nearest
        worth[chosen] = -np.inf
        best = int(worth.argmax())
        chosen.append(best)
        nearest = np.maximum(nearest, np.round(vectors @ vectors[best], 6))
    return chosen
