"""Tell in one pass over a batch which of hundreds of patterns are worth running on which text.

A pattern is worth running where a word stands that every match of it holds. The pass looks at the
first three characters of these words only, for all texts at once; the few hits are checked one by
one. (An Aho-Corasick automaton took 130 ns a character: its nodes search their children in a row.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from models.codepoints import code_points, first_positions
from models.required import required_words

_HEAD = 3
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
                self._heads.setdefault(word[:_HEAD], {}).setdefault(word, []).append(i)
        self._marks = [_marked(self._heads, n) for n in range(1, _HEAD + 1)]

    def candidates(self, texts: Sequence[str]) -> list[set[int]]:
        """List the patterns that may match each text.

        Args:
            texts: Any texts.

        Returns:
            For each text the indices of such patterns; all others cannot match it.
        """
        found: list[set[int]] = [set(self._always) for _ in texts]
        joined = "\n".join(texts)
        begins = first_positions(texts)
        for n, (marks, slots) in enumerate(zip(self._marks, _slots(joined), strict=True), start=1):
            positions = np.flatnonzero(marks[slots])
            rows = np.searchsorted(begins, positions, side="right") - 1
            for row, at in zip(rows.tolist(), positions.tolist(), strict=True):
                for word, patterns in self._heads.get(joined[at : at + n], {}).items():
                    if joined.startswith(word, at):
                        found[row].update(patterns)
        return found


def _marked(heads: Iterable[str], n: int) -> np.ndarray:
    marks = np.zeros(_SLOTS, dtype=bool)
    for head in heads:
        if len(head) == n:
            marks[_slots(head)[n - 1]] = True
    return marks


def _slots(text: str) -> list[np.ndarray]:
    """Hash the 1, 2, 3 characters from each position on."""
    codes = code_points(text)
    mixed = codes * _MIX
    slots = [mixed >> _SHIFT]
    for n in range(1, _HEAD):
        mixed = (mixed[:-1] ^ codes[n:]) * _MIX
        slots.append(mixed >> _SHIFT)
    return slots
