"""Tell in one pass over a batch which of hundreds of patterns are worth running on which text.

A pattern is worth running where a word stands that every match of it holds. The pass looks at the
first two characters of these words only, for all texts at once; the few hits are checked one by
one. (An Aho-Corasick automaton took 130 ns a character: its nodes search their children in a row.)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.codepoints import code_points, first_positions
from models.required import required_words

_SLOTS = 1 << 18
_MIX = np.uint32(0x9E3779B1)
_SHIFT = np.uint32(14)


class Prefilter:
    """Finds the patterns that may match a text; it never leaves out one that does.

    Args:
        patterns: Regular expressions without flags. `re.error` is raised if one is wrong.
    """

    def __init__(self, patterns: Sequence[str]) -> None:
        self._always: list[int] = []
        self._heads: dict[str, dict[str, list[int]]] = {}
        for i, pattern in enumerate(patterns):
            sets = required_words(pattern)
            if not sets:
                self._always.append(i)
            for word in sets[0] if sets else ():
                self._heads.setdefault(word[:2], {}).setdefault(word, []).append(i)
        self._singles = _marked([head for head in self._heads if len(head) == 1])
        self._pairs = _marked([head for head in self._heads if len(head) == 2])

    def candidates(self, texts: Sequence[str]) -> list[set[int]]:
        """List the patterns that may match each text.

        Args:
            texts: Any texts.

        Returns:
            For each text the indices of such patterns; all others cannot match it.
        """
        found: list[set[int]] = [set(self._always) for _ in texts]
        joined = "\n".join(texts)
        codes = code_points(joined + "\n")
        is_hit = self._singles[_slots(codes[:-1])]
        is_hit |= self._pairs[_slots(codes[:-1], codes[1:])]
        positions = np.flatnonzero(is_hit)
        rows = np.searchsorted(first_positions(texts), positions, side="right") - 1
        for row, at in zip(rows.tolist(), positions.tolist(), strict=True):
            for head in (joined[at], joined[at : at + 2]):
                for word, patterns in self._heads.get(head, {}).items():
                    if joined.startswith(word, at):
                        found[row].update(patterns)
        return found


def _marked(heads: Sequence[str]) -> np.ndarray:
    marks = np.zeros(_SLOTS, dtype=bool)
    for head in heads:
        codes = code_points(head)
        marks[_slots(*(codes[i : i + 1] for i in range(len(head))))] = True
    return marks


def _slots(first: np.ndarray, second: np.ndarray | None = None) -> np.ndarray:
    mixed = first * _MIX
    if second is not None:
        mixed = (mixed ^ second) * _MIX
    return mixed >> _SHIFT
