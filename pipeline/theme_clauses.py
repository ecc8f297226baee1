"""Clauses whose cause is known: short labelled rows, hand-written clauses, praise as background."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from models.errors import DataError
from models.mentions import find_mentions, split_mentions
from models.theme_axes import BACKGROUND
from models.theme_polarity import Polarity, judge
from models.theme_settings import default_tag

_UNKNOWN = "未说明原因"
_SHORT = 25


def read_clauses(path: Path) -> pd.DataFrame:
    """Read hand-written clauses, one cause a line: `cause: clause，clause`.

    Args:
        path: The file; lines that open with # are comments.

    Returns:
        Columns text and cause.

    Raises:
        DataError: If a line is of another form.
    """
    found = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        cause, colon, clauses = line.partition(":")
        if not (cause.strip() and colon and clauses.strip()):
            raise DataError(f"{path} line {number}: expected `cause: clause，clause`")
        found += [(text.strip(), cause.strip()) for text in clauses.split("，") if text.strip()]
    return pd.DataFrame(found, columns=["text", "cause"])


def training_clauses(
    corpus: pd.DataFrame,
    clauses: pd.DataFrame,
    min_clauses: int,
    clause_weight: float,
    n_background: int,
) -> pd.DataFrame:
    """Gather clauses whose cause is known.

    Args:
        corpus: Labelled rows with text, intent, cause and source.
        clauses: Hand-written clauses.
        min_clauses: Clauses that a cause must have.
        clause_weight: Weight of a hand-written clause beside a row's 1.
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
    written = [
        (t, c, clause_weight) for t, c in zip(clauses["text"], clauses["cause"], strict=True)
    ]
    found = pd.DataFrame([*parts, *background, *written], columns=["text", "cause", "weight"])
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
