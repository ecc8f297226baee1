"""The frontier's run ends whatever a side does, and its page and plot can be read."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks.frontier import measured, rates
from benchmarks.frontier_bags import frequent_words, majority, sif_table
from benchmarks.frontier_page import RATE, cell, draw, place_names, text_box
from benchmarks.frontier_sides import Side

GOLD = pd.DataFrame(
    {
        "intent": ["complaint", "praise"],
        "type": ["product", "service"],
        "types": ["product", "service"],
        "subtype": ["quality", "staff"],
        "urgency": ["low", "low"],
    }
)


def test_a_side_that_cannot_run_says_why() -> None:
    """One peer's missing package must not cost the figures of the others."""

    def broken(_folder: Path) -> Side:
        raise ImportError("no such peer")

    row = measured("a peer", broken, GOLD, ["坏了", "很好"], ["坏了"], 1)

    assert "no such peer" in str(row["why not"])
    assert "pip install" in str(row["why not"])


def test_a_side_that_runs_fills_its_row() -> None:
    """Every figure of the table comes from one call."""
    row = measured(
        "majority", lambda to: majority(GOLD, to), GOLD, ["坏了", "很好"], ["坏了"] * 8, 4
    )

    assert row["urgency F1"] == 1.0
    assert row["learnt from"] == "2 rows"
    assert {"types micro-F1", "rows/s", RATE, "MB", "load s", "made in s"} <= set(row)


def test_rates_end_with_the_reviews() -> None:
    """A side that is faster than there are reviews is timed on all of them, once each."""
    seen: list[str] = []

    rates(lambda texts: seen.extend(texts) or pd.DataFrame(), [str(n) for n in range(10)], 8)  # type: ignore[func-returns-value]

    assert seen == [str(n) for n in range(10)]


def test_words_are_ranked_by_frequency() -> None:
    """SIF takes the rank for the frequency."""
    assert frequent_words(["屏幕 坏 坏", "坏 屏幕 客服"], 2) == ["坏", "屏幕"]


def test_frequent_words_weigh_less() -> None:
    """SIF holds what every text says down."""
    vectors = np.random.default_rng(0).normal(size=(400, 8)).astype(np.float32)

    lengths = np.linalg.norm(sif_table(vectors, 8), axis=1)

    assert lengths[:20].mean() < lengths[-20:].mean() / 2


@pytest.mark.parametrize(
    ("value", "shown"), [(float("nan"), ""), (6210.0, "6,210"), (0.643, "0.643"), ("a|b", "a/b")]
)
def test_cells(value: object, shown: str) -> None:
    """A missing value is an empty cell, not the word nan."""
    assert cell(value) == shown


def test_names_do_not_overlap(tmp_path: Path) -> None:
    """Five points close together still have five names that can be read."""
    from matplotlib import pyplot

    near = [100, 105, 110, 500, 520]
    table = pd.DataFrame(
        {
            "side": [f"a long name {n}" for n in near],
            RATE: near,
            "type F1": [0.6, 0.61, 0.6, 0.7, 0.7],
        }
    )
    figure, axes = pyplot.subplots(figsize=(9, 5.5))
    axes.scatter(table[RATE], table["type F1"])
    axes.margins(0.3)

    names = place_names(axes, table, table[:0])

    boxes = [text_box(name, figure.canvas.get_renderer()) for name in names]
    pyplot.close(figure)
    assert not any(a.overlaps(b) for a, b in combinations(boxes, 2))
    draw(table, tmp_path / "plot.png", 2)
    assert (tmp_path / "plot.png").stat().st_size > 10_000
