"""Learning curves and trades left out: who learns from what, and who judges."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.generalisation import (
    Score,
    count_features,
    format_scores,
    learning_curve,
    leave_one_trade_out,
)

N_ROWS = 320


@pytest.fixture
def rows() -> pd.DataFrame:
    """Two kinds of rows that any model can tell apart, in two trades."""
    is_bad = [i % 2 == 0 for i in range(N_ROWS)]
    return pd.DataFrame(
        {
            "text": [f"快递太慢了{i}" if bad else f"味道真好吃{i}" for i, bad in enumerate(is_bad)],
            "type": ["quality" if bad else "other" for bad in is_bad],
            "intent": ["complaint" if bad else "praise" for bad in is_bad],
            "urgency": "low",
            "trade": ["电商" if i < 200 else "外卖餐饮" for i in range(N_ROWS)],
            "split": ["train"] * 300 + ["valid"] * 10 + ["test"] * 10,
        }
    )


def test_sizes_double_and_end_with_all_training_rows(rows: pd.DataFrame) -> None:
    """The last point is what the corpus is worth; doubling shows whether more would help."""
    curve = learning_curve(rows, count_features(list(rows["text"])))
    assert [score.n_train for score in curve] == [125, 250, 300]


def test_the_curve_is_judged_on_what_training_never_saw(rows: pd.DataFrame) -> None:
    """Validation and test rows together, no training row among them."""
    curve = learning_curve(rows, count_features(list(rows["text"])))
    assert {score.n_held_out for score in curve} == {20}


def test_rows_of_unsure_labels_neither_teach_nor_judge(rows: pd.DataFrame) -> None:
    """`prepare` sets them apart; counting them as held out would judge by guesses."""
    rows = rows.assign(split=["train"] * 290 + ["soft"] * 10 + ["valid"] * 20)
    features = count_features(list(rows["text"]))
    last = learning_curve(rows, features)[-1]
    assert (last.n_train, last.n_held_out) == (290, 20)
    assert sum(score.n_held_out for score in leave_one_trade_out(rows, features)) == 310


def test_a_trade_left_out_is_not_learnt_from(rows: pd.DataFrame) -> None:
    """Else the score would say nothing of a new customer's trade."""
    scores = leave_one_trade_out(rows, count_features(list(rows["text"])))
    assert [(s.name, s.n_train, s.n_held_out) for s in scores] == [
        ("外卖餐饮", 200, 120),
        ("电商", 120, 200),
    ]


def test_plain_differences_carry_over_to_another_trade(rows: pd.DataFrame) -> None:
    """The same words mean the same there, so a working model gets all right."""
    scores = leave_one_trade_out(rows, count_features(list(rows["text"])))
    assert all(score.macro_f1["type"] == 1 for score in scores)


def test_a_field_with_one_label_is_no_crash(rows: pd.DataFrame) -> None:
    """A small sample may hold one urgency only."""
    scores = leave_one_trade_out(rows, count_features(list(rows["text"])))
    assert scores[0].macro_f1["urgency"] == 1


def test_features_of_a_batch_equal_one_by_one() -> None:
    """Nothing may be learnt from the rows that judge."""
    both = count_features(["验证码收不到", "退款不到账"])
    assert (both[1] != count_features(["退款不到账"])).nnz == 0


def test_the_same_seed_draws_the_same_rows(rows: pd.DataFrame) -> None:
    """Figures in the data card must be reproducible."""
    features = count_features(list(rows["text"]))
    assert learning_curve(rows, features) == learning_curve(rows, features)


def test_scores_print_as_a_markdown_table() -> None:
    """The table goes into the data card as it is."""
    score = Score("电商", 1200, 40, {"type": 0.5, "intent": 0.25, "urgency": 1.0})
    table = format_scores("trade left out", [score])
    assert table.splitlines()[-1] == "| 电商 | 1,200 | 40 | 0.500 | 0.250 | 1.000 |"
