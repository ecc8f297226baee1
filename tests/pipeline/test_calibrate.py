"""Temperatures and thresholds learnt on held-out rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from models.classifier import Calibration, LabelSpace, decode, softmax
from models.taxonomy import Taxonomy
from models.urgency import LEVELS
from pipeline.calibrate import calibrate
from tests.tiny import TAXONOMY, tiny_corpus

SURE = 12.0
SHARE_WRONG = 0.25


@dataclass(frozen=True)
class Case:
    """Logits of a model that is far too sure of itself, and what was learnt from them."""

    logits: np.ndarray
    rows: pd.DataFrame
    space: LabelSpace
    learnt: Calibration


@pytest.fixture(scope="module")
def case() -> Case:
    """A quarter of the rows gets the logits of some other row."""
    rows = pd.concat([tiny_corpus()] * 2, ignore_index=True)
    pairs = list(zip(rows["intent"], rows["subtype"], strict=True))
    space = LabelSpace.of(Taxonomy.load(TAXONOMY), pairs)
    rng = np.random.default_rng(3)
    shown = np.arange(len(rows))
    wrong = rng.choice(len(rows), int(len(rows) * SHARE_WRONG), replace=False)
    shown[wrong] = rng.permutation(wrong)
    logits = truth_logits(rows.iloc[shown], space)
    logits += rng.normal(size=logits.shape).astype(np.float32)
    return Case(logits, rows, space, calibrate(logits, rows, space))


def truth_logits(rows: pd.DataFrame, space: LabelSpace) -> np.ndarray:
    parts = [
        rows["intent"].to_numpy()[:, None] == np.array(space.intents),
        rows["subtype"].to_numpy()[:, None] == np.array(space.subtypes),
        np.array([[name in t.split(";") for name in space.types] for t in rows["types"]]),
        rows["urgency"].to_numpy()[:, None] == np.array(LEVELS),
    ]
    return (np.concatenate(parts, axis=1) * SURE - SURE / 2).astype(np.float32)


def urgency_loss(case: Case, temperature: float) -> float:
    levels = [LEVELS.index(name) for name in case.rows["urgency"]]
    chances = softmax(case.space.split(case.logits)[3].astype(float) / temperature)
    return float(-np.log(chances[np.arange(len(levels)), levels]).mean())


def type_loss(case: Case, temperature: float) -> float:
    tried = Calibration(temperature, 1.0, (0.5,) * 6, (0.5, 0.5), (0.4, 0.7))
    decoded = decode(case.logits, case.space, tried)
    is_right = decoded.type == [case.space.types.index(name) for name in case.rows["type"]]
    chance = np.clip(decoded.confidence, 1e-6, 1 - 1e-6)
    return float(-np.where(is_right, np.log(chance), np.log(1 - chance)).mean())


def test_the_urgency_temperature_lowers_the_log_loss_of_sure_logits(case: Case) -> None:
    """A model that is sure and wrong must become less sure."""
    assert case.learnt.urgency_temperature > 1
    assert urgency_loss(case, case.learnt.urgency_temperature) < urgency_loss(case, 1.0)


def test_the_joint_temperature_lowers_the_log_loss_of_sure_logits(case: Case) -> None:
    """Confidence of the type decides what a person has to look at."""
    assert case.learnt.joint_temperature > 1
    assert type_loss(case, case.learnt.joint_temperature) < type_loss(case, 1.0)


def test_thresholds_lie_between_0_and_1(case: Case) -> None:
    """0 would say every type of every row, 1 none."""
    learnt = case.learnt
    values = [*learnt.type_thresholds, *learnt.urgency_thresholds, *learnt.band_thresholds]
    assert len(learnt.type_thresholds) == 6
    assert all(0 < value < 1 for value in values)


def test_the_high_band_is_no_wider_than_the_medium_band(case: Case) -> None:
    """Its accuracy is higher, so fewer rows reach it."""
    medium, high = case.learnt.band_thresholds
    assert medium <= high


def test_the_medium_band_keeps_its_accuracy(case: Case) -> None:
    """That is its promise: at least four of five are right."""
    decoded = decode(case.logits, case.space, case.learnt)
    is_right = decoded.type == [case.space.types.index(name) for name in case.rows["type"]]
    reached = decoded.confidence >= case.learnt.band_thresholds[0]
    assert is_right[reached].mean() >= 0.75


def test_the_same_rows_give_the_same_calibration(case: Case) -> None:
    """A rebuilt model must have the same version."""
    assert calibrate(case.logits, case.rows, case.space) == case.learnt
