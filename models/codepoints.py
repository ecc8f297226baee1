"""Many texts as one array of code points, so that numpy can look at all of them at once."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


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
