"""The student's vocabulary and training."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from models.classifier import LabelSpace
from models.taxonomy import Taxonomy
from pipeline.multitask import targets_of
from pipeline.student import (
    Student,
    StudentParams,
    Teaching,
    choose_vocabulary,
    features_of,
    fit,
    to_ids,
)
from tests.tiny import tiny_corpus

PARAMS = StudentParams(dim=8, hidden=8, min_count=1, epochs=4, batch_size=16, learning_rate=0.03)
TEXTS = ["太慢", "太贵，太慢", "太吵"]


@pytest.fixture(scope="module")
def space(taxonomy: Taxonomy) -> LabelSpace:
    """The tiny corpus's labels."""
    rows = tiny_corpus()
    return LabelSpace.of(taxonomy, list(zip(rows["intent"], rows["subtype"], strict=True)))


@pytest.fixture(scope="module")
def teaching(space: LabelSpace) -> tuple[Teaching, int]:
    """Sixty labelled rows cut into characters, without a teacher; and the size of the table."""
    rows = tiny_corpus()
    features = features_of(list(rows["text"]), list)
    vocabulary = choose_vocabulary(features, PARAMS)
    labelled = torch.ones(len(rows), dtype=torch.bool)
    ids = to_ids(features, vocabulary)
    return Teaching(ids, targets_of(rows, space, []), labelled), len(vocabulary)


def train(
    teaching: tuple[Teaching, int], space: LabelSpace, params: StudentParams
) -> tuple[Student, list[float]]:
    torch.manual_seed(params.seed)
    student = Student(teaching[1], space, 1, params)
    return student, list(fit(student, teaching[0], params))


def test_a_text_without_clauses_has_one_empty_clause() -> None:
    """The bag of an empty list would shift every later text."""
    assert features_of(["。。。", ""], list) == [[[]], [[]]]


def test_the_vocabulary_is_ranked_by_texts_not_by_repeats() -> None:
    """A feature said ten times by one customer is still one customer's."""
    vocabulary = choose_vocabulary(features_of([*TEXTS, "贵贵贵贵"], list), PARAMS)
    assert vocabulary[:3] == ["#太", "^_太", "太"]


def test_ties_stand_in_code_point_order() -> None:
    """Else the table's order, and the model's version, would change from run to run."""
    features = features_of(TEXTS, list)
    forward = choose_vocabulary(features, PARAMS)
    assert forward == choose_vocabulary(features[::-1], PARAMS)


def test_rare_features_are_left_out() -> None:
    """One text teaches nothing of a feature."""
    vocabulary = choose_vocabulary(
        features_of(TEXTS, list), PARAMS.model_copy(update={"min_count": 2})
    )
    assert "太" in vocabulary
    assert "吵" not in vocabulary


def test_the_table_has_a_greatest_size() -> None:
    """It is most of the model's bytes."""
    params = PARAMS.model_copy(update={"max_features": 5})
    assert len(choose_vocabulary(features_of(TEXTS, list), params)) == 5


def test_unknown_features_are_dropped() -> None:
    """At scoring they are unknown as well."""
    ids = to_ids([[["a", "zzz", "b", "a"], []]], ["a", "b"])
    assert [clause.tolist() for clause in ids[0]] == [[0, 1, 0], []]


def test_training_lowers_the_loss(teaching: tuple[Teaching, int], space: LabelSpace) -> None:
    """It learns at all."""
    _, losses = train(teaching, space, PARAMS)
    assert len(losses) == PARAMS.epochs
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("epochs", [1, 2, 3, 9, 10, 11])
def test_a_run_of_few_steps_can_be_planned(
    teaching: tuple[Teaching, int], space: LabelSpace, epochs: int
) -> None:
    """A company may have sixty rows: with ten steps the schedule once divided by zero."""
    params = PARAMS.model_copy(update={"epochs": epochs, "batch_size": 64})
    assert len(train(teaching, space, params)[1]) == epochs


def test_the_same_seed_gives_the_same_student(
    teaching: tuple[Teaching, int], space: LabelSpace
) -> None:
    """A rebuilt model must have the same version."""
    first, second = (train(teaching, space, PARAMS)[0].tensors() for _ in range(2))
    assert all(first[name].tobytes() == second[name].tobytes() for name in first)


def test_another_seed_gives_another_student(
    teaching: tuple[Teaching, int], space: LabelSpace
) -> None:
    """To see how much a figure owes to chance."""
    first = train(teaching, space, PARAMS)[0].tensors()
    second = train(teaching, space, PARAMS.model_copy(update={"seed": 1}))[0].tensors()
    assert first["bias"].tobytes() != second["bias"].tobytes()


def test_a_frozen_table_stays_as_it_is(teaching: tuple[Teaching, int], space: LabelSpace) -> None:
    """`pipeline.train` fits heads on the table of another model."""
    student = Student(teaching[1], space, 1, PARAMS)
    student.table.weight.requires_grad = False
    before = student.table.weight.clone()
    list(fit(student, teaching[0], PARAMS))
    assert torch.equal(student.table.weight, before)


def test_unlabelled_rows_alone_teach_nothing_without_a_teacher(
    teaching: tuple[Teaching, int], space: LabelSpace
) -> None:
    """Their targets are padding and must not count."""
    blind = Teaching(
        teaching[0].ids, teaching[0].targets, torch.zeros_like(teaching[0].is_labelled)
    )
    student = Student(teaching[1], space, 1, PARAMS)
    before = {name: values.copy() for name, values in student.tensors().items()}
    assert list(fit(student, blind, PARAMS)) == [0.0] * PARAMS.epochs
    assert all(np.array_equal(before[n], v) for n, v in student.tensors().items())


def test_a_batch_of_texts_without_clauses_can_be_scored(space: LabelSpace) -> None:
    """Rows of punctuation alone may meet in one batch."""
    student = Student(3, space, 1, PARAMS).eval()
    logits, vectors = student(to_ids(features_of(["。", ""], list), ["a", "b", "c"]))
    assert torch.equal(logits[0], logits[1])
    assert not vectors.any()
