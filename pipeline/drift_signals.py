"""What of scored rows is watched for drift; no text is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.clauses import clause_spans
from models.encoders import StaticEncoder

CATEGORIES = ("intent", "type", "subtype", "urgency")
NUMBERS = ("confidence", "urgency_score", "length", "unknown_words")
MOST_ROWS = 10_000


@dataclass(frozen=True, eq=False)
class Signals:
    """One table of scored rows, ready to compare.

    Attributes:
        frame: Columns `CATEGORIES`, `NUMBERS`, channel and day; one line a row.
        vectors: Of the texts, shape (n, dim).
    """

    frame: pd.DataFrame
    vectors: np.ndarray

    def __len__(self) -> int:
        return len(self.frame)


def read_signals(scored: pd.DataFrame, encoder: StaticEncoder) -> Signals:
    """Take out of scored rows what is watched.

    Args:
        scored: The fields of `FeedbackResult`, and channel and created_at if they are known.
        encoder: The model's; its vocabulary says which words are unknown.

    Returns:
        At most `MOST_ROWS` of the rows, drawn the same way each time.
    """
    rows = scored.sample(MOST_ROWS, random_state=0) if len(scored) > MOST_ROWS else scored
    rows = rows.reset_index(drop=True)
    texts = [str(text) for text in rows["text"]]
    frame = rows[list(CATEGORIES)].astype(str)
    frame["confidence"] = rows["confidence"].astype(float)
    frame["urgency_score"] = rows["urgency_score"].astype(float)
    frame["length"] = [float(len(text)) for text in texts]
    frame["unknown_words"] = unknown_share(texts, encoder)
    frame["channel"] = rows["channel"].fillna("").astype(str) if "channel" in rows else ""
    frame["day"] = _days(rows)
    return Signals(frame, encoder.encode(texts))


def unknown_share(texts: Sequence[str], encoder: StaticEncoder) -> np.ndarray:
    """Find how much of each text the model has no word for.

    Such a word still counts by its characters; a company's new product names show here first.

    Args:
        texts: Normalised texts.
        encoder: The model's.

    Returns:
        Share of the words that are not in the vocabulary, shape (n,); 0 for a text without words.
    """
    known = frozenset(encoder.vocabulary)
    clauses, _, starts = clause_spans(texts)
    cut = [[word for word in encoder.cut(clause) if word.isalpha()] for clause in clauses]
    n_words = np.array([len(words) for words in cut], dtype=float)
    n_unknown = np.array([sum(w not in known for w in words) for words in cut], dtype=float)
    sums = [np.append(0.0, np.cumsum(n))[starts] for n in (n_unknown, n_words)]
    unknown, total = (np.diff(s) for s in sums)
    share: np.ndarray = unknown / np.maximum(total, 1)
    return share


def _days(rows: pd.DataFrame) -> pd.Series:
    if "created_at" not in rows:
        return pd.Series("", index=rows.index)
    moments = pd.to_datetime(rows["created_at"], errors="coerce", format="mixed")
    return moments.dt.strftime("%Y-%m-%d").fillna("")
