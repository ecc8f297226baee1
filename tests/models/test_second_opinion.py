"""A second opinion replaces the labels of unsure rows, and of no others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from models.analysis import FeedbackModel
from models.errors import ArtifactError
from models.second_opinion import SecondOpinion
from tests.pipeline.tiny_model import make_tiny_model

TEXTS = ["一打开就闪退", "客服态度很差", "很好", "验证码收不到", "包装破了"]
MOMENT = datetime(2026, 11, 20, 9)


def opinion(model: FeedbackModel, below: float) -> SecondOpinion:
    """A reader that is sure that everything is a payment complaint."""
    space = model.artifact.space

    def read(texts: Sequence[str]) -> np.ndarray:
        logits = np.zeros((len(texts), sum(space.widths)), dtype=np.float32)
        logits[:, space.intents.index("complaint")] = 20
        logits[:, len(space.intents) + space.subtypes.index("payment")] = 20
        return logits

    return SecondOpinion(read, model.artifact.calibration, "teacher-x", below)


@pytest.fixture
def model(tmp_path: Path) -> FeedbackModel:
    """A tiny model."""
    return FeedbackModel.load(make_tiny_model(tmp_path / "model"))


def test_only_unsure_rows_are_read_again(model: FeedbackModel) -> None:
    """The others keep the student's answer, to the byte."""
    rows = [{"text": text} for text in TEXTS]
    alone = model.analyze(rows, MOMENT)
    below = float(np.median([result.confidence for result in alone]))
    model.second = opinion(model, below)
    for before, after in zip(alone, model.analyze(rows, MOMENT), strict=True):
        if after.model_version == "teacher-x":
            assert before.confidence < below + 1e-4
            assert after.type == "account"
        else:
            assert after == before


@pytest.mark.parametrize(("below", "n_asked"), [(0.0, 0), (1.01, len(TEXTS))])
def test_none_or_all_may_be_asked(model: FeedbackModel, below: float, n_asked: int) -> None:
    """The ends of the curve."""
    model.second = opinion(model, below)
    results = model.analyze([{"text": text} for text in TEXTS], MOMENT)
    assert sum(result.model_version == "teacher-x" for result in results) == n_asked


def test_a_missing_teacher_is_said_with_the_command_that_makes_one(tmp_path: Path) -> None:
    """It does not ship with the package."""
    with pytest.raises(ArtifactError, match=r"pipeline\.cascade"):
        SecondOpinion.load(tmp_path, 0.1)
