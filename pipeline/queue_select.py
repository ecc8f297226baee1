"""Which rows a person should look at: doubtful ones, urgent ones, and no two of a kind."""

from __future__ import annotations

import numpy as np
import pandas as pd

MODEL_COLUMNS = ("intent", "type", "types", "subtype", "urgency")
ROW_COLUMNS = (
    *("feedback_id", "text", "channel", "model_version"),
    *(*MODEL_COLUMNS, "confidence", "urgency_score", "needs_review"),
)
_DOUBT, _URGENCY, _REVIEW = 0.6, 0.25, 0.15
_URGENCY_VALUE = {"high": 1.0, "medium": 0.4, "low": 0.0}
_SAME = 0.9
_REPETITION = 0.5
_POOL = 15  # candidates looked at for each row wanted
_LOW_CONFIDENCE = 0.6


def worth(rows: pd.DataFrame) -> np.ndarray:
    """Say how much there is to learn from each row.

    Args:
        rows: Columns confidence, urgency, needs_review.

    Returns:
        In [0, 1], shape (n,).
    """
    doubt = 1 - rows["confidence"].to_numpy(dtype=float)
    urgency = rows["urgency"].map(_URGENCY_VALUE).fillna(0).to_numpy(dtype=float)
    review = rows["needs_review"].to_numpy(dtype=float)
    total: np.ndarray = _DOUBT * doubt + _URGENCY * urgency + _REVIEW * review
    return total


def shortlist(rows: pd.DataFrame, n: int) -> np.ndarray:
    """Take the rows worth most, so that only they must be turned into vectors.

    Args:
        rows: Scored rows.
        n: How many rows are wanted in the end.

    Returns:
        Row numbers, the best first, equal ones by id.
    """
    order = np.lexsort((rows["feedback_id"].to_numpy(dtype=str), -worth(rows)))
    return order[: n * _POOL]


def pick_diverse(values: np.ndarray, vectors: np.ndarray, n: int) -> list[int]:
    """Pick greedily: what is worth much and unlike what was picked (maximal marginal relevance).

    Carbonell & Goldstein 1998; a row almost the same as a picked one never comes in.

    Args:
        values: Worth, shape (n_rows,), the best first.
        vectors: Unit rows, shape (n_rows, dim).
        n: How many.

    Returns:
        Row numbers in the order picked; fewer if the rest are repetitions.
    """
    likeness = np.zeros(len(values), dtype=np.float32)
    is_free = np.ones(len(values), dtype=bool)
    picked: list[int] = []
    while len(picked) < n and is_free.any():
        gain = np.where(is_free, values - _REPETITION * likeness, -np.inf)
        best = int(gain.argmax())
        picked.append(best)
        likeness = np.maximum(likeness, vectors @ vectors[best])
        is_free &= likeness < _SAME
        is_free[best] = False
    return picked


def explain(row: dict[str, object]) -> tuple[str, ...]:
    """Say why a row was picked.

    Args:
        row: Its cells.

    Returns:
        Phrases for people.
    """
    confidence = float(str(row["confidence"]))
    reasons = []
    if row.get("review") == "conflict":
        reasons.append("两人判得不同")
    if confidence < _LOW_CONFIDENCE:
        reasons.append(f"把握低({confidence:.2f})")
    if row["urgency"] == "high":
        reasons.append("可能紧急")
    return tuple(reasons) or ("补充样本",)
