"""Clauses whose cause is known: short labelled rows, then what longer rows say of their own cause.

A long complaint has one label and several clauses. Axes learnt from the short rows say which of its
clauses states the labelled cause (one round of expectation and maximisation); with it joins, as
background, what neither states a failing nor looks like that cause.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.encoders import Encoder
from models.mentions import find_mentions, split_mentions
from models.theme_axes import BACKGROUND, CauseAxes
from models.theme_polarity import Polarity, judge
from models.theme_settings import default_tag

_UNKNOWN = "未说明原因"
_SHORT = 25
_COLUMNS = ["text", "cause", "weight"]
_REVIEW_WEIGHT = 0.7
# A clause states its row's cause when that is likely, and nearly as likely as for any other clause.
_LIKELY = 0.1
_NEARLY = 0.5


@dataclass(frozen=True, eq=False)
class LongRows:
    """Clauses of rows that say more than one thing.

    Attributes:
        phrases: The clauses with their subjects.
        causes: The label of each one's row.
        rows: Which row each is of, ascending, shape (n,).
    """

    phrases: list[str]
    causes: list[str]
    rows: np.ndarray


def training_clauses(
    corpus: pd.DataFrame,
    min_clauses: int,
    n_background: int,
) -> tuple[pd.DataFrame, LongRows]:
    """Gather clauses whose cause is known, and those among which it must be found.

    Args:
        corpus: Labelled rows with text, intent, cause and source.
        min_clauses: Clauses that a cause must have.
        n_background: Clauses of praise at most.

    Returns:
        Columns text, cause and weight, causes with too few clauses left out; the clauses of
        public reviews that say several things.
    """
    named = corpus[(corpus["intent"] == "complaint") & ~corpus["cause"].isin(["", _UNKNOWN])]
    own = named["source"] == "authored"
    parts = [
        part
        for text, cause in zip(named.loc[own, "text"], named.loc[own, "cause"], strict=True)
        for part in _parts(text, cause)
    ]
    single, long = _reviews(named[~own])
    praise = {
        p.text
        for t in corpus.loc[
            (corpus["source"] == "authored") & (corpus["intent"] == "praise"), "text"
        ]
        for p in split_mentions(t)
    }
    background = [(text, BACKGROUND, 0.5) for text in sorted(praise)[:n_background]]
    found = pd.DataFrame([*parts, *background, *single], columns=_COLUMNS)
    return _frequent(found, min_clauses), long


def choose_clauses(
    sure: pd.DataFrame, long: LongRows, axes: CauseAxes, encoder: Encoder, min_clauses: int
) -> pd.DataFrame:
    """Add the clauses of long rows that state their row's cause.

    Args:
        sure: Clauses whose cause is known.
        long: Clauses of long rows.
        axes: Learnt from the sure clauses.
        encoder: The axes' own.
        min_clauses: Clauses that a cause must have.

    Returns:
        Columns text, cause and weight.
    """
    if not long.phrases:
        return sure
    _, chances = axes.read(long.phrases, encoder.encode(long.phrases))
    column = {cause: j for j, cause in enumerate(axes.causes)}
    own = np.array([chances[i, column[c]] if c in column else 0 for i, c in enumerate(long.causes)])
    best, total = np.zeros(long.rows.max() + 1), np.zeros(long.rows.max() + 1)
    np.maximum.at(best, long.rows, own)
    near = own >= _NEARLY * best[long.rows]
    np.add.at(total, long.rows, np.where(near, own, 0))
    states = np.flatnonzero(near & (own > _LIKELY))
    shares = _REVIEW_WEIGHT * own[states] / total[long.rows[states]]
    added = [
        (long.phrases[i], long.causes[i], share)
        for i, share in zip(states.tolist(), shares.tolist(), strict=True)
    ]
    return _frequent(pd.concat([sure, pd.DataFrame(added, columns=_COLUMNS)]), min_clauses)


def _frequent(found: pd.DataFrame, min_clauses: int) -> pd.DataFrame:
    found = found.drop_duplicates(["text", "cause"])
    counts = found["cause"].map(found["cause"].value_counts())
    return found[counts >= min_clauses].reset_index(drop=True)


def _reviews(named: pd.DataFrame) -> tuple[list[tuple[str, str, float]], LongRows]:
    """Reviews that say one thing, and the clauses of the others."""
    single: list[tuple[str, str, float]] = []
    phrases, causes, rows = [], [], []
    for row, (text, cause) in enumerate(zip(named["text"], named["cause"], strict=True)):
        said = _failing(text)
        if len(said) == 1:
            single.append((said[0], cause, _REVIEW_WEIGHT))
            continue
        phrases += said
        causes += [cause] * len(said)
        rows += [row] * len(said)
    return single, LongRows(phrases, causes, np.array(rows, dtype=int))


def _parts(text: str, cause: str) -> list[tuple[str, str, float]]:
    """A short text as a whole, and its failing clauses when they are few."""
    failing = _failing(text)
    short = len(text) <= _SHORT
    whole = [(text, cause, 1.0)] if short else []
    if short or len(failing) <= 2:
        whole += [(phrase, cause, 1 / len(failing)) for phrase in failing]
    return whole


def _failing(text: str) -> list[str]:
    """A text's failing clauses; all of them where none is surely failing."""
    mentions = find_mentions([text], default_tag())
    return [m.phrase for m in mentions if judge(m.text) is Polarity.FAILING] or [
        m.phrase for m in mentions
    ]
