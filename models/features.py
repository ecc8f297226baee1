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
from models.codepoints import code_points, first_positions
from models.lookup import Found, KeyTable, known
from models.word_features import BEGIN, END, GRAM, JOINT, TIE, WordTable

GRAMS = (1, 2, 3)
_CODE_BITS = np.uint64(21)
_ASKING, _SHOUTING = np.uint32(ord("?")), np.uint32(ord("!"))
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
        features += [GRAM + plain[i : i + n] for i in range(len(plain) - n + 1)]
    return features


class FeatureCounter:
    """Counts the features of many clauses in a few passes over arrays.

    Where the word 质量 stands, #质, #量 and #质量 stand too. So the column of a known word counts
    for its n-grams as well, and that of a pair for those across its seam: half as many rows of a
    table to add up. `count(clauses) @ parts` is how often each feature of `clause_features`, the
    definition, is there. No feature is ever spelt out.

    Args:
        vocabulary: Features in column order, distinct.
        cut: Word segmentation; must give `JOINT` as a word of its own, and lose no character.
    """

    def __init__(self, vocabulary: Sequence[str], cut: Cut) -> None:
        self._cut = cut
        self._words = WordTable(vocabulary)
        grams = [(i, f[1:]) for i, f in enumerate(vocabulary) if f[:1] == GRAM and JOINT not in f]
        self._grams = [_gram_table([g for g in grams if len(g[1]) == n], n) for n in GRAMS]
        self.parts = self._parts(len(vocabulary))

    def count(self, clauses: Sequence[str]) -> sparse.csr_array:
        """Count known features.

        Args:
            clauses: Texts as `clause_features` takes them.

        Returns:
            Ones, shape (n_clauses, len of `parts`), float32; a repeated column stands as often,
            in an order that depends on its clause alone.

        Raises:
            ValueError: If the segmentation lost characters.
        """
        n_columns = self.parts.shape[0]
        if not clauses:
            return _in_rows([], 0, n_columns)
        joined = _plain(JOINT.join(clauses))
        codes = code_points(joined)
        found, reach = self._words.find(self._cut(joined.replace("?", "").replace("!", "")))
        is_mark = (codes == _ASKING) | (codes == _SHOUTING)
        if len(reach) + is_mark.sum() != len(codes):
            raise ValueError(f"cut must give {len(codes)} characters back, gave {len(reach)}")
        counted = np.zeros(len(codes), dtype=np.int64)
        counted[~is_mark] = reach
        found += self._find_grams(codes, counted)
        return _in_rows(found, len(clauses), n_columns)

    def _find_grams(self, codes: np.ndarray, counted: np.ndarray) -> list[Found]:
        """Find the n-grams that begin at a character and end beyond what is counted already."""
        rows = np.cumsum(codes == ord(JOINT))
        found = []
        for n, table in zip(GRAMS, self._grams, strict=True):
            places = np.flatnonzero(counted[: max(0, len(codes) - n + 1)] < n)
            found.append(known(rows[places], table.get(_keys(codes, places, n))))
        return found

    def _parts(self, n_features: int) -> sparse.csr_array:
        """How often each column counts for each feature, shape (n_columns, n_features)."""
        whole = self._words.whole
        columns = np.array([w.column for w in whole], dtype=np.int64)
        pairs = [w for w in whole if w.column >= n_features]
        texts, seams = [w.text for w in whole], np.array([w.seam for w in whole], dtype=np.int64)
        codes = code_points(JOINT.join(texts))
        owners = np.cumsum(codes == ord(JOINT))
        places = np.arange(len(codes))
        # Characters up to the seam, for the n-grams before it are the left word's.
        left = (first_positions(texts) + seams)[owners] - places if texts else places
        found = [(np.arange(n_features), np.arange(n_features))]
        found.append((np.array([p.column for p in pairs]), np.array([p.feature for p in pairs])))
        for n, table in zip(GRAMS, self._grams, strict=True):
            at = places[: max(0, len(codes) - n + 1)]
            is_own = (seams[owners[at]] == 0) | ((left[at] > 0) & (left[at] < n))
            rows, features = known(owners[at], np.where(is_own, table.get(_keys(codes, at, n)), -1))
            found.append((columns[rows], features))
        rows, features = (
            np.concatenate(side).astype(np.int64) for side in zip(*found, strict=True)
        )
        shape = (n_features + len(pairs), n_features)
        ones = np.ones(len(rows), dtype=np.float32)
        return sparse.coo_array((ones, (rows, features)), shape=shape).tocsr()


def _keys(codes: np.ndarray, places: np.ndarray, n: int) -> np.ndarray:
    """The n-grams from these places on, as the numbers that the tables know them by."""
    keys: np.ndarray = codes[places].astype(np.uint64)
    for k in range(1, n):
        keys = (keys << _CODE_BITS) | codes[places + k]
    return keys


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
