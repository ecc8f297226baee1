"""The table of scored rows: the result's fields, then what came with the rows."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pytest

from models.analysis import FeedbackModel
from models.results import RESULT_FIELDS
from pipeline.backlog_manifest import parquet_of
from pipeline.output import write_batches
from pipeline.queue_select import ROW_COLUMNS
from pipeline.scored import (
    RESULT_SCHEMA,
    scored_batch,
    scored_columns,
    scored_schema,
)
from pipeline.scored_table import read_scored_table
from tests.parts import write_parts

ROWS = pa.record_batch(
    {
        "text": ["客服骂人，手机13812345678", "很好"],
        "feedback_id": ["F1", "F2"],
        "channel": ["app", None],
        "type": ["old", "older"],
    }
)


@pytest.fixture(scope="module")
def scored(feedback_model: FeedbackModel) -> pa.RecordBatch:
    """Two rows, scored."""
    results = feedback_model.analyze(ROWS.to_pylist(), datetime(2026, 11, 23, 9))
    return scored_batch(ROWS, results)


def test_the_fields_come_first_then_the_passed_columns() -> None:
    """`text` and `feedback_id` are fields already."""
    assert tuple(scored_schema(ROWS.schema).names) == (*RESULT_FIELDS, "channel", "input_type")


def test_passed_columns_keep_their_type() -> None:
    """A number stays a number."""
    rows = pa.schema([("text", pa.string()), ("csat", pa.float64()), ("n", pa.int64())])
    schema = scored_schema(rows)
    assert schema.field("csat").type == pa.float64()
    assert schema.field("n").type == pa.int64()


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["text", "type"], ["input_type"]),
        (["text", "type", "input_type"], ["input_type", "input_input_type"]),
        (["text", "input_type", "type"], ["input_type", "input_input_type"]),
        (["text", "urgency", "evidence"], ["input_urgency", "input_evidence"]),
    ],
)
def test_a_column_called_like_a_field_is_renamed(names: list[str], expected: list[str]) -> None:
    """The customer's own label must neither be lost nor be taken for ours."""
    schema = scored_schema(pa.schema([(name, pa.string()) for name in names]))
    assert schema.names[len(RESULT_FIELDS) :] == expected


def test_a_batch_has_the_promised_schema(scored: pa.RecordBatch) -> None:
    """Writers are opened with the schema before the first batch."""
    assert scored.schema == scored_schema(ROWS.schema)


def test_values_stand_beside_the_row_they_came_from(scored: pa.RecordBatch) -> None:
    """Row by row, renamed columns included."""
    rows = scored.to_pylist()
    assert [row["feedback_id"] for row in rows] == ["F1", "F2"]
    assert [row["channel"] for row in rows] == ["app", None]
    assert [row["input_type"] for row in rows] == ["old", "older"]


def test_the_text_is_the_masked_one(scored: pa.RecordBatch) -> None:
    """The raw words never reach the output."""
    assert scored.column("text")[0].as_py() == "客服骂人，手机[手机号]"


def test_what_was_masked_is_counted(scored: pa.RecordBatch) -> None:
    """As a map of kind to count."""
    assert scored.column("redactions").to_pylist() == [[("mobile", 1)], []]


def test_no_rows_make_an_empty_batch() -> None:
    """All rows of a batch may be rejected."""
    assert scored_batch(ROWS.slice(0, 0), []).num_rows == 0


def test_moments_are_shanghais() -> None:
    """Whoever reads the Parquet sees the zone."""
    assert RESULT_SCHEMA.field("respond_due").type == pa.timestamp("us", tz="Asia/Shanghai")


@pytest.mark.parametrize("n_rows", [0, 2])
def test_columns_give_the_batch_that_results_give(
    feedback_model: FeedbackModel, n_rows: int
) -> None:
    """Files are scored by columns, single rows by results."""
    rows = ROWS.slice(0, n_rows)
    at = datetime(2026, 11, 23, 9)
    columns = feedback_model.analyze_columns(rows.to_pydict(), at)
    results = feedback_model.analyze(rows.to_pylist(), at)
    assert scored_columns(rows, columns).equals(scored_batch(rows, results), check_metadata=True)


def test_a_folder_of_parts_is_read_by_whatever_reads_scored_rows(tmp_path: Path) -> None:
    """Beside the parts lie a manifest and rejected rows, which are no Parquet."""
    rows = pa.record_batch({name: ["很好"] for name in ROW_COLUMNS} | {"types": [["service"]]})
    assert parquet_of(tmp_path) == tmp_path
    run = write_parts(tmp_path / "run", pa.Table.from_batches([rows, rows]), 1)
    assert list(read_scored_table(run)["text"]) == ["很好"] * 2


def test_scored_jsonl_breaks_at_line_feeds_alone(tmp_path: Path) -> None:
    """Pasted words bring U+2028 and U+0085, which Python's splitlines takes for line ends."""
    rows = {name: ["很好"] for name in ROW_COLUMNS} | {"types": [["service"]]}
    rows["note"] = ["a\u2028b\u0085c"]
    write_batches(tmp_path / "a.jsonl", [pa.record_batch(rows)])
    assert list(read_scored_table(tmp_path / "a.jsonl", ("note",))["note"]) == ["a\u2028b\u0085c"]
