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

_DIGITS = re.compile(r"\d+")
Cut = Callable[[str], list[str]]


def clause_features(clause: str, cut: Cut) -> list[str]:
    """List the features of one clause, with repeats.

    Args:
        clause: Text without punctuation or white space, non-empty.
        cut: Word segmentation.

    Returns:
        Words as they are, pairs as `a_b`, character n-grams (1 to 3) with a leading `#`; digit
        runs read `0`; no feature holds white space.

    Example:
        >>> clause_features("太慢", list)
        ['太', '慢', '^_太', '太_慢', '慢_$', '#太', '#慢', '#太慢']
    """
    plain = _DIGITS.sub("0", clause.lower())
    words = cut(plain)
    edged = ["^", *words, "$"]
    features = words + [f"{a}_{b}" for a, b in pairwise(edged)]
    features += ["#" + c for c in plain]
    features += ["#" + plain[i : i + 2] for i in range(len(plain) - 1)]
    features += ["#" + plain[i : i + 3] for i in range(len(plain) - 2)]
    return features


def count_matrix(
    rows: Sequence[Sequence[str]], index: dict[str, int], n_columns: int
) -> sparse.csr_array:
    """Count known features.

    Args:
        rows: Features of each clause or text.
        index: Column of each known feature.
        n_columns: Width of the result.

    Returns:
        Ones in shape (n_rows, n_columns), float32; a repeated feature stands as often, in order.
    """
    lookup = index.get
    columns: list[int] = []
    pointers = [0]
    for features in rows:
        columns += [i for i in map(lookup, features) if i is not None]
        pointers.append(len(columns))
    shape = (len(rows), n_columns)
    ones = np.ones(len(columns), dtype=np.float32)
    return sparse.csr_array((ones, np.array(columns, np.int32), np.array(pointers)), shape=shape)
