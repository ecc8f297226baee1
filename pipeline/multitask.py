"""What one row should be taught: five heads over one vector, and their common loss."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn
from torch.nn import functional

from models.classifier import LabelSpace
from models.urgency import LEVELS

VECTOR_SCALE = 16.0
CAUSE_SCALE = 20.0
TYPE_WEIGHT = 3.0


@dataclass(frozen=True)
class Targets:
    """Labels as tensors, one entry a row.

    Attributes:
        intent: Class index, int64.
        subtype: Class index, int64.
        types: One column a type, 0 or 1, float32.
        urgency: Index in `LEVELS`, int64.
        cause: Index of the cause, -1 = none or too rare, int64.
    """

    intent: torch.Tensor
    subtype: torch.Tensor
    types: torch.Tensor
    urgency: torch.Tensor
    cause: torch.Tensor

    def take(self, rows: np.ndarray) -> Targets:
        """Pick rows.

        Args:
            rows: Row numbers, shape (n,).

        Returns:
            Their targets.
        """
        index = torch.from_numpy(rows)
        return Targets(
            self.intent[index],
            self.subtype[index],
            self.types[index],
            self.urgency[index],
            self.cause[index],
        )


class Heads(nn.Module):
    """Linear heads over unit vectors, and one proxy vector a cause.

    The proxies draw rows of one failing together (Proxy-NCA, Movshovitz-Attias et al. 2017, in its
    normalised softmax form), so that the same vectors serve labels and themes.
    """

    def __init__(self, dim: int, space: LabelSpace, n_causes: int) -> None:
        super().__init__()
        self.widths = space.widths
        self.labels = nn.Linear(dim, sum(space.widths))
        self.proxies = nn.Parameter(torch.randn(max(n_causes, 1), dim) / dim**0.5)

    def forward(self, vectors: torch.Tensor) -> list[torch.Tensor]:
        """Score vectors.

        Args:
            vectors: Unit rows, shape (n, dim).

        Returns:
            Logits of intent, subtype, types and urgency.
        """
        return list(torch.split(self.labels(vectors * VECTOR_SCALE), list(self.widths), dim=1))

    def cause_logits(self, vectors: torch.Tensor) -> torch.Tensor:
        """Compare vectors with the causes' proxies.

        Args:
            vectors: Unit rows, shape (n, dim).

        Returns:
            Scaled cosines, shape (n, n_causes).
        """
        return CAUSE_SCALE * vectors @ functional.normalize(self.proxies, dim=1).T


def frequent_causes(causes: Sequence[str], least: int) -> list[str]:
    """Pick the causes with enough rows to learn from.

    Args:
        causes: One a row, empty for none.
        least: Rows that a cause must have.

    Returns:
        Causes in alphabetical order.
    """
    counts = pd.Series([cause for cause in causes if cause]).value_counts()
    return sorted(counts[counts >= least].index)


def targets_of(rows: pd.DataFrame, space: LabelSpace, causes: Sequence[str]) -> Targets:
    """Turn labels into tensors.

    Args:
        rows: Columns intent, subtype, types (joined by `;`), urgency, cause.
        space: The labels in column order.
        causes: The causes in proxy order.

    Returns:
        One target a row.
    """
    cause_index = {cause: i for i, cause in enumerate(causes)}
    applies = [[float(name in types.split(";")) for name in space.types] for types in rows["types"]]
    return Targets(
        torch.tensor([space.intents.index(name) for name in rows["intent"]]),
        torch.tensor([space.subtypes.index(name) for name in rows["subtype"]]),
        torch.tensor(applies),
        torch.tensor([LEVELS.index(name) for name in rows["urgency"]]),
        torch.tensor([cause_index.get(cause, -1) for cause in rows["cause"]]),
    )


def label_loss(logits: Sequence[torch.Tensor], targets: Targets, smoothing: float) -> torch.Tensor:
    """Add the losses of the four label heads.

    Args:
        logits: Intent, subtype, types and urgency.
        targets: The labels of the same rows.
        smoothing: Label smoothing, in [0, 1).

    Returns:
        A scalar.
    """
    intent, subtype, types, urgency = logits
    loss = functional.cross_entropy(intent, targets.intent, label_smoothing=smoothing)
    loss = loss + functional.cross_entropy(subtype, targets.subtype, label_smoothing=smoothing)
    loss = loss + functional.cross_entropy(urgency, targets.urgency, label_smoothing=smoothing)
    return loss + TYPE_WEIGHT * functional.binary_cross_entropy_with_logits(types, targets.types)


def cause_loss(heads: Heads, vectors: torch.Tensor, targets: Targets) -> torch.Tensor:
    """Draw each vector to its cause's proxy and away from the others.

    Args:
        heads: Holder of the proxies.
        vectors: Unit rows.
        targets: The labels of the same rows.

    Returns:
        A scalar; 0 when no row of the batch has a cause.
    """
    known = targets.cause >= 0
    if not bool(known.any()):
        return vectors.sum() * 0
    return functional.cross_entropy(heads.cause_logits(vectors[known]), targets.cause[known])
