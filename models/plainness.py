"""Find among many texts those that normalising may change, in a few passes over code points."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from models.codepoints import LIMIT, code_points, first_positions, marked
from models.text import normalize, odd_characters

_SPACE, _W, _LOWER = np.uint32(ord(" ")), np.uint32(ord("w")), np.uint32(32)
_RUN = 4


def normalize_all(texts: Sequence[str]) -> list[str]:
    """Do what `models.text.normalize` does for many texts.

    Args:
        texts: Texts as customers wrote them.

    Returns:
        Their one spelling.
    """
    found = list(texts)
    for i in _doubtful(texts).tolist():
        found[i] = normalize(texts[i])
    return found


def _doubtful(texts: Sequence[str]) -> np.ndarray:
    """Indices of the texts with an odd character, a run, a spare space or an address."""
    starts = first_positions(texts)
    codes = code_points(" ".join(["", *texts, ""])).copy()
    is_odd = _odd()[np.minimum(codes, LIMIT)]
    is_space, is_w = codes == _SPACE, codes | _LOWER == _W
    is_repeated = codes[1:] == codes[:-1]
    for doubts in (
        is_space[1:] & is_space[:-1],
        is_repeated[2:] & is_repeated[1:-1] & is_repeated[:-2],
        is_w[2:] & is_w[1:-1] & is_w[:-2],
    ):
        is_odd[: len(doubts)] |= doubts
    # The space before a text is its own, so that one at its beginning counts as doubled.
    rows = np.searchsorted(starts, np.flatnonzero(is_odd), side="right") - 1
    return np.unique(rows)


@cache
def _odd() -> np.ndarray:
    return marked(odd_characters())
