"""Texts to vectors: the protocol, sentence-transformers models, and the static student."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from models.clauses import clause_spans
from models.errors import ArtifactError
from models.features import Cut, FeatureCounter

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class Encoder(Protocol):
    """Anything that turns texts into vectors."""

    @property
    def dim(self) -> int:
        """Width of a vector."""

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts.

        Args:
            texts: Normalised texts.

        Returns:
            Unit rows (a text without content gives a zero row), shape (n, dim), float32.
        """


@dataclass(frozen=True)
class ClauseBatch:
    """Clauses of several texts, in order.

    Attributes:
        spans: Where each clause stands in its own text (start, end), shape (n_clauses, 2).
        sums: Sum of the clause's feature vectors, shape (n_clauses, dim), float32.
        starts: First clause of each text, then the number of clauses, shape (n_texts + 1,).
    """

    spans: np.ndarray
    sums: np.ndarray
    starts: np.ndarray

    def total(self) -> np.ndarray:
        """Add the clauses of each text.

        Returns:
            Sums, shape (n_texts, dim), float32; zeros for a text without clauses.
        """
        return add_runs(self.sums, self.starts)


class StaticEncoder:
    """A table look-up: the vector of a text is the normalised sum of its features' vectors.

    The student of a transformer (see `pipeline.distill`); numpy only.

    Args:
        vocabulary: Features in table order.
        table: One vector a feature, shape (n_features, dim), float32.
        cut: Word segmentation.
    """

    def __init__(self, vocabulary: Sequence[str], table: np.ndarray, cut: Cut) -> None:
        if len(vocabulary) != len(table):
            raise ValueError(f"{len(vocabulary)} features but {len(table)} vectors: must be equal")
        self.vocabulary = tuple(vocabulary)
        self.table = np.ascontiguousarray(table, dtype=np.float32)
        self.cut = cut

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return int(self.table.shape[1])

    @cached_property
    def _counter(self) -> FeatureCounter:
        return FeatureCounter(self.vocabulary, self.cut)

    @cached_property
    def _rows(self) -> np.ndarray:
        """One row a column of the counter: a word's holds the rows of its n-grams already."""
        return np.asarray(self._counter.parts @ self.table, dtype=np.float32)

    def encode_clauses(self, texts: Sequence[str]) -> ClauseBatch:
        """Embed the clauses of texts.

        Args:
            texts: Normalised texts.

        Returns:
            Their clauses with unnormalised vectors.
        """
        clauses, spans, starts = clause_spans(texts)
        # A sparse product adds each row's features in their own order, so that a row's
        # vector does not depend on its neighbours, as it would with a blocked dense product.
        sums = self._counter.count(clauses) @ self._rows
        return ClauseBatch(spans, np.asarray(sums, dtype=np.float32), starts)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see `Encoder.encode`.

        Args:
            texts: Normalised texts.

        Returns:
            Unit rows, shape (n, dim), float32.
        """
        return unit_rows(self.encode_clauses(texts).total())


class SentenceEncoder:
    """Any sentence-transformers model, by name or folder.

    Args:
        model: The loaded model.
        batch_size: Texts a forward pass.
    """

    def __init__(self, model: SentenceTransformer, batch_size: int = 32) -> None:
        self.model = model
        self.batch_size = batch_size

    @classmethod
    def load(cls, path: str | Path, max_length: int = 256) -> SentenceEncoder:
        """Load a model.

        Args:
            path: Folder or hub name.
            max_length: Tokens kept of a text, at least 8.

        Returns:
            The encoder.

        Raises:
            ArtifactError: If the training extra is missing, or the model cannot be loaded.
        """
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ArtifactError("a transformer needs: pip install 'huiyin[train]'") from error
        try:
            model = SentenceTransformer(str(path))
        except (OSError, ValueError) as error:
            raise ArtifactError(f"{path}: no sentence-transformers model ({error})") from error
        model.max_seq_length = max_length
        return cls(model)

    @property
    def dim(self) -> int:
        """Width of a vector."""
        return int(self.model.get_embedding_dimension() or 0)

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts; see `Encoder.encode`.

        Args:
            texts: Normalised texts.

        Returns:
            Unit rows, shape (n, dim), float32.
        """
        import torch

        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            vectors = self.model.encode(
                list(texts), batch_size=self.batch_size, convert_to_tensor=True
            )
        return unit_rows(vectors.float().cpu().numpy())


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Scale rows to length one.

    Args:
        vectors: Shape (n, dim).

    Returns:
        Same shape, float32; zero rows stay zero.
    """
    lengths = np.sqrt(np.square(vectors).sum(axis=1, keepdims=True))
    scaled: np.ndarray = (vectors / np.maximum(lengths, 1e-12)).astype(np.float32, copy=False)
    return scaled


def add_runs(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Add up runs of rows.

    Args:
        values: Shape (n_rows, dim).
        starts: Run bounds, shape (n_runs + 1,).

    Returns:
        One row a run, shape (n_runs, dim); zeros for an empty run.
    """
    sums = np.zeros((len(starts) - 1, values.shape[1]), dtype=values.dtype)
    filled = np.flatnonzero(np.diff(starts))
    if len(filled):
        sums[filled] = np.add.reduceat(values, starts[:-1][filled], axis=0)
    return sums


def highest_of_runs(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Take the maximum of runs of rows.

    Args:
        values: Not negative, shape (n_rows, dim).
        starts: Run bounds, shape (n_runs + 1,).

    Returns:
        One row a run, shape (n_runs, dim); zeros for an empty run.
    """
    lengths = np.diff(starts)
    # The longest runs first: then the runs with a k-th row are a slice, four times as fast as
    # `reduceat`, which walks through single columns.
    order = np.argsort(-lengths, kind="stable")
    firsts, lengths = starts[:-1][order], lengths[order]
    sorted_ = np.zeros((len(order), values.shape[1]), dtype=values.dtype)
    for k in range(lengths.max(initial=0)):
        n_left = np.searchsorted(-lengths, -k, side="left")
        np.maximum(sorted_[:n_left], values[firsts[:n_left] + k], out=sorted_[:n_left])
    highest = np.empty_like(sorted_)
    highest[order] = sorted_
    return highest
