"""Two models on the same rows: every figure with its interval, and the answers that changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from pipeline.compare_answers import Answers
from pipeline.compare_bootstrap import (
    Difference,
    calibration_errors,
    class_f1,
    class_means,
    differ,
    differ_by_class,
    draw_weights,
)
from pipeline.compare_changes import Change, list_changes
from pipeline.compare_speed import Speed
from pipeline.contradictions import Contradiction
from pipeline.metrics import LABELS

# A row that a model calls impossible must not outweigh a hundred others.
_LEAST_CHANCE = 0.01
HIGH_RECALL, TYPE_ECE = "high_recall", "type_ece"


@dataclass(frozen=True, slots=True)
class SetComparison:
    """Both models on one set of rows.

    Attributes:
        name: test or corrections.
        rows: Rows compared.
        left_out: Rows left out because one of the models was trained on them.
        differences: Every figure.
        changes: The answers that changed, the most harmful first.
    """

    name: str
    rows: int
    left_out: int
    differences: tuple[Difference, ...]
    changes: tuple[Change, ...]

    def find(self, figure: str) -> Difference | None:
        """Look a figure up.

        Args:
            figure: Its name.

        Returns:
            The difference; None if this set does not have it.
        """
        return next((d for d in self.differences if d.figure == figure), None)


@dataclass(frozen=True, slots=True)
class Contender:
    """What is known of a model besides its answers.

    Attributes:
        ref: How it was named.
        model_version: What it calls itself.
        size_bytes: Of its folder.
        issue_rate: Share of its training rows with unsettled label issues; None if unknown.
    """

    ref: str
    model_version: str
    size_bytes: int
    issue_rate: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Champion and challenger side by side.

    Attributes:
        before: The champion.
        after: The challenger.
        sets: The frozen test rows, then the corrections if there are any.
        speed: CPU time a row.
        notes: What a reader must know of how the rows were found.
        contradictions: Of the challenger's new and changed labels; None if they are not known.
    """

    before: Contender
    after: Contender
    sets: tuple[SetComparison, ...]
    speed: Speed
    notes: tuple[str, ...]
    contradictions: tuple[Contradiction, ...] | None = ()


def compare_answers(
    name: str,
    truth: pd.DataFrame,
    before: Answers,
    after: Answers,
    *,
    left_out: int = 0,
    n_draws: int = 1000,
    seed: int = 0,
) -> SetComparison:
    """Compare two models' answers to the same rows.

    Args:
        name: Of the set.
        truth: Labelled rows: text, intent, type, types, subtype, urgency, cause, trade, id.
        before: The champion's answers.
        after: The challenger's.
        left_out: Rows left out beforehand.
        n_draws: Draws of the bootstrap.
        seed: Of the draws.

    Returns:
        The comparison.
    """
    weights = draw_weights(_groups(truth), n_draws, seed)
    differences = [
        *(d for label in LABELS for d in _of_label(label, weights, truth, before, after)),
        *_of_urgency(weights, truth, before, after),
        _of_calibration(weights, truth, before, after),
    ]
    changes = list_changes(truth, before.predictions.frame, after.predictions.frame)
    return SetComparison(name, len(truth), left_out, tuple(differences), tuple(changes))


def _groups(truth: pd.DataFrame) -> Sequence[str]:
    rows = pd.Series(range(len(truth)), index=truth.index).astype(str)
    by_cause = "cause " + truth["trade"] + " " + truth["cause"]
    return list(by_cause.where(truth["cause"] != "", "row " + rows))


def _of_label(
    label: str, weights: np.ndarray, truth: pd.DataFrame, before: Answers, after: Answers
) -> list[Difference]:
    names = sorted(set(truth[label]))

    def scores(is_after: bool) -> np.ndarray:
        said = (after if is_after else before).predictions.frame[label]
        return class_f1(weights, truth[label], said, names)

    def beliefs(is_after: bool) -> np.ndarray:
        chance = (after if is_after else before).truth_chance[label]
        logs = np.log(np.maximum(chance, _LEAST_CHANCE))
        return class_means(weights, logs, truth[label], names)

    by_class = partial(differ_by_class, label, names=names, truth=truth[label])
    macro = differ(
        f"{label}_macro_f1",
        scores(False).mean(axis=1),
        scores(True).mean(axis=1),
        len(truth),
    )
    return [
        macro,
        *by_class(measure="f1", compute=scores),
        *by_class(measure="log_chance", compute=beliefs),
    ]


def _of_urgency(
    weights: np.ndarray, truth: pd.DataFrame, before: Answers, after: Answers
) -> list[Difference]:
    is_high = truth["urgency"] == "high"
    if not is_high.any():
        return []

    def recalls(answers: Answers) -> np.ndarray:
        says = (answers.predictions.frame["urgency"] == "high").to_numpy(dtype=float)
        return class_means(weights, says, truth["urgency"], ["high"])[:, 0]

    return [differ(HIGH_RECALL, recalls(before), recalls(after), int(is_high.sum()))]


def _of_calibration(
    weights: np.ndarray, truth: pd.DataFrame, before: Answers, after: Answers
) -> Difference:
    def errors(answers: Answers) -> np.ndarray:
        is_right = (
            answers.predictions.frame["type"].to_numpy() == truth["type"].to_numpy()
        ).astype(float)
        return calibration_errors(weights, answers.predictions.confidence, is_right)

    return differ(TYPE_ECE, errors(before), errors(after), len(truth), more_is_better=False)
