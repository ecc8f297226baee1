"""Where a theme sits, which segment gives low marks, what goes together."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.theme_breakdown import break_down, co_occurring, low_scores


@pytest.fixture
def rows() -> pd.DataFrame:
    """Forty complaints, half of each product."""
    return pd.DataFrame(
        {
            "feedback_id": [f"CF{i}" for i in range(40)],
            "product": ["会员"] * 20 + ["外卖"] * 20,
            "region": [None] * 39 + ["北京"],
            "csat": [1.0] * 12 + [5.0] * 28,
        }
    )


def test_segment_where_the_theme_sits_is_notable(rows):
    """Ten of twenty here, one of twenty there."""
    members = [f"CF{i}" for i in (*range(10), 30)]
    first, second = break_down(rows, members, ["product", "version"])
    assert (first.value, first.n, first.total, first.is_notable) == ("会员", 10, 20, True)
    assert first.low < first.lift < first.high
    assert (second.value, second.is_notable) == ("外卖", False)


def test_value_without_an_elsewhere_has_no_lift(rows):
    """One known region says nothing about regions."""
    (segment,) = break_down(rows, ["CF39"], ["region"])
    assert (segment.lift, segment.is_notable) == (None, False)


def test_low_marks_are_traced_to_their_segment(rows):
    """All twelve low answers are one product's."""
    (found,) = low_scores(rows)
    assert (found.score, found.low.value, found.low.n) == ("csat", "会员", 12)
    assert found.mean.value == pytest.approx((12 + 8 * 5) / 20)


def test_rows_without_any_dimension_give_nothing():
    """A file with texts alone is no error."""
    rows = pd.DataFrame({"feedback_id": ["a"], "text": ["坏了"]})
    assert (break_down(rows, ["a"]), low_scores(rows)) == ([], [])


def test_themes_that_go_together_are_found_and_others_not():
    """Nine of ten rows in common; chance would have one."""
    themes = {
        "T0001": [str(i) for i in range(10)],
        "T0002": [str(i) for i in range(1, 11)],
        "T0003": [str(i) for i in range(50, 60)],
    }
    (pair,) = co_occurring(themes, 100)
    assert (pair.first, pair.second, pair.n, pair.expected) == ("T0001", "T0002", 9, 1)
