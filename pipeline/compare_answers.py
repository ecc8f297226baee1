"""What one model says of labelled rows, and how much chance it gave to the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from models.analysis import FeedbackModel
from models.artifact import Artifact
from models.classifier import softmax
from models.privacy import mask
from models.text import normalize
from models.urgency import LEVELS
from pipeline.evaluate import predict
from pipeline.metrics import Predictions


@dataclass(frozen=True)
class Answers:
    """One model's answers to labelled rows.

    Attributes:
        predictions: Its labels and confidence.
        truth_chance: For each label the chance it gave to the true class, shape (n,).
    """

    predictions: Predictions
    truth_chance: dict[str, np.ndarray]


def answer(model: FeedbackModel, truth: pd.DataFrame) -> Answers:
    """Ask a model about labelled rows.

    The labels say what customers get. The chance says it sooner: a model that was taught wrong
    labels doubts the right ones long before it gives them up.

    Args:
        model: The model.
        truth: Rows with text and labels.

    Returns:
        Its answers.
    """
    texts = list(truth["text"])
    chances = _chances(model.artifact, [mask(normalize(text)).text for text in texts])
    return Answers(
        predict(model, texts),
        {label: _of_truth(table, names, truth[label]) for label, (table, names) in chances.items()},
    )


def _chances(artifact: Artifact, texts: list[str]) -> dict[str, tuple[np.ndarray, tuple[str, ...]]]:
    """Give for each label the chance of every class, as `models.classifier.decode` sums them."""
    space, calibration = artifact.space, artifact.calibration
    logits = artifact.heads.logits(artifact.encoder.encode_clauses(texts)).astype(np.float64)
    intent, subtype, _, urgency = space.split(logits)
    pairs = (intent[:, :, None] + subtype[:, None, :]) / calibration.joint_temperature
    flat = np.where(space.allowed, pairs, -np.inf).reshape(len(texts), -1)
    joint = softmax(flat).reshape(pairs.shape)
    by_subtype = joint.sum(axis=1)
    by_type = by_subtype @ np.eye(len(space.types))[space.type_index]
    return {
        "intent": (joint.sum(axis=2), space.intents),
        "type": (by_type, space.types),
        "subtype": (by_subtype, space.subtypes),
        "urgency": (softmax(urgency / calibration.urgency_temperature), LEVELS),
    }


def _of_truth(table: np.ndarray, names: tuple[str, ...], truth: pd.Series) -> np.ndarray:
    column = {name: i for i, name in enumerate(names)}
    # A class that the model does not know has no chance.
    padded = np.hstack([table, np.zeros((len(table), 1))])
    picked = [column.get(name, len(names)) for name in truth]
    chance: np.ndarray = padded[np.arange(len(table)), picked]
    return chance
