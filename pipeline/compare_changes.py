"""The answers that a challenger gives otherwise than the champion."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from pipeline.metrics import LABELS

Outcome = Literal["broken", "moved", "fixed"]
_ORDER: tuple[Outcome, ...] = ("broken", "moved", "fixed")


@dataclass(frozen=True, slots=True)
class Change:
    """One label of one row that changed.

    Attributes:
        text: The row, masked.
        label: Which label.
        truth: What a reader said.
        before: What the champion says.
        after: What the challenger says.
        outcome: fixed, broken, or moved from one wrong answer to another.
    """

    text: str
    label: str
    truth: str
    before: str
    after: str
    outcome: Outcome


def list_changes(truth: pd.DataFrame, before: pd.DataFrame, after: pd.DataFrame) -> list[Change]:
    """List what changed.

    Args:
        truth: Labelled rows with their text.
        before: The champion's labels.
        after: The challenger's.

    Returns:
        The most harmful first: missed urgent rows, then broken answers, then the others.
    """
    found = [
        Change(text, label, is_, was, now, _outcome(is_, was, now))
        for label in LABELS
        for text, is_, was, now in zip(
            truth["text"], truth[label], before[label], after[label], strict=True
        )
        if was != now
    ]
    return sorted(found, key=_harm)


def count_changes(changes: Sequence[Change]) -> dict[str, dict[str, int]]:
    """Count what changed.

    Args:
        changes: From `list_changes`.

    Returns:
        Label to outcome to count.
    """
    counts = Counter((c.label, c.outcome) for c in changes)
    return {label: {o: counts[label, o] for o in _ORDER} for label in LABELS}


def pick_examples(changes: Sequence[Change], n_each: int) -> list[Change]:
    """Pick a few changes of each label and outcome.

    Args:
        changes: From `list_changes`.
        n_each: Of each kind.

    Returns:
        Examples in the same order.
    """
    taken: Counter[tuple[str, str]] = Counter()
    picked = []
    for change in changes:
        kind = change.label, change.outcome
        if taken[kind] < n_each:
            taken[kind] += 1
            picked.append(change)
    return picked


def _outcome(truth: str, before: str, after: str) -> Outcome:
    if after == truth:
        return "fixed"
    return "broken" if before == truth else "moved"


def _harm(change: Change) -> tuple[bool, int]:
    is_missed = change.label == "urgency" and change.truth == "high" and change.outcome == "broken"
    return not is_missed, _ORDER.index(change.outcome)
