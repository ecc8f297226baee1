"""Which clause speaks for which type."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise

import numpy as np

from models.classifier import Decoded
from models.encoders import ClauseBatch

# Type, first character, past the last character.
Span = tuple[str, int, int]


def ranked_types(labels: Decoded) -> list[list[int]]:
    """List the types of each row, the main one first, the others by their chance.

    Args:
        labels: Decoded labels of n rows.

    Returns:
        Type indices of each row.
    """
    ranks = np.where(labels.types, -labels.type_set, np.inf)
    ranks[np.arange(len(ranks)), labels.type] = -np.inf
    order = np.argsort(ranks, axis=1, kind="stable").tolist()
    counts = labels.types.sum(axis=1).tolist()
    return [row[:n] for row, n in zip(order, counts, strict=True)]


def find_evidence(
    clauses: ClauseBatch, scores: np.ndarray, types: Sequence[Sequence[int]], names: Sequence[str]
) -> list[tuple[Span, ...]]:
    """Find for each type of each row the clause that scores highest.

    Args:
        clauses: The rows' clauses.
        scores: How much each clause speaks for each type, finite, shape (n_clauses, n_types).
        types: Types of each row.
        names: Their names.

    Returns:
        Spans in each row's text, one a type; none for a row without clauses.
    """
    n_clauses = np.diff(clauses.starts)
    n_types = np.where(n_clauses > 0, list(map(len, types)), 0)
    rows = np.repeat(np.arange(len(types)), n_types)
    wanted = np.array(
        list(chain.from_iterable(t for t, n in zip(types, n_types, strict=True) if n)), int
    )
    best = _highest(scores, clauses.starts[rows], n_clauses[rows], wanted)
    spans = clauses.spans[best].T.tolist() if len(best) else ([], [])
    found = list(zip([names[t] for t in wanted.tolist()], *spans, strict=True))
    bounds = [0, *np.cumsum(n_types).tolist()]
    return [tuple(found[a:b]) for a, b in pairwise(bounds)]


def _highest(
    scores: np.ndarray, starts: np.ndarray, lengths: np.ndarray, columns: np.ndarray
) -> np.ndarray:
    """For each run of rows the first one with the highest value in its column."""
    if not len(starts):
        return np.zeros(0, dtype=np.int64)
    bounds = np.cumsum(lengths) - lengths
    rows = np.arange(lengths.sum()) + np.repeat(starts - bounds, lengths)
    values = scores[rows, np.repeat(columns, lengths)]
    highest = np.maximum.reduceat(values, bounds)
    hits = np.flatnonzero(values == np.repeat(highest, lengths))
    first: np.ndarray = rows[hits[np.searchsorted(hits, bounds)]]
    return first
