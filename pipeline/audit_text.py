"""Signs of rows stamped out of a mould: repeats, shared phrases, few different character runs."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.audit_targets import Check

MOST_DUPLICATES = 0.01
MOST_SHINGLE_SHARE = 0.004
SHINGLE = 8
N_GRAM = 4
NEAR = 0.8  # cosine of 2- and 3-gram sets; about a Jaccard index of 0.67
_SHORTEST_NEAR = 6  # two short fragments share most n-grams by chance
_N_FEATURES = 1024


class NgramEncoder:
    """Character 2- and 3-grams hashed into a vector, for semhash.

    Meaning is not asked here: two customers may say the same thing in other words.
    """

    def encode(self, inputs: Sequence[str], **_: Any) -> np.ndarray:
        """Hash texts.

        Args:
            inputs: Texts.

        Returns:
            Unit-length rows, shape (n_texts, 1024), float32.
        """
        from sklearn.feature_extraction.text import HashingVectorizer

        vectorizer = HashingVectorizer(
            analyzer="char",
            ngram_range=(2, 3),
            n_features=_N_FEATURES,
            binary=True,
            alternate_sign=False,
            dtype=np.float32,
        )
        return np.asarray(vectorizer.transform(list(inputs)).toarray(), dtype=np.float32)


def check_text(corpus: pd.DataFrame, real_lines: Sequence[str], seed: int = 0) -> list[Check]:
    """Look for repeats and formulas.

    Args:
        corpus: The prepared corpus.
        real_lines: Reviews to compare the authored text with.
        seed: Draws as many characters of them as were authored.

    Returns:
        Checks of duplicates, of the commonest shingle and of distinct 4-grams.
    """
    authored = list(corpus.loc[corpus["source"] == "authored", "text"])
    real = draw_lines(real_lines, sum(map(len, authored)), seed)
    copies = find_copies(corpus)
    shingle, share = commonest_shingle(authored)
    return [
        Check("exact and near duplicates", len(copies) / len(corpus), MOST_DUPLICATES, False),
        Check(f"rows with the shingle {shingle!r}", share, MOST_SHINGLE_SHARE, False),
        Check("distinct 4-grams authored, least as real", distinct(authored), distinct(real)),
    ]


def find_copies(corpus: pd.DataFrame) -> list[str]:
    """Find exact and near duplicates; the two rows of a contrast pair may be alike.

    Near ones are found by semhash over n-gram vectors with an exact index, so that the answer is
    the same on every machine.

    Args:
        corpus: Columns id, text and pair.

    Returns:
        Ids of the later rows, exact ones first.
    """
    from semhash import SemHash
    from vicinity import Backend

    again = corpus["text"].duplicated()
    rest = corpus[~again & (corpus["text"].str.len() >= _SHORTEST_NEAR)]
    exact = [str(row_id) for row_id in corpus.loc[again, "id"]]
    if rest.empty:
        return exact
    records: list[Any] = rest[["id", "text", "pair"]].to_dict("records")
    index = SemHash.from_records(
        records, columns=["text"], model=NgramEncoder(), ann_backend=Backend.BASIC
    )
    near = index.self_deduplicate(threshold=NEAR).filtered
    return exact + [str(n.record["id"]) for n in near if not _is_pair(n.record, n.duplicate_of)]


def commonest_shingle(texts: Sequence[str]) -> tuple[str, float]:
    """Find the run of characters that most texts share.

    Args:
        texts: Texts.

    Returns:
        The run and the share of texts that hold it; empty and 0 when all are too short.
    """
    n_texts = Counter(run for text in texts for run in set(_runs(text, SHINGLE)))
    if not n_texts:
        return "", 0.0
    shingle, n = max(n_texts.items(), key=lambda item: (item[1], item[0]))
    return shingle, n / len(texts)


def distinct(texts: Iterable[str]) -> float:
    """Measure variety.

    Args:
        texts: Texts; compare only sets of about the same total length.

    Returns:
        Different 4-grams per 4-gram, in [0, 1].
    """
    counts = Counter(run for text in texts for run in _runs(text, N_GRAM))
    return len(counts) / max(counts.total(), 1)


def draw_lines(lines: Sequence[str], n_characters: int, seed: int) -> list[str]:
    """Draw lines without repeats until they hold enough characters.

    Args:
        lines: Lines to draw from.
        n_characters: How many characters are wanted.
        seed: Names the draw.

    Returns:
        Distinct lines, the last one may pass the limit.
    """
    pool = list(dict.fromkeys(line for line in lines if line))
    random.Random(seed).shuffle(pool)
    drawn: list[str] = []
    n_left = n_characters
    for line in pool:
        if n_left <= 0:
            break
        drawn.append(line)
        n_left -= len(line)
    return drawn


def _runs(text: str, width: int) -> list[str]:
    return [text[start : start + width] for start in range(len(text) - width + 1)]


def _is_pair(one: dict[str, str], other: dict[str, str]) -> bool:
    return bool(one["pair"]) and one["pair"] == other["pair"]
