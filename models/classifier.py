"""From logits to labels that agree with each other.

Four heads give intent, subtype, the set of types, and urgency. They are decoded together: only
pairs of intent and subtype that the training data holds can come out, and the main type is the one
that its subtypes add up to, so a subtype of another type, or a suggestion without the suggestion
type, is impossible.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.taxonomy import Taxonomy


@dataclass(frozen=True)
class LabelSpace:
    """The labels of a model in column order.

    Attributes:
        intents: Intent names.
        subtypes: Subtype names, type by type.
        types: Type names.
        type_index: For each subtype the index of its type, shape (n_subtypes,).
        allowed: Pairs of intent and subtype that may come out, bool, (n_intents, n_subtypes).
    """

    intents: tuple[str, ...]
    subtypes: tuple[str, ...]
    types: tuple[str, ...]
    type_index: np.ndarray
    allowed: np.ndarray

    @classmethod
    def of(cls, taxonomy: Taxonomy, pairs: Sequence[tuple[str, str]]) -> LabelSpace:
        """Take the labels from a taxonomy and the allowed pairs from labelled rows.

        Args:
            taxonomy: Names and the type of each subtype.
            pairs: (intent, subtype) of each labelled row.

        Returns:
            The label space.
        """
        intents, subtypes = taxonomy.intent_names, taxonomy.subtype_names
        allowed = np.zeros((len(intents), len(subtypes)), dtype=bool)
        for intent, subtype in pairs:
            allowed[intents.index(intent), subtypes.index(subtype)] = True
        types = taxonomy.type_names
        type_index = np.array([types.index(taxonomy.type_of(name)) for name in subtypes])
        return cls(intents, subtypes, types, type_index, allowed)

    @property
    def widths(self) -> tuple[int, int, int, int]:
        """Columns of the heads: intent, subtype, types, urgency."""
        return len(self.intents), len(self.subtypes), len(self.types), 3

    def split(self, logits: np.ndarray) -> list[np.ndarray]:
        """Cut the columns of all heads apart.

        Args:
            logits: Shape (n, sum of `widths`).

        Returns:
            One array a head, in the order of `widths`.
        """
        return np.split(logits, np.cumsum(self.widths)[:-1], axis=1)


@dataclass(frozen=True)
class Calibration:
    """What was learnt on held-out rows to make the numbers mean something.

    Attributes:
        joint_temperature: Divides the log-probabilities of intent and subtype, > 0.
        urgency_temperature: Divides the urgency logits, > 0.
        type_thresholds: Least probability of a second type, one a type, in (0, 1).
        urgency_thresholds: Least chance of medium-or-high, and of high, in (0, 1).
        band_thresholds: Least confidence of the medium and of the high band, in (0, 1).
    """

    joint_temperature: float
    urgency_temperature: float
    type_thresholds: tuple[float, ...]
    urgency_thresholds: tuple[float, float]
    band_thresholds: tuple[float, float]


@dataclass(frozen=True)
class Decoded:
    """Labels of n rows, as column indices and probabilities.

    Attributes:
        intent: Index of the intent, shape (n,).
        intent_confidence: Probability of that intent, shape (n,).
        type: Index of the main type, shape (n,).
        subtype: Index of the subtype, shape (n,).
        types: Which types apply, bool, shape (n, n_types).
        type_set: Probability that each type applies, shape (n, n_types).
        confidence: Calibrated probability of the main type, shape (n,).
        urgency: Calibrated chances of low, medium, high, shape (n, 3).
    """

    intent: np.ndarray
    intent_confidence: np.ndarray
    type: np.ndarray
    subtype: np.ndarray
    types: np.ndarray
    type_set: np.ndarray
    confidence: np.ndarray
    urgency: np.ndarray


def decode(logits: np.ndarray, space: LabelSpace, calibration: Calibration) -> Decoded:
    """Turn logits into labels that agree.

    Args:
        logits: Shape (n, sum of `space.widths`), float.
        space: The labels and what may come together.
        calibration: Temperatures and thresholds.

    Returns:
        One label of each kind a row.
    """
    intent, subtype, type_set, urgency = space.split(np.asarray(logits, dtype=np.float64))
    joint = _joint(intent, subtype, space, calibration.joint_temperature)
    by_type = joint @ _membership(space)
    chances = by_type.sum(axis=1)
    main = chances.argmax(axis=1)
    rows = np.arange(len(main))
    best_intent = by_type[rows, :, main].argmax(axis=1)
    in_type = space.type_index[None, :] == main[:, None]
    best_subtype = np.where(in_type, joint[rows, best_intent], -1.0).argmax(axis=1)
    applies = _sigmoid(type_set)
    types = applies > np.array(calibration.type_thresholds)
    types[rows, main] = True
    return Decoded(
        best_intent,
        by_type.sum(axis=2)[rows, best_intent],
        main,
        best_subtype,
        types,
        applies,
        chances[rows, main],
        softmax(urgency / calibration.urgency_temperature),
    )


def softmax(logits: np.ndarray) -> np.ndarray:
    """Normalise the last axis to chances.

    Args:
        logits: Any shape, finite or -inf (not a whole row).

    Returns:
        Same shape, sums of 1.
    """
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    chances: np.ndarray = shifted / shifted.sum(axis=-1, keepdims=True)
    return chances


def _joint(
    intent: np.ndarray, subtype: np.ndarray, space: LabelSpace, temperature: float
) -> np.ndarray:
    """Chances of every allowed (intent, subtype), shape (n, n_intents, n_subtypes)."""
    logits = (intent[:, :, None] + subtype[:, None, :]) / temperature
    flat = np.where(space.allowed, logits, -np.inf).reshape(len(intent), -1)
    return softmax(flat).reshape(logits.shape)


def _membership(space: LabelSpace) -> np.ndarray:
    """One where a subtype belongs to a type, shape (n_subtypes, n_types)."""
    membership: np.ndarray = np.eye(len(space.types))[space.type_index]
    return membership


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    chances: np.ndarray = 1 / (1 + np.exp(-logits))
    return chances
