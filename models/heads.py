"""The student's judgement: from clause vectors to the logits of all labels.

Two views are added. The whole text's direction says what it is about; the strongest answer of any
single clause says whether something is wrong, so that "味道很好,就是洒了一半" stays a complaint
however much praise surrounds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from models.encoders import ClauseBatch, pool, unit_rows

TEXT_SCALE = 10.0
CLAUSE_SCALE = 4.0
BLOCK = 64


@dataclass(frozen=True)
class StudentHeads:
    """Weights of the two views.

    Attributes:
        text_weights: Shape (dim, n_logits).
        bias: Shape (n_logits,).
        hidden_weights: From a clause to hidden features, shape (dim, n_hidden).
        hidden_bias: Shape (n_hidden,).
        clause_weights: From the strongest hidden features on, shape (n_hidden, n_logits).
    """

    text_weights: np.ndarray
    bias: np.ndarray
    hidden_weights: np.ndarray
    hidden_bias: np.ndarray
    clause_weights: np.ndarray

    @classmethod
    def of(cls, tensors: Mapping[str, np.ndarray]) -> StudentHeads:
        """Take the weights out of a file's tensors.

        Args:
            tensors: Arrays by name; other names are ignored.

        Returns:
            The heads.
        """
        return cls(**{f.name: tensors[f.name].astype(np.float32) for f in fields(cls)})

    def logits(self, batch: ClauseBatch) -> np.ndarray:
        """Score texts.

        Args:
            batch: Their clauses.

        Returns:
            Shape (n_texts, n_logits), float32.
        """
        strongest = pool(np.maximum, self._hidden(batch.sums), batch.starts)
        # Training reads a text without clauses as one clause of which nothing is known.
        strongest[np.diff(batch.starts) == 0] = np.maximum(self.hidden_bias, 0)
        text = product(unit_rows(batch.total()) * TEXT_SCALE, self.text_weights)
        scores: np.ndarray = text + product(strongest, self.clause_weights) + self.bias
        return scores

    def clause_logits(self, batch: ClauseBatch) -> np.ndarray:
        """Score each clause as if it were a whole text.

        Args:
            batch: Clauses of several texts.

        Returns:
            Shape (n_clauses, n_logits), float32.
        """
        text = product(unit_rows(batch.sums) * TEXT_SCALE, self.text_weights)
        clause = product(self._hidden(batch.sums), self.clause_weights)
        scores: np.ndarray = text + clause + self.bias
        return scores

    def _hidden(self, sums: np.ndarray) -> np.ndarray:
        hidden = product(unit_rows(sums) * CLAUSE_SCALE, self.hidden_weights) + self.hidden_bias
        positive: np.ndarray = np.maximum(hidden, 0)
        return positive


def product(rows: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Multiply in blocks of one fixed height.

    A BLAS library picks its kernel by the shape, and kernels round differently: with one
    shape for all, a row's result does not depend on how many rows came with it.

    Args:
        rows: Shape (n, k).
        weights: Shape (k, m).

    Returns:
        Shape (n, m), float32.
    """
    n_rows = len(rows)
    padded = np.zeros((-(-n_rows // BLOCK) * BLOCK, rows.shape[1]), dtype=np.float32)
    padded[:n_rows] = rows
    blocks = [padded[i : i + BLOCK] @ weights for i in range(0, len(padded), BLOCK)]
    if not blocks:
        return np.zeros((0, weights.shape[1]), dtype=np.float32)
    return np.concatenate(blocks)[:n_rows]
