"""Which class of a challenger's new or changed labels is contradicted more often than usual.

The rows that both models were trained on with the same labels say how often a sure guess is wrong.
If the rows that are new, or were given another label, contradict the guesses for one class more
often than that, their labels are wrong, not the guesses: Fisher's exact test, one-sided, corrected
for the number of tests (Bonferroni). Wordings of one cause count as one witness (Kish's effective
number), since a new failing may be guessed wrongly in all its wordings. New rows are often chosen
because they are hard: what is usual is raised by as much as the rows that look like the other
classes are contradicted more often than theirs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.label_evidence import CAUSE, ID, LOOKS, TEXT
from pipeline.metrics import LABELS

Kind = Literal["new", "changed"]
# Fewer causes cannot be told from chance after the correction.
_LEAST_WITNESSES = 5
_N_IDS = 5


@dataclass(frozen=True, slots=True)
class Contradiction:
    """How often rows that look like one class carry another label.

    Attributes:
        subject: The class that they look like, such as `type.service`.
        kind: Rows that are new, or rows whose label changed.
        rows: Such rows that look like the class.
        wrong: Those of them that carry another label.
        usual: Share of them among the rows that neither came nor changed; raised if the new rows
            are harder in the other classes.
        chance: Chance of so many or more if the labels were as good as usual, corrected.
        share: Wrong ones above what is usual, as a share of the class's rows.
        given: The labels that they carry instead, with counts, the most frequent first.
        ids: A few of the wrong ones.
    """

    subject: str
    kind: Kind
    rows: int
    wrong: int
    usual: float
    chance: float
    share: float
    given: tuple[tuple[str, int], ...]
    ids: tuple[str, ...]


def find_contradictions(before: pd.DataFrame, after: pd.DataFrame) -> tuple[Contradiction, ...]:
    """Test every class of every label.

    Args:
        before: What the champion's run kept of its labels; see `label_evidence.weigh_labels`.
        after: The same of the challenger.

    Returns:
        Every class with enough causes to test, the least likely first.
    """
    was = before.drop_duplicates(TEXT).set_index(TEXT)
    found = [c for label in LABELS for c in _of_label(label, was, after)]
    corrected = (replace(c, chance=min(1.0, c.chance * len(found))) for c in found)
    return tuple(sorted(corrected, key=lambda c: (c.chance, -c.share, c.subject)))


def _of_label(label: str, was: pd.DataFrame, after: pd.DataFrame) -> Iterator[Contradiction]:
    old = after[TEXT].map(was[label])
    is_new = old.isna()
    is_changed = ~is_new & (old != after[label])
    untouched = after[~is_new & ~is_changed]
    picks: dict[Kind, pd.DataFrame] = {"new": after[is_new], "changed": after[is_changed]}
    for name in sorted(set(after[label])):
        usual = _Rows.of(untouched, label, name)
        size = int((after[label] == name).sum())
        for kind, picked in picks.items():
            rows = _Rows.of(picked, label, name)
            if min(rows.n_witnesses, usual.n_witnesses) >= _LEAST_WITNESSES:
                harder = _harder(picked, untouched, label, name) if kind == "new" else 1.0
                rate = min(1.0, usual.rate * harder)
                yield _test(f"{label}.{name}", kind, rows, rate, usual.n_witnesses, size)


def _harder(new: pd.DataFrame, untouched: pd.DataFrame, label: str, name: str) -> float:
    """How much more often the other classes are contradicted among the new rows, at least 1."""
    rates = []
    for rows in (new, untouched):
        others = rows[(rows[label + LOOKS] != "") & (rows[label + LOOKS] != name)]
        # One wrong row more, so that none at all is no proof of easy rows.
        wrong = int((others[label] != others[label + LOOKS]).sum()) + 1
        rates.append(wrong / (len(others) + 1))
    return max(1.0, rates[0] / rates[1])


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows that look like one class, and the labels of those that carry another."""

    n: int
    n_witnesses: float
    given: Counter[str]
    ids: tuple[str, ...]

    @classmethod
    def of(cls, rows: pd.DataFrame, label: str, name: str) -> _Rows:
        alike = rows[rows[label + LOOKS] == name]
        sizes = alike[CAUSE].value_counts().to_numpy(dtype=float)
        n_witnesses = sizes.sum() ** 2 / (sizes**2).sum() if len(sizes) else 0.0
        wrong = alike[alike[label] != name]
        ids = tuple(wrong[ID][:_N_IDS])
        return cls(len(alike), float(n_witnesses), Counter(wrong[label]), ids)

    @property
    def wrong(self) -> int:
        return self.given.total()

    @property
    def rate(self) -> float:
        return self.wrong / self.n


def _test(
    subject: str, kind: Kind, rows: _Rows, usual: float, n_usual: float, size: int
) -> Contradiction:
    return Contradiction(
        subject,
        kind,
        rows.n,
        rows.wrong,
        usual,
        _fisher(rows, usual, n_usual),
        (rows.wrong - usual * rows.n) / size,
        tuple(rows.given.most_common()),
        rows.ids,
    )


def _fisher(rows: _Rows, usual: float, n_usual: float) -> float:
    """Chance of so many wrong ones or more; rounded so that no evidence is made up."""
    from scipy.stats import hypergeom

    n, wrong = int(np.ceil(rows.n_witnesses)), int(rows.rate * rows.n_witnesses)
    n_old, wrong_old = int(n_usual), int(min(np.ceil(usual * n_usual), int(n_usual)))
    return float(hypergeom.sf(wrong - 1, n + n_old, wrong + wrong_old, n))
