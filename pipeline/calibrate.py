"""Make the numbers mean something: temperatures and thresholds learnt on held-out rows."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from sklearn.metrics import f1_score

from models.classifier import Calibration, Decoded, LabelSpace, decode, softmax
from models.urgency import LEVELS

BAND_ACCURACY = (0.80, 0.95)
_STEPS = np.round(np.arange(0.15, 0.86, 0.025), 3)
_HIGHEST_BAND = 0.99
_LOG_TEMPERATURES = (float(np.log(0.3)), float(np.log(6)))
HIGH_RECALL_WEIGHT = 2.0


def calibrate(logits: np.ndarray, rows: pd.DataFrame, space: LabelSpace) -> Calibration:
    """Learn temperatures, then thresholds, from labelled rows that were not trained on.

    Args:
        logits: Shape (n, sum of `space.widths`).
        rows: Columns type, types, urgency of the same rows.
        space: The labels.

    Returns:
        The calibration.
    """
    start = Calibration(1.0, 1.0, (0.5,) * len(space.types), (0.5, 0.5), (0.5, 0.8))
    main = np.array([space.types.index(name) for name in rows["type"]])
    levels = np.array([LEVELS.index(name) for name in rows["urgency"]])
    urgency_logits = space.split(logits)[3].astype(np.float64)
    joint = _best_temperature(lambda t: _type_loss(logits, main, space, start, t))
    urgency = _best_temperature(lambda t: _log_loss(softmax(urgency_logits / t), levels))
    warmed = Calibration(joint, urgency, start.type_thresholds, (0.5, 0.5), (0.5, 0.8))
    decoded = decode(logits, space, warmed)
    applies = np.array([[n in t.split(";") for n in space.types] for t in rows["types"]])
    return Calibration(
        joint,
        urgency,
        _type_thresholds(decoded.type_set, applies),
        _urgency_thresholds(decoded.urgency, levels),
        _band_thresholds(decoded.confidence, decoded.type == main),
    )


def _best_temperature(loss: Callable[[float], float]) -> float:
    def of_log(log_t: float) -> float:
        return loss(float(np.exp(log_t)))

    found = minimize_scalar(of_log, bounds=_LOG_TEMPERATURES, method="bounded")
    return round(float(np.exp(found.x)), 4)


def _type_loss(
    logits: np.ndarray, main: np.ndarray, space: LabelSpace, start: Calibration, t: float
) -> float:
    tried = Calibration(t, 1.0, start.type_thresholds, (0.5, 0.5), (0.5, 0.8))
    decoded: Decoded = decode(logits, space, tried)
    right = decoded.type == main
    # Confidence is of the chosen type only: score it as a forecast of being right.
    chance = np.clip(decoded.confidence, 1e-6, 1 - 1e-6)
    return float(-np.where(right, np.log(chance), np.log(1 - chance)).mean())


def _log_loss(chances: np.ndarray, truth: np.ndarray) -> float:
    return float(-np.log(np.maximum(chances[np.arange(len(truth)), truth], 1e-9)).mean())


def _type_thresholds(chances: np.ndarray, applies: np.ndarray) -> tuple[float, ...]:
    best = []
    for column in range(chances.shape[1]):
        scores = [
            f1_score(applies[:, column], chances[:, column] > s, zero_division=0) for s in _STEPS
        ]
        best.append(float(_STEPS[int(np.argmax(scores))]))
    return tuple(best)


def _urgency_thresholds(chances: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Pick both thresholds by macro-F1; a missed high row costs more than a false one."""
    best, best_score = (0.5, 0.5), -1.0
    weights = np.where(truth == len(LEVELS) - 1, HIGH_RECALL_WEIGHT, 1.0)
    for medium in _STEPS:
        for high in _STEPS:
            is_high = chances[:, 2] >= high
            said = np.where(is_high, 2, (1 - chances[:, 0] >= medium).astype(int))
            score = f1_score(truth, said, average="macro", sample_weight=weights, zero_division=0)
            if score > best_score:
                best, best_score = (float(medium), float(high)), score
    return best


def _band_thresholds(confidence: np.ndarray, is_right: np.ndarray) -> tuple[float, float]:
    """Least confidence above which the answers keep the accuracy of each band."""
    order = np.argsort(-confidence, kind="stable")
    running = np.cumsum(is_right[order]) / np.arange(1, len(order) + 1)
    found = []
    for accuracy in BAND_ACCURACY:
        enough = np.flatnonzero(running >= accuracy)
        least = float(confidence[order[enough[-1]]]) if len(enough) else _HIGHEST_BAND
        found.append(round(min(least, _HIGHEST_BAND), 4))
    return found[0], found[1]
