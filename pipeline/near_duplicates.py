"""Texts that are almost the same, found by MinHash without comparing all with all.

Broder 1997; bands as in Leskovec, Rajaraman & Ullman, Mining of Massive Datasets, 3.4.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

N_HASHES, N_BANDS = 96, 24
_PRIME = np.uint64((1 << 61) - 1)
_SEED = 20_261
_SHINGLE = 3
_MAX_BUCKET = 50  # filler such as 好评 would pair thousands; its rows differ in nothing else


def find_near_duplicates(texts: Sequence[str], least: float = 0.7) -> list[tuple[int, int, float]]:
    """Find pairs of texts that share most of their character trigrams.

    Args:
        texts: Normalised texts.
        least: Least Jaccard similarity, above about 0.5.

    Returns:
        Pairs of row numbers with their similarity, in row order.
    """
    shingles = [_shingles(text) for text in texts]
    found = {}
    for i, j in _candidates(shingles):
        likeness = _jaccard(shingles[i], shingles[j])
        if likeness >= least:
            found[i, j] = likeness
    return [(i, j, found[i, j]) for i, j in sorted(found)]


def _shingles(text: str) -> frozenset[str]:
    if len(text) <= _SHINGLE:
        return frozenset([text])
    return frozenset(text[i : i + _SHINGLE] for i in range(len(text) - _SHINGLE + 1))


def _candidates(shingles: Sequence[frozenset[str]]) -> Iterator[tuple[int, int]]:
    signatures = _signatures(shingles)
    for band in np.split(signatures, N_BANDS, axis=1):
        buckets: dict[bytes, list[int]] = defaultdict(list)
        for row, values in enumerate(band):
            buckets[values.tobytes()].append(row)
        for rows in buckets.values():
            if 1 < len(rows) <= _MAX_BUCKET:
                yield from combinations(rows, 2)


def _signatures(shingles: Sequence[frozenset[str]]) -> np.ndarray:
    """Least hash of each text under every hash function, shape (n, N_HASHES)."""
    rng = np.random.default_rng(_SEED)
    factors, offsets = rng.integers(1, 1 << 31, size=(2, N_HASHES), dtype=np.uint64)
    lowest = np.empty((len(shingles), N_HASHES), dtype=np.uint64)
    for row, found in enumerate(shingles):
        # crc32, not hash(): the latter differs from process to process.
        codes = np.fromiter((zlib.crc32(s.encode()) for s in found), np.uint64, len(found))
        lowest[row] = ((codes[:, None] * factors + offsets) % _PRIME).min(axis=0)
    return lowest


def _jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    return len(a & b) / len(a | b)
