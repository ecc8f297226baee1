"""The student's judgement: from clause vectors to the logits of all labels.

Two views are added. The whole text's direction says what it is about; the strongest answer of any
single clause says whether something is wrong, so that "味道很好,就是洒了一半" stays a complaint
however much praise surrounds it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

import numpy as np

from models.encoders import ClauseBatch, highest_of_runs, unit_rows

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
        return self._of_texts(batch, self._hidden(unit_rows(batch.sums)))

    def scores(self, batch: ClauseBatch) -> tuple[np.ndarray, np.ndarray]:
        """Score texts, and each of their clauses as if it were a whole text.

        Args:
            batch: Clauses of several texts.

        Returns:
            The texts' logits, shape (n_texts, n_logits), and the clauses', shape
            (n_clauses, n_logits); float32.
        """
        directions = unit_rows(batch.sums)
        hidden = self._hidden(directions)
        return self._of_texts(batch, hidden), self._of_views(directions, hidden)

    def _of_texts(self, batch: ClauseBatch, hidden: np.ndarray) -> np.ndarray:
        strongest = highest_of_runs(hidden, batch.starts)
        # Training reads a text without clauses as one clause of which nothing is known.
        strongest[np.diff(batch.starts) == 0] = np.maximum(self.hidden_bias, 0)
        return self._of_views(unit_rows(batch.total()), strongest)

    def _of_views(self, directions: np.ndarray, hidden: np.ndarray) -> np.ndarray:
        text = product(directions * TEXT_SCALE, self.text_weights)
        text += product(hidden, self.clause_weights)
        text += self.bias
        return text

    def _hidden(self, directions: np.ndarray) -> np.ndarray:
        # A power of two commutes with rounding, and there are fewer weights than rows.
        hidden = product(directions, self.hidden_weights * np.float32(CLAUSE_SCALE))
        hidden += self.hidden_bias
        positive: np.ndarray = np.maximum(hidden, 0, out=hidden)
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
    n_rows, n_columns = len(rows), weights.shape[1]
    n_whole = n_rows // BLOCK * BLOCK
    found = np.empty((n_rows, n_columns), dtype=np.float32)
    whole = rows[:n_whole].reshape(-1, BLOCK, rows.shape[1])
    np.matmul(whole, weights, out=found[:n_whole].reshape(-1, BLOCK, n_columns))
    last = np.zeros((BLOCK, rows.shape[1]), dtype=np.float32)
    last[: n_rows - n_whole] = rows[n_whole:]
    found[n_whole:] = (last @ weights)[: n_rows - n_whole]
    return found
