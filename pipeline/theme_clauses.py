"""Clauses whose cause is known: short labelled rows, with praise as background."""

from __future__ import annotations

import pandas as pd

from models.mentions import find_mentions, split_mentions
from models.theme_axes import BACKGROUND
from models.theme_polarity import Polarity, judge
from models.theme_settings import default_tag

_UNKNOWN = "未说明原因"
_SHORT = 25


def training_clauses(
    corpus: pd.DataFrame,
    min_clauses: int,
    n_background: int,
) -> pd.DataFrame:
    """Gather clauses whose cause is known.

    Args:
        corpus: Labelled rows with text, intent, cause and source.
        min_clauses: Clauses that a cause must have.
        n_background: Clauses of praise at most.

    Returns:
        Columns text, cause and weight; causes with too few clauses left out.
    """
    rows = corpus[corpus["source"] == "authored"]
    named = rows[(rows["intent"] == "complaint") & ~rows["cause"].isin(["", _UNKNOWN])]
    parts = [
        part
        for text, cause in zip(named["text"], named["cause"], strict=True)
        for part in _parts(text, cause)
    ]
    praise = {
        p.text for t in rows.loc[rows["intent"] == "praise", "text"] for p in split_mentions(t)
    }
    background = [(text, BACKGROUND, 0.5) for text in sorted(praise)[:n_background]]
    found = pd.DataFrame([*parts, *background], columns=["text", "cause", "weight"])
    found = found.drop_duplicates(["text", "cause"], keep="last")
    counts = found["cause"].map(found["cause"].value_counts())
    return found[counts >= min_clauses].reset_index(drop=True)


def _parts(text: str, cause: str) -> list[tuple[str, str, float]]:
    """A short text as a whole, and its failing clauses when they are few."""
    mentions = find_mentions([text], default_tag())
    failing = [m for m in mentions if judge(m.text) is Polarity.FAILING] or mentions
    short = len(text) <= _SHORT
    whole = [(text, cause, 1.0)] if short else []
    if short or len(failing) <= 2:
        whole += [(m.phrase, cause, 1 / len(failing)) for m in failing]
    return whole
