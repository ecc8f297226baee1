"""Figures against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.metrics import (
    Predictions,
    answerable_share,
    calibration_error,
    confusion,
    measure,
    per_class,
    recall_at,
    types_micro_f1,
)

TRUTH = pd.DataFrame(
    {
        "intent": ["complaint", "complaint", "praise", "inquiry"],
        "type": ["quality", "service", "quality", "account"],
        "types": ["quality;service", "service", "quality", "account"],
        "subtype": ["damage", "attitude", "failure", "order"],
        "urgency": ["high", "medium", "low", "low"],
    }
)
SAID = pd.DataFrame(
    {
        "intent": ["complaint", "praise", "praise", "inquiry"],
        "type": ["quality", "quality", "quality", "account"],
        "types": ["quality", "quality", "quality", "account;other"],
        "subtype": ["damage", "failure", "failure", "order"],
        "urgency": ["high", "high", "low", "low"],
    }
)
HALF_RIGHT = Predictions(SAID, np.array([0.9, 0.6, 0.8, 0.7]), np.array([90.0, 80, 10, 20]))


@pytest.fixture(scope="module")
def figures() -> dict[str, float]:
    """Every figure of four rows."""
    return measure(TRUTH, HALF_RIGHT)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        # complaint 2/3, praise 2/3, inquiry 1
        ("intent_macro_f1", (2 / 3 + 2 / 3 + 1) / 3),
        # quality 4/5, service 0, account 1
        ("type_macro_f1", (4 / 5 + 0 + 1) / 3),
        # damage 1, attitude 0, failure 2/3, order 1
        ("subtype_macro_f1", (1 + 0 + 2 / 3 + 1) / 4),
        # high 2/3, medium 0, low 1
        ("urgency_macro_f1", (2 / 3 + 0 + 1) / 3),
        ("type_accuracy", 3 / 4),
        # 3 hits of 5 true and 5 said
        ("types_micro_f1", 2 * 3 / 10),
        # squared distance: 1/4 a row observed; by chance ½·½·4 + ¼·½·1 + ¼·½·1 + ¼·½·4
        ("urgency_quadratic_kappa", 1 - 0.25 / 1.75),
        ("high_recall", 1),
        ("high_precision", 1 / 2),
        ("high_recall_at_precision_0.75", 1),
        # four bins of one row: |0.9-1|, |0.6-0|, |0.8-1|, |0.7-1|
        ("type_ece", (0.1 + 0.6 + 0.2 + 0.3) / 4),
        # by confidence: right, right, right, wrong
        ("answerable_at_0.95", 3 / 4),
    ],
)
def test_a_figure_equals_its_value_by_hand(
    figures: dict[str, float], name: str, value: float
) -> None:
    """A wrong metric hides a wrong model."""
    assert figures[name] == pytest.approx(value)


def test_a_perfect_answer_gets_one_everywhere() -> None:
    """And no calibration error when it is sure."""
    sure = Predictions(TRUTH, np.ones(4), np.array([90.0, 50, 1, 1]))
    figures = measure(TRUTH, sure)
    assert figures.pop("type_ece") == 0
    assert set(figures.values()) == {1.0}


def test_rows_of_one_urgency_can_be_measured() -> None:
    """A slice may hold only low rows: agreement is complete, and there is no high to recall."""
    rows = TRUTH.assign(urgency="low")
    figures = measure(rows, Predictions(rows, np.ones(4), np.zeros(4)))
    assert figures["urgency_quadratic_kappa"] == 1
    assert figures["high_recall"] == 0
    assert figures["high_recall_at_precision_0.75"] == 0


def test_classes_that_truth_lacks_do_not_count() -> None:
    """Else a small slice could never reach 1."""
    rows = TRUTH[TRUTH["type"] == "quality"].reset_index(drop=True)
    figures = measure(rows, Predictions(rows, np.ones(2), np.zeros(2)))
    assert figures["type_macro_f1"] == 1


def test_micro_f1_counts_types_not_rows() -> None:
    """Two right of three said and three true."""
    assert types_micro_f1(["a;b", "c"], ["a", "c;d"]) == pytest.approx(2 / 3)


def test_recall_at_a_precision_takes_the_best_threshold() -> None:
    """Three of four high rows stand above the first mistake but one: 3/4 precise, 3/3 found."""
    is_high = np.array([True, True, False, True, False])
    assert recall_at(is_high, np.array([9, 8, 7, 6, 1])) == 1
    assert recall_at(is_high, np.array([9, 8, 7, 6, 1]), precision=0.9) == pytest.approx(2 / 3)


def test_recall_is_zero_where_no_threshold_is_precise_enough() -> None:
    """The most suspicious rows are all false alarms."""
    assert recall_at(np.array([False, False, True]), np.array([9, 8, 7])) == 0


def test_calibration_error_weighs_bins_by_their_rows() -> None:
    """Two rows at 0.95, one of them right, and two at 0.05, none right."""
    error = calibration_error(np.array([0.95, 0.95, 0.05, 0.05]), np.array([1.0, 0, 0, 0]))
    assert error == pytest.approx(0.45 / 2 + 0.05 / 2)


def test_full_confidence_falls_into_the_last_bin() -> None:
    """1.0 is its upper edge."""
    assert calibration_error(np.array([1.0, 0.95]), np.array([1.0, 1.0])) == pytest.approx(0.025)


def test_nothing_is_answerable_when_the_surest_row_is_wrong_and_few_follow() -> None:
    """Accuracy never gets back to 0.95."""
    assert answerable_share(np.array([0.9, 0.8]), np.array([0.0, 1.0])) == 0


def test_answerable_rows_may_hold_a_few_mistakes() -> None:
    """19 of 20 right is 0.95."""
    is_right = np.array([1.0] * 19 + [0.0])
    assert answerable_share(np.linspace(1, 0.5, 20), is_right) == 1


def test_confusion_stands_truth_down_prediction_across() -> None:
    """Swapped, it would tell the opposite story."""
    table = confusion(["a", "a", "b"], ["a", "b", "b"], ["a", "b", "c"])
    assert table.loc["a"].tolist() == [1, 1, 0]
    assert table["b"].tolist() == [1, 1, 0]
    assert table.loc["c"].tolist() == [0, 0, 0]


def test_each_class_gets_its_own_figures() -> None:
    """A class nobody predicted scores zero without a warning."""
    table = per_class(["a", "a", "b"], ["a", "b", "b"], ["a", "b", "c"])
    assert table.loc["a"].tolist() == pytest.approx([1, 1 / 2, 2 / 3, 2])
    assert table.loc["b"].tolist() == pytest.approx([1 / 2, 1, 2 / 3, 1])
    assert table.loc["c"].tolist() == [0, 0, 0, 0]
