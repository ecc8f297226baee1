"""Words and pairs of words of many clauses, looked up without spelling the pairs out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import repeat

import numpy as np

from models.lookup import MISSING, Found, KeyTable, known

# Stands between clauses while they are cut together: no clause holds it and no word spans it.
JOINT = "，"
BEGIN, END, TIE = "^", "$", "_"
GRAM = "#"
_ID_BITS = np.uint64(32)


@dataclass(frozen=True)
class Whole:
    """A column that counts for characters, too: a word for all of its n-grams.

    Attributes:
        column: Of the word or pair.
        feature: The column of the feature itself.
        text: The characters.
        seam: Where the words of a pair meet: only n-grams across are the pair's own; 0 in a word.
    """

    column: int
    feature: int
    text: str
    seam: int


class WordTable:
    """Columns of words and of their pairs `a_b`.

    Args:
        vocabulary: Features in column order, distinct.

    Attributes:
        whole: Columns that count for their n-grams. Those of pairs come after the vocabulary's:
            a text may hold the word `a_b`, and its column must not mean the pair.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._n_columns = len(vocabulary)
        self._ids = {feature: i for i, feature in enumerate(vocabulary)}
        words = [Whole(i, i, word, 0) for i, word in enumerate(vocabulary) if _is_plain(word)]
        self._is_whole = np.zeros(len(vocabulary) + 1, dtype=bool)  # the last one is MISSING's
        self._is_whole[[word.column for word in words]] = True
        ties = [(column, f, i) for column, f in enumerate(vocabulary) for i in _ties(f)]
        pairs = [
            Whole(len(vocabulary) + k, column, f[:i] + f[i + 1 :], i)
            for k, (column, f, i) in enumerate(t for t in ties if self._is_whole_pair(*t))
        ]
        own = {pair.feature: pair.column for pair in pairs}
        self.whole = [*words, *pairs]
        self._joint, self._begin, self._end = map(self._id, (JOINT, BEGIN, END))
        keys = [(self._id(f[:i]), self._id(f[i + 1 :]), own.get(c, c)) for c, f, i in ties]
        self._unknown = len(self._ids)
        left, right, columns = np.array(keys, dtype=np.uint64).reshape(-1, 3).T
        self._pairs = KeyTable(left << _ID_BITS | right, columns)

    def find(self, words: Sequence[str]) -> tuple[list[Found], np.ndarray]:
        """Find the known words and pairs of clauses.

        Args:
            words: Words of all clauses, `JOINT` between any two clauses.

        Returns:
            Clause and column of each known word, then of each known pair, in order; and for each
            character of the words how many from it on the columns found count for.
        """
        ids = np.empty(len(words) + 2, dtype=np.int64)
        ids[0] = ids[-1] = self._joint
        ids[1:-1] = np.fromiter(
            map(self._ids.get, words, repeat(self._unknown)), np.int64, len(words)
        )
        is_joint = ids == self._joint
        clauses = np.cumsum(is_joint) - 1
        columns = np.where(is_joint | (ids >= self._n_columns), MISSING, ids).astype(np.int32)
        left = np.where(is_joint, self._begin, ids)[:-1].astype(np.uint64)
        right = np.where(is_joint, self._end, ids)[1:].astype(np.uint64)
        pairs = self._pairs.get(left << _ID_BITS | right)
        found = [known(clauses, columns), known(clauses[:-1], pairs)]
        return found, self._reach(words, columns[1:-1], pairs[1:])

    def _reach(self, words: Sequence[str], columns: np.ndarray, pairs: np.ndarray) -> np.ndarray:
        lengths = np.fromiter(map(len, words), np.int64, len(words))
        ends = np.cumsum(lengths)
        counted = np.where(self._is_whole[columns], ends, 0)
        joined = np.flatnonzero(pairs >= self._n_columns)
        counted[joined] = ends[joined + 1]
        reach: np.ndarray = np.repeat(counted, lengths) - np.arange(lengths.sum())
        return reach

    def _is_whole_pair(self, _column: int, feature: str, i: int) -> bool:
        left, right = feature[:i], feature[i + 1 :]
        is_left = self._is_whole[self._ids.get(left, MISSING)] and left != BEGIN
        return bool(is_left) and right != END and _is_plain(right)

    def _id(self, word: str) -> int:
        return self._ids.setdefault(word, len(self._ids))


def _is_plain(feature: str) -> bool:
    """Say whether this can only be a word: neither a pair nor an n-gram is spelt so."""
    return feature[:1] != GRAM and TIE not in feature and JOINT not in feature


def _ties(feature: str) -> list[int]:
    # A word may hold a _ itself, so one spelling may stand for several pairs.
    return [i for i in range(1, len(feature) - 1) if feature[i] == TIE] if TIE in feature else []
