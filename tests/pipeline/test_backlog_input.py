"""Inputs of every kind and in every bad state: what can be read is read, the rest is named."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.errors import DataError
from pipeline.ingest import read_batches
from pipeline.ingest_csv import CsvReader
from pipeline.score_summary import Summary
from tests.pipeline.backlog_job import AT, ROOT, mixed_rows, run, tree
from tests.pipeline.tiny_model import make_tiny_model


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model."""
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


def write_parts(folder: Path, n_files: int, n_rows: int = 200) -> Path:
    """Rows in many Parquet files."""
    folder.mkdir()
    rows = mixed_rows(n_rows)
    for i in range(n_files):
        part = rows[i * n_rows // n_files : (i + 1) * n_rows // n_files]
        part.to_parquet(folder / f"{i:03}.parquet", index=False)
    return folder


def compress(path: Path, suffix: str) -> Path:
    """Pack a file."""
    packed = path.with_name(path.name + suffix)
    if suffix == ".gz":
        packed.write_bytes(gzip.compress(path.read_bytes()))
    else:
        with pa.CompressedOutputStream(str(packed), "zstd") as out:
            out.write(path.read_bytes())
    return packed


def test_a_folder_and_a_pattern_are_one_input(model: Path, tmp_path: Path) -> None:
    """Rows are counted through, ids are unique across files, rejected rows name their file."""
    folder = write_parts(tmp_path / "in", 5)
    (folder / "_SUCCESS").touch()
    summary = run(folder, tmp_path / "a.csv", model)
    run(Path(f"{folder}/*.parquet"), tmp_path / "b.csv", model)
    assert summary.rows_in == 200
    assert (tmp_path / "a.csv").read_bytes() == (tmp_path / "b.csv").read_bytes()
    lines = (tmp_path / "a.csv.rejected.jsonl").read_text().splitlines()
    row = next(r for r in map(json.loads, lines) if r["row_number"] == 45)
    assert (row["file"], row["file_row"]) == ("001.parquet", 5)


def test_one_damaged_file_among_a_hundred_is_named_and_the_rest_kept(
    model: Path, tmp_path: Path
) -> None:
    """Mended, the run goes on from there and the output is that of an undisturbed one."""
    folder = write_parts(tmp_path / "in", 100, 400)
    run(folder, tmp_path / "whole", model)
    bad = folder / "057.parquet"
    good = bad.read_bytes()
    bad.write_bytes(good[:4] + bytes(200) + good[204:])
    with pytest.raises(
        DataError, match=r"057.parquet: is damaged after row 0 .* are kept: .*--resume"
    ):
        run(folder, tmp_path / "out", model)
    bad.write_bytes(good)
    assert run(folder, tmp_path / "out", model, resume=True).rows_resumed > 200
    assert tree(tmp_path / "out") == tree(tmp_path / "whole")


def test_a_file_without_its_end_is_named_before_any_row_is_scored(
    model: Path, tmp_path: Path
) -> None:
    """Footers are read first."""
    folder = write_parts(tmp_path / "in", 10)
    bad = folder / "007.parquet"
    bad.write_bytes(bad.read_bytes()[:-30])
    with pytest.raises(DataError, match="007.parquet: is not a readable Parquet file"):
        run(folder, tmp_path / "out", model)
    assert not (tmp_path / "out").exists()


def test_a_column_that_changes_its_type_is_passed_on_as_text(model: Path, tmp_path: Path) -> None:
    """And one that a file lacks is empty there."""
    folder = tmp_path / "in"
    folder.mkdir()
    pq.write_table(pa.table({"text": ["太慢了"], "order": [7], "n": [1]}), folder / "a.parquet")
    pq.write_table(pa.table({"text": ["很好"], "order": ["B-8"], "n": [1.5]}), folder / "b.parquet")
    pq.write_table(pa.table({"text": ["在吗"]}), folder / "c.parquet")
    run(folder, tmp_path / "out.parquet", model)
    rows = pq.read_table(tmp_path / "out.parquet", columns=["order", "n"]).to_pydict()
    assert rows == {"order": ["7", "B-8", None], "n": [1.0, 1.5, None]}


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
@pytest.mark.parametrize("kind", [".csv", ".jsonl"])
def test_a_packed_file_is_read_like_a_plain_one(tmp_path: Path, kind: str, suffix: str) -> None:
    """Exports of millions of rows come packed."""
    path = tmp_path / f"in{kind}"
    if kind == ".csv":
        mixed_rows().to_csv(path, index=False)
    else:
        mixed_rows().to_json(path, orient="records", lines=True, force_ascii=False)
    packed = compress(path, suffix)
    assert [b.rows for b in read_batches(packed)] == [b.rows for b in read_batches(path)]


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_packed_file_that_ends_early_is_named_with_the_line(
    model: Path, tmp_path: Path, suffix: str
) -> None:
    """Before any row of it is scored: the copy was cut off."""
    path = tmp_path / "in.csv"
    path.write_bytes(
        b"text,n\n" + b"".join(b"%s,%d\n" % (os.urandom(9).hex().encode(), i) for i in range(5000))
    )
    packed = compress(path, suffix)
    packed.write_bytes(packed.read_bytes()[: packed.stat().st_size // 2])
    with pytest.raises(DataError, match=rf"in.csv{suffix}: .*ends early after line \d+"):
        run(packed, tmp_path / "out", model)
    assert not (tmp_path / "out").exists()


def test_a_file_that_grows_while_it_is_read_is_named(model: Path, tmp_path: Path) -> None:
    """Its last row may be half a row; no part with doubtful rows is kept."""
    source = tmp_path / "in.csv"
    mixed_rows().to_csv(source, index=False)

    def append(summary: Summary) -> None:
        if summary.rows_in == 50:
            with source.open("a") as file:
                file.write("太慢了,")

    with pytest.raises(
        DataError, match=r"in.csv: changed while it was read, up to row \d+ .*40 rows"
    ):
        run(source, tmp_path / "out", model, on_batch=append)


@pytest.mark.slow
def test_a_quote_that_breaks_in_the_third_million_costs_one_row(tmp_path: Path) -> None:
    """The rows behind it are rows again, and the message names row and line."""
    n_before = 3_000_000
    path = tmp_path / "in.csv"
    with path.open("wb") as file:
        file.write(b"text\n" + b"ok\n" * n_before)
        file.write('"从这里断开\n好用\n很好\n'.encode())
    reader = CsvReader(path)
    bad = [(n, r) for n, r in enumerate(reader.records(), 1) if r.cells is None or n > n_before]
    (row, record), *rest = bad
    assert (row, record.line_number, record.code) == (n_before + 1, n_before + 2, "broken_quote")
    assert [r.cells for _, r in rest] == [["好用"], ["很好"]]


@pytest.mark.slow
def test_a_workbook_of_200_mb_is_read_in_little_memory(tmp_path: Path) -> None:
    """Row by row: the process stays below 0.9 GB, and no row is lost."""
    import zipfile

    path, n_rows, text = tmp_path / "big.xlsx", 4_000, "质量很差" * 4_200
    pd.DataFrame({"text": ["x"]}).to_excel(path, index=False)
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    head, tail = parts.pop(name).split(b"</sheetData>")
    row = f'<row><c t="inlineStr"><is><t>{text}</t></is></c></row>'.encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as book:
        for other, content in parts.items():
            book.writestr(other, content)
        with book.open(name, "w") as sheet:
            sheet.write(head + row * n_rows + b"</sheetData>" + tail)
    assert path.stat().st_size > 200_000_000
    code = (
        "import re, sys; from pathlib import Path; from pipeline.ingest import read_batches; "
        "n = sum(b.n_rows_in for b in read_batches(sys.argv[1], batch_rows=256)); "
        # getrusage would count the peak of the process that started this one.
        "print(n, re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    n_read, peak_kb = map(int, done.stdout.split())
    assert n_read == n_rows + 1
    assert peak_kb < 900_000


@pytest.mark.slow
def test_from_standard_input_to_standard_output(model: Path, tmp_path: Path) -> None:
    """Packed JSONL in, CSV out, the rejected row beside, nothing else on standard output."""
    lines = '{"text": "太慢了"}\n{"text": ""}\n{"text": "很好"}\n'
    command = ["score", "-", "-o", "-", "--format", "csv", "--workers", "1", "--model", str(model)]
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "from pipeline.cli import run; run()",
            *command,
            "--as-of",
            AT.isoformat(),
        ],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=gzip.compress(lines.encode()),
        capture_output=True,
        check=True,
    )
    (tmp_path / "out.csv").write_bytes(done.stdout)
    assert list(pd.read_csv(tmp_path / "out.csv")["text"]) == ["太慢了", "很好"]
    rejected = json.loads((tmp_path / "stdout.rejected.jsonl").read_text())
    assert (rejected["row_number"], rejected["code"]) == (2, "missing_text")


def test_a_folder_without_a_readable_file_is_refused(model: Path, tmp_path: Path) -> None:
    """And so is a pattern that matches nothing."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").touch()
    with pytest.raises(DataError, match="in: holds no file that can be read"):
        run(tmp_path / "in", tmp_path / "out", model)
    with pytest.raises(DataError, match="matches no file that can be read"):
        run(tmp_path / "in" / "*.csv", tmp_path / "out", model)
