"""Words and pairs of words of many clauses, looked up without spelling the pairs out."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat

import numpy as np

from models.lookup import Found, KeyTable, known

# Stands between clauses while they are cut together: no clause holds it and no word spans it.
JOINT = "，"
BEGIN, END, TIE = "^", "$", "_"
_ID_BITS = np.uint64(32)


class WordTable:
    """Columns of words and of their pairs `a_b`.

    Args:
        vocabulary: Features in column order, distinct.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._n_columns = len(vocabulary)
        self._ids = {feature: i for i, feature in enumerate(vocabulary)}
        pairs = [
            (self._id(feature[:i]), self._id(feature[i + 1 :]), column)
            for column, feature in enumerate(vocabulary)
            for i in _ties(feature)
        ]
        self._joint, self._begin, self._end = map(self._id, (JOINT, BEGIN, END))
        self._unknown = len(self._ids)
        left, right, columns = np.array(pairs, dtype=np.uint64).reshape(-1, 3).T
        self._pairs = KeyTable(left << _ID_BITS | right, columns)

    def find(self, words: Sequence[str]) -> list[Found]:
        """Find the known words and pairs of clauses.

        Args:
            words: Words of all clauses, `JOINT` between any two clauses.

        Returns:
            Clause and column of each known word, then of each known pair, in order.
        """
        ids = np.empty(len(words) + 2, dtype=np.int64)
        ids[0] = ids[-1] = self._joint
        ids[1:-1] = np.fromiter(map(self._ids.get, words, repeat(self._unknown)), np.int64)
        is_joint = ids == self._joint
        clauses = np.cumsum(is_joint) - 1
        columns = np.where(is_joint | (ids >= self._n_columns), -1, ids).astype(np.int32)
        left = np.where(is_joint, self._begin, ids)[:-1].astype(np.uint64)
        right = np.where(is_joint, self._end, ids)[1:].astype(np.uint64)
        return [
            known(clauses, columns),
            known(clauses[:-1], self._pairs.get(left << _ID_BITS | right)),
        ]

    def _id(self, word: str) -> int:
        return self._ids.setdefault(word, len(self._ids))


def _ties(feature: str) -> list[int]:
    # A word may hold a _ itself, so one spelling may stand for several pairs.
    return [i for i in range(1, len(feature) - 1) if feature[i] == TIE] if TIE in feature else []
