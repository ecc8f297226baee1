"""What to do about drift: retrain only where people's corrections show that the model got worse.

Customers may write of new things that the model answers as well as ever, and then new heads would
be work for nothing. It is the corrections that tell: how often the model's answer stood before and
how often it stands now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from models.privacy import mask
from models.text import normalize
from pipeline.drift import Drift

JUDGED = ("intent", "type", "urgency")
LEAST_CORRECTIONS = 30
CERTAINTY = 0.95
Action = Literal["nothing", "label", "watch", "retrain"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often the model's answer stood when people looked at it.

    Attributes:
        reference_rows: Corrected rows of the reference.
        reference_right: Those of them that the model had right.
        current_rows: Corrected rows of the time looked at.
        current_right: Those of them that the model had right.
    """

    reference_rows: int
    reference_right: int
    current_rows: int
    current_right: int

    @property
    def is_enough(self) -> bool:
        """True if both sides hold enough rows to judge by."""
        return min(self.reference_rows, self.current_rows) >= LEAST_CORRECTIONS

    @property
    def chance(self) -> float:
        """How likely agreement falls this far by chance alone (Fisher's exact test, one-sided)."""
        from scipy.stats import fisher_exact

        before = [self.reference_right, self.reference_rows - self.reference_right]
        now = [self.current_right, self.current_rows - self.current_right]
        return float(fisher_exact(np.array([now, before]), alternative="less").pvalue)

    @property
    def has_fallen(self) -> bool:
        """True if there is enough to judge by, and chance does not explain the fall."""
        return self.is_enough and self.chance < 1 - CERTAINTY


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do next.

    Attributes:
        action: nothing; label: ask people about some rows first; watch: the model holds; retrain.
        reason: For people, with the figures.
    """

    action: Action
    reason: str


def measure_agreement(
    reference: pd.DataFrame, current: pd.DataFrame, corrections: pd.DataFrame
) -> Agreement:
    """Compare the model's answers with what people said of the same texts.

    Args:
        reference: Scored rows.
        current: Scored rows.
        corrections: Settled rows with text, intent, type and urgency.

    Returns:
        Counts; a row counts as right if all three labels stood.
    """
    texts = [mask(normalize(text)).text for text in corrections["text"]]
    truth = corrections.assign(text=texts).drop_duplicates("text")[["text", *JUDGED]]
    return Agreement(*_count(reference, truth), *_count(current, truth))


def advise(drifts: Sequence[Drift], agreement: Agreement | None) -> Advice:
    """Say what follows.

    Args:
        drifts: From `pipeline.drift.find_drift`.
        agreement: None if there are no corrections.

    Returns:
        The advice; `retrain` only with drift and falling agreement.
    """
    has_drift = any(drift.is_drift for drift in drifts)
    if agreement is None or not agreement.is_enough:
        return _without_evidence(has_drift, agreement)
    said = _figures(agreement)
    if has_drift and agreement.has_fallen:
        return Advice("retrain", f"数据变了,模型也确实变差了:{said}。运行 huiyin train 重训")
    if agreement.has_fallen:
        reason = f"数据没有变,模型却更常被改:{said}。先查标注口径是否变了(huiyin data issues)"
        return Advice("label", reason)
    if has_drift:
        return Advice("watch", f"数据变了,模型仍然答得一样好:{said}。不必重训,下周再看")
    return Advice("nothing", f"没有变化:{said}")


def _without_evidence(has_drift: bool, agreement: Agreement | None) -> Advice:
    if not has_drift:
        return Advice("nothing", "没有超出偶然的变化")
    have = "没有更正" if agreement is None else _few(agreement)
    return Advice(
        "label",
        f"数据变了,但还不知道模型是否变差({have},两边各要 {LEAST_CORRECTIONS} 条)。"
        "先用 huiyin queue export 请人看一批,再决定是否重训",
    )


def _few(agreement: Agreement) -> str:
    return f"看过的只有 {agreement.reference_rows} 条(参照)和 {agreement.current_rows} 条(现在)"


def _figures(agreement: Agreement) -> str:
    before = agreement.reference_right / agreement.reference_rows
    now = agreement.current_right / agreement.current_rows
    return (
        f"人看过的行里,模型答对的从 {before:.0%}({agreement.reference_rows} 条)"
        f"到 {now:.0%}({agreement.current_rows} 条),偶然如此的可能 {agreement.chance:.1%}"
    )


def _count(scored: pd.DataFrame, truth: pd.DataFrame) -> tuple[int, int]:
    answers = scored.drop_duplicates("text")[["text", *JUDGED]]
    both = truth.merge(answers, on="text", suffixes=("", "_said"))
    is_right = [(both[label] == both[f"{label}_said"]).to_numpy() for label in JUDGED]
    return len(both), int((is_right[0] & is_right[1] & is_right[2]).sum())
