"""Texts to vectors: the same vector in any company, and the same in the shipped format."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.artifact import Artifact
from models.clauses import split_clauses
from models.encoders import (
    SentenceEncoder,
    StaticEncoder,
    add_runs,
    highest_of_runs,
    unit_rows,
)
from models.errors import ArtifactError
from models.features import clause_features
from tests.tiny import tiny_corpus

TEXTS = [*tiny_corpus()["text"], "", "。。。", "😡😡", "zzzz qqqq", "卡" * 300]
BATCHES = st.lists(st.sampled_from(TEXTS) | st.text(max_size=20), min_size=1, max_size=12)


def test_rows_have_length_one(artifact: Artifact) -> None:
    """Cosine similarity is then a plain product."""
    lengths = np.linalg.norm(artifact.encoder.encode(list(tiny_corpus()["text"])), axis=1)
    assert lengths == pytest.approx(np.ones(len(lengths)), abs=1e-6)


@pytest.mark.parametrize("text", ["", "。！", "ㄅㄆ"])
def test_a_text_of_which_nothing_is_known_is_the_zero_row(artifact: Artifact, text: str) -> None:
    """NaN would poison every comparison after it."""
    assert not artifact.encoder.encode([text]).any()


def test_no_texts_give_no_rows(artifact: Artifact) -> None:
    """Shape and type hold even then."""
    vectors = artifact.encoder.encode([])
    assert vectors.shape == (0, artifact.encoder.dim)
    assert vectors.dtype == np.float32


@given(texts=BATCHES)
def test_alone_equals_in_batch_bit_for_bit(artifact: Artifact, texts: list[str]) -> None:
    """A row's result must not depend on the rows beside it."""
    alone = np.concatenate([artifact.encoder.encode([text]) for text in texts])
    assert artifact.encoder.encode(texts).tobytes() == alone.tobytes()


@given(texts=BATCHES, seed=st.integers(0, 99))
def test_shuffled_equals_in_order_bit_for_bit(
    artifact: Artifact, texts: list[str], seed: int
) -> None:
    """Nor on their order."""
    order = random.Random(seed).sample(range(len(texts)), len(texts))
    shuffled = artifact.encoder.encode([texts[i] for i in order])
    assert shuffled.tobytes() == artifact.encoder.encode(texts)[order].tobytes()


def test_clauses_are_embedded_as_if_they_stood_alone(artifact: Artifact) -> None:
    """Evidence and themes use clause vectors."""
    together = artifact.encoder.encode_clauses(["太慢了，客服不回复"])
    apart = artifact.encoder.encode_clauses(["太慢了", "客服不回复"])
    assert together.starts.tolist() == [0, 2]
    assert together.sums.tobytes() == apart.sums.tobytes()


def test_a_table_of_another_size_is_refused() -> None:
    """Every vector after the gap would belong to the wrong feature."""
    with pytest.raises(ValueError, match="2 features but 3 vectors"):
        StaticEncoder(["a", "b"], np.zeros((3, 4)), list)


@pytest.mark.parametrize(
    ("combine", "expected"), [(add_runs, [0, 3, 0, 4, 0]), (highest_of_runs, [0, 2, 0, 4, 0])]
)
def test_an_empty_run_gives_zeros(
    combine: Callable[[np.ndarray, np.ndarray], np.ndarray], expected: list[float]
) -> None:
    """`reduceat` alone would give it the next run's row."""
    values = np.array([[1.0], [2.0], [4.0]], dtype=np.float32)
    starts = np.array([0, 0, 2, 2, 3, 3])
    assert combine(values, starts).ravel().tolist() == expected


@given(st.lists(st.integers(0, 6), max_size=8), st.integers(0, 99))
def test_runs_of_any_lengths_are_combined(lengths: list[int], seed: int) -> None:
    """As `sum` and `max` would, run by run."""
    values = np.random.default_rng(seed).integers(0, 9, (sum(lengths), 3)).astype(np.float32)
    starts = np.cumsum([0, *lengths])
    runs = [values[a:b] for a, b in pairwise(starts)]
    highest = [run.max(axis=0, initial=0).tolist() for run in runs]
    assert add_runs(values, starts).tolist() == [run.sum(axis=0).tolist() for run in runs]
    assert highest_of_runs(values, starts).tolist() == highest


def test_zero_rows_stay_zero() -> None:
    """Dividing by their length would give NaN."""
    assert unit_rows(np.array([[0.0, 0.0], [3.0, 4.0]])).tolist() == [
        [0, 0],
        pytest.approx([0.6, 0.8]),
    ]


@pytest.mark.slow
def test_the_shipped_format_loads_in_sentence_transformers(
    tiny_model: Path, artifact: Artifact
) -> None:
    """Others can use the student without this package: features joined by spaces go in."""
    from sentence_transformers import SentenceTransformer

    texts = list(tiny_corpus()["text"])
    cut = artifact.encoder.cut
    joined = [
        " ".join(f for c in split_clauses(text) for f in clause_features(c.spoken, cut))
        for text in texts
    ]
    theirs = SentenceTransformer(str(tiny_model), device="cpu").encode(joined)
    cosines = (unit_rows(theirs.astype(np.float32)) * artifact.encoder.encode(texts)).sum(axis=1)
    assert cosines.min() >= 0.999


@pytest.mark.slow
def test_a_folder_without_a_transformer_is_refused_by_name(tmp_path: Path) -> None:
    """One clear line instead of a stack of library errors."""
    with pytest.raises(ArtifactError, match="no sentence-transformers model"):
        SentenceEncoder.load(tmp_path / "nowhere")
