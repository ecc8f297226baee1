"""New wordings for the teacher to judge; nobody labels them, no label is made up for them.

They show the student what its teacher thinks of words and combinations that the corpus lacks.
"""

from __future__ import annotations

import importlib.util
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from models.clauses import MARKS, split_clauses
from models.errors import DataError

_LEAST_LENGTH = 4
_PAUSES = (" ", ",", "。")
_TRIES = 20  # a tiny corpus has fewer distinct texts to give than are asked for
_CHUNK_ROWS = 1_000
_LEAST_COUNT = 3
_LONGEST_WORD = 4
_CONTENT_KINDS = frozenset({"n", "v", "a", "vn", "an", "i", "l", "z", "b"})


def recombine(rows: pd.DataFrame, n_texts: int, seed: int) -> list[str]:
    """Make new texts out of clauses that customers of one trade wrote.

    Args:
        rows: Training rows with text and trade.
        n_texts: How many; fewer come back when the clauses do not give as many.
        seed: Of their choice.

    Returns:
        Distinct texts of one to three clauses.
    """
    rng = np.random.default_rng(seed)
    pools = {
        str(trade): [c.spoken for text in texts for c in split_clauses(text) if len(c.text) > 1]
        for trade, texts in rows.groupby("trade")["text"]
    }
    pools = {name: pool for name, pool in pools.items() if pool}
    names = sorted(pools)
    weights = np.array([len(pools[name]) for name in names], dtype=float)
    made: dict[str, None] = {}
    for _ in range(_TRIES * n_texts if names else 0):
        pool = pools[names[int(rng.choice(len(names), p=weights / weights.sum()))]]
        n_clauses = int(rng.choice([1, 2, 3], p=[0.3, 0.5, 0.2]))
        text = _join([str(clause) for clause in rng.choice(pool, n_clauses)], rng.choice(_PAUSES))
        if len(text) >= _LEAST_LENGTH:
            made[text] = None
        if len(made) >= n_texts:
            break
    return list(made)


def common_words(texts: Sequence[str], cut: Callable[[str], list[str]], least: int) -> list[str]:
    """List the words that may stand in for one another.

    Args:
        texts: What customers wrote; their words of two characters or more count.
        cut: Word segmentation.
        least: Occurrences that jieba's dictionary must record for a content word that no text has.

    Returns:
        Distinct words in order of code points.
    """
    counts = Counter(word for text in texts for word in cut(text) if len(word) > 1)
    words = {word for word, n in counts.items() if n >= _LEAST_COUNT and word.isalpha()}
    for line in _dictionary().read_text(encoding="utf-8").splitlines():
        word, count, kind = line.split(" ")
        if int(count) >= least and kind in _CONTENT_KINDS and 1 < len(word) <= _LONGEST_WORD:
            words.add(word)
    return sorted(words)


def nearest_words(words: Sequence[str], vectors: np.ndarray, k: int) -> dict[str, list[str]]:
    """Find the words that stand nearest to each word.

    Args:
        words: Distinct words.
        vectors: Their unit rows, shape (n, dim).
        k: How many neighbours a word gets.

    Returns:
        Word to its neighbours, the nearest first.
    """
    centred = vectors - vectors.mean(axis=0)
    centred /= np.linalg.norm(centred, axis=1, keepdims=True)
    found: dict[str, list[str]] = {}
    for start in range(0, len(words), _CHUNK_ROWS):
        near = centred[start : start + _CHUNK_ROWS] @ centred.T
        near[np.arange(len(near)), start + np.arange(len(near))] = -np.inf
        best = np.argpartition(-near, k, axis=1)[:, :k]
        order = np.argsort(-np.take_along_axis(near, best, axis=1), axis=1, kind="stable")
        for row, columns in enumerate(np.take_along_axis(best, order, axis=1)):
            found[words[start + row]] = [words[int(c)] for c in columns]
    return found


def substitute(
    texts: Sequence[str],
    neighbours: Mapping[str, Sequence[str]],
    cut: Callable[[str], list[str]],
    n_texts: int,
    rate: float,
    seed: int,
) -> list[str]:
    """Put neighbours in the place of words.

    The data augmentation of TinyBERT (Jiao et al. 2020), with the encoder's own word vectors.

    Args:
        texts: What customers wrote.
        neighbours: From `nearest_words`.
        cut: Word segmentation.
        n_texts: How many; fewer come back when the texts do not give as many.
        rate: Chance that a word which has neighbours is replaced.
        seed: Of every choice.

    Returns:
        Distinct texts, none of them one of `texts`.
    """
    rng = np.random.default_rng(seed)
    known = set(texts)
    made: dict[str, None] = {}
    for _ in range(_TRIES * n_texts if known else 0):
        # Cutting drops blanks; where one parted two clauses, a comma does as well.
        words = cut(texts[int(rng.integers(len(texts)))].replace(" ", ","))
        text = "".join(
            near[int(rng.integers(len(near)))]
            if (near := neighbours.get(word)) and rng.random() < rate
            else word
            for word in words
        )
        if text not in known:
            made[text] = None
        if len(made) >= n_texts:
            break
    return list(made)


def _join(clauses: Sequence[str], pause: str) -> str:
    """Put a pause between clauses, except behind a question or exclamation mark."""
    ends = ["" if clause[-1] in MARKS else pause for clause in clauses[:-1]]
    return "".join(clause + end for clause, end in zip(clauses, [*ends, ""], strict=True))


def _dictionary() -> Path:
    # Importing jieba would warn of its old regular expressions.
    spec = importlib.util.find_spec("jieba")
    if spec is None or spec.origin is None:
        raise DataError("package jieba is missing: pip install jieba")
    return Path(spec.origin).parent / "dict.txt"
