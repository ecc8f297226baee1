"""Look up a hundred thousand keys at once: a hash table in three arrays."""

from __future__ import annotations

import numpy as np

# Row and column of each thing found.
Found = tuple[np.ndarray, np.ndarray]
MISSING = -1
_MIX = np.uint64(0x9E3779B97F4A7C15)
_ROOM = 8


class KeyTable:
    """A fixed mapping of numbers to numbers (open addressing, next slot on a clash).

    Args:
        keys: Distinct keys, shape (n,), uint64.
        values: What they map to, not negative, shape (n,).
    """

    def __init__(self, keys: np.ndarray, values: np.ndarray) -> None:
        bits = max(4, int(len(keys) * _ROOM).bit_length())
        self._shift = np.uint64(64 - bits)
        self._keys = np.zeros(1 << bits, dtype=np.uint64)
        self._values = np.full(1 << bits, MISSING, dtype=np.int32)
        self._insert(keys.astype(np.uint64), values.astype(np.int32))

    def get(self, keys: np.ndarray) -> np.ndarray:
        """Look keys up.

        Args:
            keys: Any keys, shape (n,), uint64.

        Returns:
            Their values, `MISSING` where there is none, shape (n,), int32.
        """
        slots = (keys * _MIX) >> self._shift
        found: np.ndarray = self._values[slots]
        clashes = np.flatnonzero((found != MISSING) & (self._keys[slots] != keys))
        while len(clashes):
            slots[clashes] = self._next(slots[clashes])
            here = slots[clashes]
            found[clashes] = self._values[here]
            differs = (found[clashes] != MISSING) & (self._keys[here] != keys[clashes])
            clashes = clashes[differs]
        return found

    def _insert(self, keys: np.ndarray, values: np.ndarray) -> None:
        slots = (keys * _MIX) >> self._shift
        while len(keys):
            is_free = self._values[slots] == MISSING
            self._keys[slots[is_free]] = keys[is_free]
            # Of several keys for one free slot the last has taken it; the others go on to the next.
            placed = is_free & (self._keys[slots] == keys)
            self._values[slots[placed]] = values[placed]
            keys, values = keys[~placed], values[~placed]
            slots = self._next(slots[~placed])

    def _next(self, slots: np.ndarray) -> np.ndarray:
        following: np.ndarray = (slots + np.uint64(1)) & np.uint64(len(self._keys) - 1)
        return following


def known(rows: np.ndarray, columns: np.ndarray) -> Found:
    """Leave out what was looked up in vain.

    Args:
        rows: Row of each look-up, shape (n,).
        columns: Its column or `MISSING`, shape (n,).

    Returns:
        Rows and columns of those that were found.
    """
    is_known = columns != MISSING
    return rows[is_known], columns[is_known]
