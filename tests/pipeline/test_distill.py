"""Distilling: what the student may learn from, and that it is what gets shipped."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from models.artifact import Artifact
from models.classifier import LabelSpace
from models.segmentation import Segmenter
from pipeline.distill import data_sources, distill, soften, student_logits
from pipeline.student import Student
from tests.tiny import LEXICON, TAXONOMY, UNLABELLED, tiny_corpus, tiny_params, tiny_teacher

PARAMS = tiny_params().model_copy(update={"epochs": 2})


@dataclass(frozen=True)
class Lesson:
    """A short distillation with one marked row in each split."""

    corpus: pd.DataFrame
    vocabulary: list[str]
    student: Student


def teach(artifact: Artifact) -> Lesson:
    corpus = tiny_corpus()
    for row, split, mark in (
        (0, "train", "鑫"),
        (1, "soft", "焱"),
        (2, "valid", "森"),
        (5, "test", "淼"),
    ):
        corpus.loc[row, ["text", "split"]] = [corpus.loc[row, "text"] + mark, split]
    texts = [*corpus["text"], *UNLABELLED]
    teacher = tiny_teacher(len(texts), sum(artifact.space.widths))
    found = distill(corpus, texts, teacher, artifact.space, artifact.segmenter, PARAMS)
    return Lesson(corpus, *found)


@pytest.fixture(scope="module")
def lesson(artifact: Artifact) -> Lesson:
    """Made once."""
    return teach(artifact)


@pytest.mark.parametrize(
    ("mark", "is_known"), [("鑫", True), ("焱", True), ("森", False), ("淼", False)]
)
def test_held_out_rows_are_not_seen(lesson: Lesson, mark: str, is_known: bool) -> None:
    """Not even their words: the figures on them would mean nothing."""
    assert (f"#{mark}" in lesson.vocabulary) == is_known


def test_unlabelled_texts_are_learnt_from(lesson: Lesson) -> None:
    """They are most of what the student reads."""
    assert "#孩子" in lesson.vocabulary


def test_the_same_seed_gives_the_same_student(artifact: Artifact, lesson: Lesson) -> None:
    """A rebuilt model must have the same version."""
    again = teach(artifact)
    assert again.vocabulary == lesson.vocabulary
    table, other = (x.student.table.weight.detach().numpy() for x in (lesson, again))
    assert table.tobytes() == other.tobytes()


def test_calibration_sees_the_rounded_table(artifact: Artifact, lesson: Lesson) -> None:
    """Thresholds learnt on other numbers than the shipped ones would be off."""
    table = lesson.student.table.weight.detach().numpy()
    logits = [
        student_logits(lesson.vocabulary, t, lesson.student, artifact.segmenter, ["客服骂人"])
        for t in (table, table.astype(np.float16).astype(np.float32))
    ]
    assert logits[0].tobytes() == logits[1].tobytes()


def test_softened_heads_are_chances(artifact: Artifact) -> None:
    """Each softmax head sums to one; types are chances of their own."""
    space: LabelSpace = artifact.space
    logits = np.random.default_rng(0).normal(scale=5, size=(7, sum(space.widths)))
    intent, subtype, types, urgency = space.split(soften(logits, space))
    for head in (intent, subtype, urgency):
        assert head.sum(axis=1) == pytest.approx(np.ones(7), abs=1e-5)
    assert ((types > 0) & (types < 1)).all()


def test_every_file_that_a_model_carries_exists() -> None:
    """Taxonomy, facts, words and stop words."""
    sources = data_sources(TAXONOMY, LEXICON)
    assert sorted(sources) == ["stopwords.txt", "taxonomy.yaml", "urgency.yaml", "words.txt"]
    assert all(path.is_file() for path in sources.values())


def test_segmentation_is_the_lexicons(artifact: Artifact) -> None:
    """Training and serving must cut alike."""
    text = "验证码收不到，小程序闪退"
    assert artifact.segmenter.cut(text) == Segmenter.load(LEXICON).cut(text)
