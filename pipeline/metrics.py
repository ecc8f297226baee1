"""How good predicted labels are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import (
    accuracy_score,
    cohen_kappa_score,
    confusion_matrix,
    f1_score,
    precision_recall_curve,
    precision_score,
    recall_score,
)

from models.urgency import LEVELS

Names = Sequence[str] | pd.Series
LABELS = ("intent", "type", "subtype", "urgency")
N_BINS = 10
WANTED_ACCURACY = 0.95
WANTED_PRECISION = 0.75


@dataclass(frozen=True)
class Predictions:
    """What a model said of labelled rows.

    Attributes:
        frame: Columns intent, type, types (joined by `;`), subtype, urgency.
        confidence: Of the type, shape (n,), in [0, 1].
        high_score: Ranks rows by how likely they are of high urgency, shape (n,).
    """

    frame: pd.DataFrame
    confidence: np.ndarray
    high_score: np.ndarray


def measure(truth: pd.DataFrame, predicted: Predictions) -> dict[str, float]:
    """Compute every figure of the evaluation.

    Args:
        truth: Columns intent, type, types, subtype, urgency; at least one row.
        predicted: The model's answer for the same rows in the same order.

    Returns:
        Figure by name; F1 over the labels that occur in the truth.
    """
    frame = predicted.frame
    figures = {f"{label}_macro_f1": _macro_f1(truth[label], frame[label]) for label in LABELS}
    figures["type_accuracy"] = float(accuracy_score(truth["type"], frame["type"]))
    figures["types_micro_f1"] = types_micro_f1(truth["types"], frame["types"])
    figures["urgency_quadratic_kappa"] = _kappa(truth["urgency"], frame["urgency"])
    is_high = (truth["urgency"] == "high").to_numpy()
    says_high = (frame["urgency"] == "high").to_numpy()
    figures["high_recall"] = float(recall_score(is_high, says_high, zero_division=0))
    figures["high_precision"] = float(precision_score(is_high, says_high, zero_division=0))
    figures["high_recall_at_precision_0.75"] = recall_at(is_high, predicted.high_score)
    is_right = (truth["type"].to_numpy() == frame["type"].to_numpy()).astype(float)
    figures["type_ece"] = calibration_error(predicted.confidence, is_right)
    figures["answerable_at_0.95"] = answerable_share(predicted.confidence, is_right)
    return figures


def types_micro_f1(truth: Names, predicted: Names) -> float:
    """Compare sets of types.

    Args:
        truth: Types joined by `;`.
        predicted: The same of the model.

    Returns:
        Micro-averaged F1 over all (row, type).
    """
    pairs = [(set(t.split(";")), set(p.split(";"))) for t, p in zip(truth, predicted, strict=True)]
    hits = sum(len(t & p) for t, p in pairs)
    return 2 * hits / max(sum(len(t) + len(p) for t, p in pairs), 1)


def recall_at(is_high: np.ndarray, score: np.ndarray, precision: float = WANTED_PRECISION) -> float:
    """Find the best recall at a wanted precision.

    Args:
        is_high: Truth, bool.
        score: Higher means more likely.
        precision: What must be kept, in (0, 1].

    Returns:
        Recall; 0 when no threshold keeps the precision.
    """
    if not is_high.any():
        return 0.0
    precisions, recalls, _ = precision_recall_curve(is_high, score)
    return float(recalls[precisions >= precision].max(initial=0.0))


def calibration_error(confidence: np.ndarray, is_right: np.ndarray) -> float:
    """Expected calibration error over equal-width bins (Naeini et al. 2015).

    Args:
        confidence: In [0, 1].
        is_right: 1.0 or 0.0.

    Returns:
        The mean gap between confidence and accuracy, weighted by bin size.
    """
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    gaps = [
        abs(confidence[bins == b].mean() - is_right[bins == b].mean()) * (bins == b).mean()
        for b in np.unique(bins)
    ]
    return float(sum(gaps))


def answerable_share(
    confidence: np.ndarray, is_right: np.ndarray, accuracy: float = WANTED_ACCURACY
) -> float:
    """Share of rows that can be answered, the most confident first, at a wanted accuracy.

    Args:
        confidence: Ranks the rows.
        is_right: 1.0 or 0.0.
        accuracy: What the answered rows must keep.

    Returns:
        In [0, 1].
    """
    order = np.argsort(-confidence, kind="stable")
    running = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(running >= accuracy)
    return float((enough[-1] + 1) / len(order)) if len(enough) else 0.0


def confusion(truth: Names, predicted: Names, names: Sequence[str]) -> pd.DataFrame:
    """Count truth against prediction.

    Args:
        truth: Labels.
        predicted: Labels of the same rows.
        names: Order of rows and columns.

    Returns:
        Truth down, prediction across.
    """
    table = confusion_matrix(truth, predicted, labels=list(names))
    return pd.DataFrame(table, index=list(names), columns=list(names))


def per_class(truth: Names, predicted: Names, names: Sequence[str]) -> pd.DataFrame:
    """Precision, recall, F1 and rows of each class.

    Args:
        truth: Labels.
        predicted: Labels of the same rows.
        names: Classes to report.

    Returns:
        One row a class.
    """
    options = {"labels": list(names), "average": None, "zero_division": 0.0}
    return pd.DataFrame(
        {
            "precision": precision_score(truth, predicted, **options),
            "recall": recall_score(truth, predicted, **options),
            "f1": f1_score(truth, predicted, **options),
            "rows": [int(np.sum(np.asarray(truth) == name)) for name in names],
        },
        index=list(names),
    )


def _macro_f1(truth: Names, predicted: Names) -> float:
    names = sorted(set(truth))
    return float(f1_score(truth, predicted, labels=names, average="macro", zero_division=0.0))


def _kappa(truth: pd.Series, predicted: pd.Series) -> float:
    if len(set(truth) | set(predicted)) == 1:
        return 1.0  # nothing to disagree on; scikit-learn would warn and divide by zero
    ranks = {level: rank for rank, level in enumerate(LEVELS)}
    ranked = truth.map(ranks), predicted.map(ranks)
    return float(cohen_kappa_score(*ranked, weights="quadratic"))
