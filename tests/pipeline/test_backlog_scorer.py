"""Batches of Arrow rows on their way through the model."""

from __future__ import annotations

import gc
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from pipeline.backlog_scorer import ModelChoice, Scorer


@pytest.fixture(scope="module")
def rows() -> pa.RecordBatch:
    """Two rows that say the same, and one of its own."""
    at = [datetime(2026, 3, day, 9) for day in (2, 3, 4)]
    columns = {"feedback_id": ["a", "b", "c"], "text": ["太慢了", "很好", "太慢了"]}
    return pa.RecordBatch.from_pydict(
        {**columns, "created_at": pa.array(at, pa.timestamp("us", tz="Asia/Shanghai"))}
    )


def test_a_row_is_scored_the_same_alone_among_others_and_again(
    tiny_model: Path, rows: pa.RecordBatch
) -> None:
    """Repeats are answered from memory, and a batch may be nothing but one repeat."""
    alone, among = (Scorer.load(ModelChoice(tiny_model)) for _ in range(2))
    expected = among.score(rows)
    assert among.score(rows).equals(expected)
    for i in (2, 0, 1, 2):
        assert alone.score(rows.slice(i, 1)).equals(expected.slice(i, 1))


def test_scoring_leaves_no_cycles_for_the_collector(tiny_model: Path, rows: pa.RecordBatch) -> None:
    """The collector stands still meanwhile: cycles would pile up over ten million rows."""
    scorer = Scorer.load(ModelChoice(tiny_model))
    scorer.score(rows)
    gc.collect()
    gc.disable()
    try:
        scorer.score(rows)
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_the_collector_runs_again_after_an_error(tiny_model: Path, rows: pa.RecordBatch) -> None:
    """The process goes on after a batch that failed."""
    with pytest.raises(KeyError):
        Scorer.load(ModelChoice(tiny_model)).score(rows.drop_columns(["feedback_id"]))
    assert gc.isenabled()
