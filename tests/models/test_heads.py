"""The numpy heads: what the torch student says, a row at a time or in bulk."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.artifact import Artifact
from models.heads import StudentHeads, product
from tests.tiny import tiny_corpus, tiny_params

TEXTS = [*tiny_corpus()["text"], "", "。。。", "ㄅㄆㄇ", "味道很好，就是洒了一半，客服还骂人"]


def test_logits_equal_the_torch_student(artifact: Artifact) -> None:
    """What was trained is what is served, for texts without a known clause too."""
    import torch

    from pipeline.student import Student, features_of, to_ids

    encoder, heads = artifact.encoder, artifact.heads
    student = Student(len(encoder.table), artifact.space, 1, tiny_params()).eval()
    with torch.no_grad():
        student.table.weight.copy_(torch.from_numpy(encoder.table))
        for layer, weights in (
            (student.text, heads.text_weights),
            (student.hidden, heads.hidden_weights),
            (student.clause, heads.clause_weights),
        ):
            layer.weight.copy_(torch.from_numpy(weights.T.copy()))
        student.text.bias.copy_(torch.from_numpy(heads.bias))
        student.hidden.bias.copy_(torch.from_numpy(heads.hidden_bias))
        expected, _ = student(to_ids(features_of(TEXTS, encoder.cut), encoder.vocabulary))
    logits = heads.logits(encoder.encode_clauses(TEXTS))
    assert np.abs(logits - expected.numpy()).max() < 1e-4


@given(texts=st.lists(st.sampled_from(TEXTS), min_size=1, max_size=8))
def test_alone_equals_in_batch_bit_for_bit(artifact: Artifact, texts: list[str]) -> None:
    """Labels near a threshold must not flip with the size of the batch."""
    encoder, heads = artifact.encoder, artifact.heads
    alone = [heads.logits(encoder.encode_clauses([text])) for text in texts]
    together = heads.logits(encoder.encode_clauses(texts))
    assert together.tobytes() == np.concatenate(alone).tobytes()


def test_a_clause_scores_as_the_text_of_that_one_clause(artifact: Artifact) -> None:
    """Evidence is the clause that would say the same on its own."""
    batch = artifact.encoder.encode_clauses(["客服骂人", "屏幕是裂的"])
    heads = artifact.heads
    texts, clauses = heads.scores(batch)
    assert clauses.tobytes() == texts.tobytes() == heads.logits(batch).tobytes()


def test_no_texts_give_no_rows(artifact: Artifact) -> None:
    """A file may hold only rejected rows."""
    logits = artifact.heads.logits(artifact.encoder.encode_clauses([]))
    assert logits.shape == (0, sum(artifact.space.widths))


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.integers(1, 150))
def test_a_product_does_not_depend_on_the_number_of_rows(seed: int, n_rows: int) -> None:
    """BLAS would pick another kernel by the shape."""
    rows = np.random.default_rng(seed).normal(size=(n_rows, 128)).astype(np.float32)
    weights = np.random.default_rng(0).normal(size=(128, 34)).astype(np.float32)
    alone = [product(rows[i : i + 1], weights) for i in range(len(rows))]
    assert product(rows, weights).tobytes() == np.concatenate(alone).tobytes()


def test_heads_take_their_names_and_ignore_others() -> None:
    """A later version may store more beside them."""
    names = ("text_weights", "bias", "hidden_weights", "hidden_bias", "clause_weights", "more")
    heads = StudentHeads.of({name: np.ones(2, dtype=np.float16) for name in names})
    assert heads.bias.dtype == np.float32


def test_missing_weights_are_a_key_error() -> None:
    """`load_artifact` turns it into a message that names the folder."""
    with pytest.raises(KeyError, match="text_weights"):
        StudentHeads.of({})
