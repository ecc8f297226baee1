"""Writing results: four formats, whole or not at all."""

from __future__ import annotations

import csv
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.deadlines import SHANGHAI
from models.errors import DataError
from pipeline.ingest import Rejected, read_batches
from pipeline.output import (
    atomic_writer,
    open_rejected,
    open_writer,
    rejected_path,
    write_batches,
)

AT = datetime(2026, 1, 5, 9, 30, tzinfo=SHANGHAI)
ROW: dict[str, Any] = {
    "text": '他说"很好",\n真的',
    "score": 0.5,
    "n": -3,
    "is_new": True,
    "types": ["service", "quality"],
    "at": AT,
    "missing": None,
}
SCHEMA = pa.schema(
    {
        "text": pa.string(),
        "score": pa.float64(),
        "n": pa.int64(),
        "is_new": pa.bool_(),
        "types": pa.list_(pa.string()),
        "at": pa.timestamp("us", "Asia/Shanghai"),
        "missing": pa.string(),
    }
)
SUFFIXES = [".csv", ".jsonl", ".parquet", ".xlsx"]


def batch_of(*rows: dict[str, Any]) -> pa.RecordBatch:
    """Make a batch of the tests' schema."""
    return pa.RecordBatch.from_pylist(list(rows), SCHEMA)


def texts_batch(*texts: str) -> pa.RecordBatch:
    """Make a batch of one text column."""
    return pa.record_batch({"text": pa.array(texts, pa.string())})


def rows_of_csv(path: Path) -> list[dict[str, str]]:
    """Read a CSV as a spreadsheet would."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def rows_of_excel(path: Path) -> list[tuple[Any, ...]]:
    """Read the first sheet."""
    sheet = openpyxl.load_workbook(path).worksheets[0]
    return list(sheet.iter_rows(values_only=True))


def test_parquet_keeps_types_and_values(tmp_path: Path) -> None:
    """It is the format for the next program."""
    path = tmp_path / "out.parquet"
    assert write_batches(path, [batch_of(ROW), batch_of(ROW, ROW)]) == 3
    table = pq.read_table(path)
    assert table.schema.equals(SCHEMA)
    assert table.to_pylist() == [ROW] * 3


def test_small_batches_share_a_row_group(tmp_path: Path) -> None:
    """A group for each batch would make the file slow to read."""
    path = tmp_path / "out.parquet"
    write_batches(path, [batch_of(ROW)] * 20)
    assert pq.ParquetFile(path).num_row_groups == 1


def test_jsonl_is_one_object_a_line(tmp_path: Path) -> None:
    """Lists stay lists, moments carry their offset, Chinese stays readable."""
    path = tmp_path / "out.jsonl"
    write_batches(path, [batch_of(ROW)])
    [line] = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {**ROW, "at": "2026-01-05T09:30:00+08:00"}
    assert "真的" in line


def test_csv_opens_in_excel_with_chinese_intact(tmp_path: Path) -> None:
    """Excel takes a CSV without the mark for the system's code page."""
    path = tmp_path / "out.csv"
    write_batches(path, [batch_of(ROW)])
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    [row] = rows_of_csv(path)
    assert row == {
        "text": ROW["text"],
        "score": "0.5",
        "n": "-3",
        "is_new": "true",
        "types": '["service", "quality"]',
        "at": "2026-01-05T09:30:00+08:00",
        "missing": "",
    }


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_a_csv_cell_cannot_be_a_formula(tmp_path: Path, start: str) -> None:
    """A review of =HYPERLINK(…) must not run on the desk of whoever opens the file."""
    path = tmp_path / "out.csv"
    write_batches(path, [texts_batch(f"{start}1+1")])
    assert rows_of_csv(path)[0]["text"] == f"'{start}1+1"


def test_a_csv_heading_cannot_be_a_formula(tmp_path: Path) -> None:
    """Columns that pass through bring their own names."""
    path = tmp_path / "out.csv"
    write_batches(path, [pa.record_batch({"=1+1": ["x"]})])
    assert list(rows_of_csv(path)[0]) == ["'=1+1"]


