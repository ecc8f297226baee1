"""The student's features: words, pairs of words and character n-grams of one clause.

Pairs and n-grams keep what a bag of words loses: negation, order and degree (不好用 / 好用不,
太慢 / 不慢), and they cover what no dictionary holds (typos, pinyin, new product names).
Features never cross a clause boundary, so that a text's vector is the sum of its clauses' vectors.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
from scipy import sparse

from models.clauses import MARKS
from models.codepoints import code_points
from models.lookup import Found, KeyTable, known
from models.word_features import BEGIN, END, JOINT, TIE, WordTable

GRAMS = (1, 2, 3)
_CODE_BITS = np.uint64(21)
_DIGITS = re.compile(r"\d+")
Cut = Callable[[str], list[str]]


def clause_features(clause: str, cut: Cut) -> list[str]:
    """List the features of one clause, with repeats.

    Args:
        clause: Text without white space, non-empty; a mark (`?`, `!`) may end it.
        cut: Word segmentation.

    Returns:
        Words as they are, pairs as `a_b`, character n-grams (1 to 3) with a leading `#`; digit
        runs read `0`; no feature holds white space. The mark belongs to n-grams only.

    Example:
        >>> clause_features("太慢", list)
        ['太', '慢', '^_太', '太_慢', '慢_$', '#太', '#慢', '#太慢']
    """
    plain = _plain(clause)
    words = cut(plain.rstrip(MARKS))
    features = words + [f"{a}{TIE}{b}" for a, b in pairwise([BEGIN, *words, END])]
    for n in GRAMS:
        features += ["#" + plain[i : i + n] for i in range(len(plain) - n + 1)]
    return features


class FeatureCounter:
    """Counts the features of many clauses in a few passes over arrays.

    The result is that of `clause_features`, the definition, clause by clause and in its order; no
    feature is ever spelt out.

    Args:
        vocabulary: Features in column order, distinct.
        cut: Word segmentation; must give `JOINT` as a word of its own.
    """

    def __init__(self, vocabulary: Sequence[str], cut: Cut) -> None:
        self.n_columns = len(vocabulary)
        self._cut = cut
        self._words = WordTable(vocabulary)
        grams = [(i, f[1:]) for i, f in enumerate(vocabulary) if f[:1] == "#" and JOINT not in f]
        self._grams = [_gram_table([g for g in grams if len(g[1]) == n], n) for n in GRAMS]

    def count(self, clauses: Sequence[str]) -> sparse.csr_array:
        """Count known features.

        Args:
            clauses: Texts as `clause_features` takes them.

        Returns:
            Ones, shape (n_clauses, n_columns), float32; a repeated feature stands as often, in
            the order of `clause_features`.
        """
        if not clauses:
            return _in_rows([], 0, self.n_columns)
        joined = _plain(JOINT.join(clauses))
        bare = joined.replace("?", "").replace("!", "")
        found = [*self._words.find(self._cut(bare)), *self._find_grams(joined)]
        return _in_rows(found, len(clauses), self.n_columns)

    def _find_grams(self, joined: str) -> list[Found]:
        codes = code_points(joined).astype(np.uint64)
        rows = np.cumsum(codes == ord(JOINT))
        keys = codes
        found = [known(rows, self._grams[0].get(keys))]
        for n in GRAMS[1:]:
            keys = (keys[:-1] << _CODE_BITS) | codes[n - 1 :]
            found.append(known(rows[: len(keys)], self._grams[n - 1].get(keys)))
        return found


def _plain(text: str) -> str:
    return _DIGITS.sub("0", text.lower())


def _gram_table(grams: Sequence[tuple[int, str]], n: int) -> KeyTable:
    codes = code_points("".join(gram for _, gram in grams)).astype(np.uint64)
    keys = np.zeros(len(grams), dtype=np.uint64)
    for position in codes.reshape(-1, n).T:
        keys = (keys << _CODE_BITS) | position
    return KeyTable(keys, np.array([column for column, _ in grams], dtype=np.int64))


def _in_rows(found: Sequence[Found], n_rows: int, n_columns: int) -> sparse.csr_array:
    """Put what was found row by row, within a row in the order given."""
    counts = [np.bincount(rows, minlength=n_rows) for rows, _ in found]
    pointers = np.concatenate([[0], np.cumsum(sum(counts, start=np.zeros(n_rows, np.int64)))])
    columns = np.empty(pointers[-1], dtype=np.int32)
    places = pointers[:-1].copy()
    for (rows, values), count in zip(found, counts, strict=True):
        firsts = np.cumsum(count) - count
        columns[np.arange(len(rows)) + (places - firsts)[rows]] = values
        places += count
    ones = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_array((ones, columns, pointers.astype(np.int32)), shape=(n_rows, n_columns))
