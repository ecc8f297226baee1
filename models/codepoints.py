"""Many texts as one array of code points, so that numpy can look at all of them at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

# Beyond the first two planes there are only rare Chinese characters and private ones.
LIMIT = 0x20000


def code_points(text: str) -> np.ndarray:
    """Give a text's characters as numbers.

    Args:
        text: Any text, lone surrogates included.

    Returns:
        One number a character, shape (len(text),), uint32.
    """
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


def first_positions(texts: Sequence[str]) -> np.ndarray:
    """Say where each text begins once they are joined by one character.

    Args:
        texts: Any texts.

    Returns:
        Index of each text's first character, shape (n_texts,).
    """
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    starts: np.ndarray = np.cumsum(lengths + 1) - lengths - 1
    return starts


def marked(single: re.Pattern[str]) -> np.ndarray:
    """Tabulate which characters a pattern matches.

    Args:
        single: A pattern of one character, such as a class.

    Returns:
        One mark a code point up to `LIMIT`, which stands for all from there on; shape
        (LIMIT + 1,), bool.
    """
    marks = np.zeros(LIMIT + 1, dtype=bool)
    everything = "".join(map(chr, range(LIMIT + 1)))
    marks[[match.start() for match in single.finditer(everything)]] = True
    return marks