def test_excel_keeps_a_formula_as_text(tmp_path: Path) -> None:
    """A cell typed as text is never run, so it needs no apostrophe."""
    path = tmp_path / "out.xlsx"
    write_batches(path, [texts_batch("=1+1", "#N/A", "闪\0退\x07")])
    sheet = openpyxl.load_workbook(path).worksheets[0]
    cells = [row[0] for row in sheet.iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == ["=1+1", "#N/A", "闪退"]
    assert cells[0].data_type == "s"


def test_excel_has_numbers_and_dates(tmp_path: Path) -> None:
    """So that they can be sorted and summed; the clock is Shanghai's."""
    path = tmp_path / "out.xlsx"
    write_batches(path, [batch_of(ROW)])
    head, row = rows_of_excel(path)
    assert head == tuple(SCHEMA.names)
    assert row[1:4] == (0.5, -3, True)
    assert row[5] == datetime(2026, 1, 5, 9, 30)


def test_excel_refuses_a_cell_that_it_would_cut(tmp_path: Path) -> None:
    """A cut text is a lost one; the message names row and field."""
    path = tmp_path / "out.xlsx"
    with pytest.raises(DataError, match=r"row 2, field 'text': has 40,000 characters"):
        write_batches(path, [texts_batch("好", "好" * 40_000)])
    assert list(tmp_path.iterdir()) == []


def test_excel_refuses_more_rows_than_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The million is shortened here to keep the test short."""
    monkeypatch.setattr("pipeline.output_formats._EXCEL_MAX_ROWS", 3)
    with pytest.raises(DataError, match=r"Excel holds 2 rows; write \.csv or \.parquet"):
        write_batches(tmp_path / "out.xlsx", [texts_batch("一", "二", "三")])


def test_nan_is_null_in_jsonl(tmp_path: Path) -> None:
    """JSON has no NaN, and strict readers stop at it."""
    path = tmp_path / "out.jsonl"
    write_batches(path, [pa.record_batch({"a": [float("nan")], "b": [[float("inf")]]})])
    assert path.read_text() == '{"a": null, "b": [null]}\n'


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_table_without_rows_has_its_columns(tmp_path: Path, suffix: str) -> None:
    """All rows may be rejected, and the next program still needs the file."""
    path = tmp_path / f"out{suffix}"
    assert write_batches(path, [], SCHEMA) == 0
    assert path.exists()


def test_neither_batch_nor_schema_is_refused(tmp_path: Path) -> None:
    """There would be nothing to write, not even columns."""
    with pytest.raises(ValueError, match="no batch and no schema"):
        write_batches(tmp_path / "out.csv", [])


def test_an_unknown_suffix_lists_the_known(tmp_path: Path) -> None:
    """Before any row is scored, not after."""
    with pytest.raises(DataError, match=r"use \.csv, \.parquet, \.jsonl, \.xlsx"):
        write_batches(tmp_path / "out.txt", [batch_of(ROW)])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_failed_run_leaves_the_old_file_and_nothing_else(tmp_path: Path, suffix: str) -> None:
    """Half an output looks like a whole one to the next program."""
    path = tmp_path / f"out{suffix}"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), open_writer(path, SCHEMA) as writer:
        writer.write(batch_of(ROW))
        raise RuntimeError("the scorer failed")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_appears_before_the_end(tmp_path: Path) -> None:
    """Whoever watches the folder must not pick up half a file."""
    path = tmp_path / "new" / "out.bin"
    with atomic_writer(path) as file:
        file.write(b"x")
        file.flush()
        assert not path.exists()
    assert path.read_bytes() == b"x"


def test_a_link_is_followed(tmp_path: Path) -> None:
    """`latest.csv` stays a link, and what it points to is renewed."""
    target, link = tmp_path / "target.bin", tmp_path / "link.bin"
    target.write_bytes(b"old")
    link.symlink_to(target)
    with atomic_writer(link) as file:
        file.write(b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_rejected_rows_stand_beside_the_output(tmp_path: Path) -> None:
    """One object a line with number, raw content and reason."""
    out = tmp_path / "out.csv"
    row = Rejected(3, "坏了,\\xb5", "2 cells, expected 3", "ragged", None, 4)
    with open_rejected(out) as writer:
        writer.write([row])
    assert rejected_path(out).name == "out.csv.rejected.jsonl"
    [line] = rejected_path(out).read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "row_number": 3,
        "raw": "坏了,\\xb5",
        "reason": "2 cells, expected 3",
        "code": "ragged",
        "field": None,
        "line_number": 4,
    }


def test_without_rejected_rows_the_old_list_is_emptied(tmp_path: Path) -> None:
    """Last week's rejections must not be taken for this week's."""
    out = tmp_path / "out.csv"
    rejected_path(out).write_text("old")
    with open_rejected(out):
        pass
    assert rejected_path(out).read_text() == ""


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=15), min_size=1, max_size=8))
@settings(
    max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_what_was_read_can_be_written_and_read_again(tmp_path: Path, texts: list[str]) -> None:
    """Parquet gives back every row; CSV only adds the apostrophe."""
    pq.write_table(pa.table({"text": texts}), tmp_path / "in.parquet")
    [first] = read_batches(tmp_path / "in.parquet")
    for name in ("out.parquet", "out.csv"):
        write_batches(tmp_path / name, [first.rows])
        [again] = read_batches(tmp_path / name)
        found = again.rows.column("text").to_pylist()
        expected = first.rows.column("text").to_pylist()
        assert [text.removeprefix("'") for text in found] == [t.removeprefix("'") for t in expected]
        assert not again.rejected
