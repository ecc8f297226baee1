"""Two models on the same rows, in numbers that are worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.compare import HIGH_RECALL, compare_answers
from pipeline.compare_answers import Answers
from pipeline.compare_bootstrap import differ, draw_weights
from pipeline.compare_changes import count_changes, list_changes, pick_examples
from pipeline.compare_speed import measure_speed
from pipeline.metrics import Predictions

N = 60


def truth_rows(n: int = N) -> pd.DataFrame:
    """Half product, half service; every fifth row is urgent."""
    types = ["product" if i % 2 else "service" for i in range(n)]
    return pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(n)],
            "text": [f"第{i}条" for i in range(n)],
            "intent": "complaint",
            "type": types,
            "types": types,
            "subtype": ["malfunction" if t == "product" else "delay" for t in types],
            "urgency": ["high" if i % 5 == 0 else "low" for i in range(n)],
            "cause": "",
            "trade": "",
        }
    )


def answers(truth: pd.DataFrame, chance: float = 0.9, **columns: list[str]) -> Answers:
    """A model that is right but for the columns given."""
    frame = truth[["intent", "type", "types", "subtype", "urgency"]].assign(**columns)
    n = len(truth)
    is_right = (frame["type"] == truth["type"]).to_numpy()
    confidence = np.where(is_right, chance, 1 - chance)
    labels = ("intent", "type", "subtype", "urgency")
    return Answers(Predictions(frame, confidence, np.zeros(n)), dict.fromkeys(labels, confidence))


def wrong_on(truth: pd.DataFrame, rows: range) -> list[str]:
    """Say product for some rows of service."""
    return ["product" if i in rows else t for i, t in enumerate(truth["type"])]


def test_the_same_answers_differ_in_nothing() -> None:
    """A retraining that changed nothing must not look better or worse."""
    truth = truth_rows()
    found = compare_answers("test", truth, answers(truth), answers(truth), n_draws=100)
    assert {d.change for d in found.differences} == {0.0}
    assert {d.chance_worse for d in found.differences} == {0.5}
    assert not found.changes


def test_a_class_that_falls_is_seen_in_that_class() -> None:
    """Half of service is given up: its F1 falls from 1 to 2/3, and surely so."""
    truth = truth_rows()
    worse = answers(truth, type=wrong_on(truth, range(0, N, 4)))
    found = compare_answers("test", truth, answers(truth), worse, n_draws=200)
    service = found.find("type.service.f1")
    assert service is not None
    assert (service.before, service.rows) == (1.0, N // 2)
    assert service.after == pytest.approx(2 / 3)
    assert service.chance_worse == 1.0
    assert service.low < service.change < service.high < 0
    assert found.find("subtype.delay.f1").change == 0  # type: ignore[union-attr]


def test_doubt_is_seen_before_answers_change() -> None:
    """The labels are the same; the chance given to the truth is not."""
    truth = truth_rows()
    found = compare_answers("test", truth, answers(truth), answers(truth, 0.8), n_draws=100)
    belief = found.find("type.service.log_chance")
    assert belief is not None
    assert belief.change == pytest.approx(np.log(0.8 / 0.9), abs=1e-5)
    assert found.find("type.service.f1").change == 0  # type: ignore[union-attr]


def test_missed_urgent_rows_come_first() -> None:
    """Nobody scrolls through a hundred examples for the one that matters."""
    truth = truth_rows()
    urgency = ["low" if i in (0, 10) else u for i, u in enumerate(truth["urgency"])]
    worse = answers(truth, urgency=urgency, type=wrong_on(truth, range(0, 8, 2)))
    found = compare_answers("test", truth, answers(truth), worse, n_draws=100)
    assert [c.label for c in found.changes[:3]] == ["urgency", "urgency", "type"]
    assert found.find(HIGH_RECALL).after == pytest.approx(10 / 12)  # type: ignore[union-attr]


def test_rows_of_one_cause_are_drawn_together() -> None:
    """Twenty wordings of one failing are not twenty witnesses."""
    weights = draw_weights(["a"] * 20 + ["b"] * 20, 50, seed=0)
    assert (weights[:, :20] == weights[:, :1]).all()
    assert (weights[0] == 1).all()


def test_an_error_that_rises_is_worse() -> None:
    """For calibration less is better."""
    before, after = np.full(101, 0.02), np.full(101, 0.05)
    assert differ("type_ece", before, after, 10, more_is_better=False).chance_worse == 1.0


def test_changes_are_counted_by_outcome() -> None:
    """One fixed, one broken, one from wrong to wrong."""
    truth = truth_rows(3).assign(type=["service", "service", "service"])
    before = answers(truth, type=["product", "service", "product"]).predictions.frame
    after = answers(truth, type=["service", "product", "account"]).predictions.frame
    changes = list_changes(truth, before, after)
    assert count_changes(changes)["type"] == {"broken": 1, "moved": 1, "fixed": 1}
    assert len(pick_examples(changes * 3, 1)) == 3


def test_speed_is_the_median_of_neighbours() -> None:
    """A hiccup of the machine in one round changes nothing."""
    ticks = iter(np.cumsum([0, 1, 9, 2, 9, 2, 9, 1, 9, 90, 9, 2]).tolist())
    speed = measure_speed(lambda: None, lambda: None, 1, n_rounds=3, clock=lambda: next(ticks))
    assert speed.ratio == 0.5
