"""Whether customers write of other things than before, in one number for each kind of label.

The population stability index compares the newest 500 rows with the first 1,000 that a model
scored: below 0.1 nothing moved, above 0.25 somebody should look. Counted per worker.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable
from typing import TypeAlias

from models.results import FeedbackResult

N_REFERENCE, N_WINDOW = 1_000, 500
_LENGTHS = (10, 30, 100, 300)
_LEAST_SHARE = 0.001
KINDS = ("intent", "type", "urgency", "confidence", "length")

# The labels of a row, one of each of `KINDS`.
Labels: TypeAlias = tuple[str, ...]


class Drift:
    """Counts labels and compares.

    Args:
        tell: Told the name and index of each kind of label, after every window.
    """

    def __init__(self, tell: Callable[[str, float], None]) -> None:
        self._tell = tell
        self._version = ""
        self._start("")

    def add(self, results: Iterable[FeedbackResult]) -> None:
        """Count rows.

        Args:
            results: What was said of them.
        """
        for result in results:
            if result.model_version != self._version:
                self._start(result.model_version)
            is_first = self._n_reference < N_REFERENCE
            # Rows are counted as they are served; kinds are told apart once a window.
            counts = self._reference if is_first else self._window
            counts[labels(result)] += 1
            if is_first:
                self._n_reference += 1
            else:
                self._n_window += 1
            if self._n_window == N_WINDOW:
                self._compare()

    def _start(self, version: str) -> None:
        self._version = version
        self._reference: Counter[Labels] = Counter()
        self._window: Counter[Labels] = Counter()
        self._n_reference = self._n_window = 0

    def _compare(self) -> None:
        for i, what in enumerate(KINDS):
            index = stability_index(_of_kind(self._reference, i), _of_kind(self._window, i))
            self._tell(what, round(index, 4))
        self._window = Counter()
        self._n_window = 0


def labels(result: FeedbackResult) -> Labels:
    """Choose what is watched of a row.

    Args:
        result: What was said of it.

    Returns:
        A label for each of `KINDS`; none holds a customer's words.
    """
    length = str(bisect_left(_LENGTHS, len(result.text)))
    return (result.intent, result.type, result.urgency, result.confidence_band, length)


def stability_index(before: Counter[str], now: Counter[str]) -> float:
    """Compare two distributions.

    Args:
        before: Counts of the reference.
        now: Counts of the window.

    Returns:
        The population stability index, 0 or more.
    """
    total = 0.0
    for label in before.keys() | now.keys():
        share = max(before[label] / before.total(), _LEAST_SHARE)
        new_share = max(now[label] / now.total(), _LEAST_SHARE)
        total += (new_share - share) * math.log(new_share / share)
    return total


def _of_kind(counts: Counter[Labels], i: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for row, n in counts.items():
        found[row[i]] += n
    return found
