"""A file of feedback in, a file of results out, and every row in one of the two files beside it."""

from __future__ import annotations

import errno
import json
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from models.analysis import FeedbackModel
from models.errors import ArtifactError, DataError
from models.results import RESULT_FIELDS
from pipeline import score
from pipeline.score import Summary, main, score_file
from tests.tiny import tiny_corpus

AT = datetime(2026, 11, 23, 9)
SUFFIXES = (".csv", ".jsonl", ".parquet", ".xlsx")
TEXTS = [*list(tiny_corpus()["text"])[:6], "", "手机13812345678收不到验证码"]
N_REJECTED = 1


def write_rows(path: Path, texts: list[str], **columns: list[Any]) -> Path:
    rows = pd.DataFrame({"text": texts, **columns})
    if path.suffix == ".csv":
        rows.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        rows.to_json(path, orient="records", lines=True, force_ascii=False)
    elif path.suffix == ".parquet":
        rows.to_parquet(path, index=False)
    else:
        rows.to_excel(path, index=False)
    return path


def read_rows(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, encoding="utf-8-sig")
    if path.suffix == ".jsonl":
        return pd.read_json(path, lines=True)
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_excel(path)


def rejected_rows(output: Path) -> list[dict[str, Any]]:
    path = output.with_name(output.name + ".rejected.jsonl")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Eight rows, one of them without a text."""
    ids = [f"F{i}" for i in range(len(TEXTS))]
    return write_rows(tmp_path / "in.csv", TEXTS, feedback_id=ids, shop=["东门店"] * len(TEXTS))


@pytest.fixture
def output(tmp_path: Path) -> Path:
    """Where to, in a folder of its own."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out" / "scored.parquet"


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_row_is_lost_from_any_format(tiny_model: Path, tmp_path: Path, suffix: str) -> None:
    """Rows in are rows scored and rows rejected, in the files as in the summary."""
    # An Excel row without any cell is no row.
    source = write_rows(tmp_path / f"in{suffix}", TEXTS, shop=["东门店"] * len(TEXTS))
    output = tmp_path / "out.jsonl"
    summary = score_file(source, output, model=tiny_model, as_of=AT)
    assert (summary.rows_in, summary.scored, summary.rejected) == (8, 7, N_REJECTED)
    assert len(read_rows(output)) == summary.scored
    assert len(rejected_rows(output)) == summary.rejected


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_no_row_is_lost_into_any_format(
    tiny_model: Path, source: Path, tmp_path: Path, suffix: str
) -> None:
    """Every format holds every field, in the order of the design."""
    output = tmp_path / f"out{suffix}"
    score_file(source, output, model=tiny_model, as_of=AT)
    rows = read_rows(output)
    assert tuple(rows.columns[: len(RESULT_FIELDS)]) == RESULT_FIELDS
    assert list(rows["feedback_id"]) == ["F0", "F1", "F2", "F3", "F4", "F5", "F7"]
    assert set(rows["shop"]) == {"东门店"}


def test_a_file_is_scored_as_its_rows_are(
    tiny_model: Path, feedback_model: FeedbackModel, source: Path, output: Path
) -> None:
    """Reading and writing change no answer."""
    score_file(source, output, model=tiny_model, as_of=AT)
    rows = [{"text": text} for text in TEXTS if text]
    said = [(r.text, r.type, r.urgency_score) for r in feedback_model.analyze(rows, AT)]
    table = pq.read_table(output).to_pylist()
    assert [(r["text"], r["type"], r["urgency_score"]) for r in table] == said


def test_a_rejected_row_keeps_its_number_content_and_reason(
    tiny_model: Path, source: Path, output: Path
) -> None:
    """Somebody must be able to mend it."""
    score_file(source, output, model=tiny_model, as_of=AT)
    (row,) = rejected_rows(output)
    assert "F6" in json.dumps(row, ensure_ascii=False)
    assert row["reason"]


def test_only_the_output_and_its_rejected_rows_are_written(
    tiny_model: Path, source: Path, output: Path
) -> None:
    """`OUT.rejected.jsonl`, as the design names it, and no temporary file."""
    score_file(source, output, model=tiny_model, as_of=AT)
    names = sorted(path.name for path in output.parent.iterdir())
    assert names == ["scored.parquet", "scored.parquet.rejected.jsonl"]


def test_personal_data_does_not_reach_the_output(
    tiny_model: Path, source: Path, tmp_path: Path
) -> None:
    """Only masked text is stored."""
    score_file(source, tmp_path / "out.jsonl", model=tiny_model, as_of=AT)
    assert "13812345678" not in (tmp_path / "out.jsonl").read_text(encoding="utf-8")


def test_another_text_column_can_be_named(tiny_model: Path, tmp_path: Path) -> None:
    """Few systems call it text."""
    pd.DataFrame({"评论": ["客服骂人"]}).to_csv(tmp_path / "in.csv", index=False)
    out = tmp_path / "out.csv"
    summary = score_file(tmp_path / "in.csv", out, text_column="评论", model=tiny_model, as_of=AT)
    assert summary.scored == 1


def test_batches_do_not_show(
    tiny_model: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same bytes whether rows come by two or all at once."""
    score_file(source, tmp_path / "all.csv", model=tiny_model, as_of=AT)
    monkeypatch.setattr(score, "BATCH_ROWS", 2)
    seen: list[int] = []
    score_file(
        source,
        tmp_path / "two.csv",
        model=tiny_model,
        as_of=AT,
        on_batch=lambda summary: seen.append(summary.rows_in),
    )
    assert seen == [2, 4, 6, 8]
    assert (tmp_path / "two.csv").read_bytes() == (tmp_path / "all.csv").read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_two_workers_write_the_same_bytes(
    tiny_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """Other workers must not change a byte: results come back in file order."""
    monkeypatch.setattr(score, "BATCH_ROWS", 16)
    source = write_rows(tmp_path / "in.csv", list(tiny_corpus()["text"]) * 4)
    for workers in (1, 2):
        output = tmp_path / f"{workers}{suffix}"
        score_file(source, output, model=tiny_model, workers=workers, as_of=AT)
    assert (tmp_path / f"1{suffix}").read_bytes() == (tmp_path / f"2{suffix}").read_bytes()


def test_a_file_without_a_usable_row_still_gives_both_files(
    tiny_model: Path, tmp_path: Path
) -> None:
    """An empty result is a result: the schema stands."""
    source, output = write_rows(tmp_path / "in.jsonl", ["", " "]), tmp_path / "out.parquet"
    summary = score_file(source, output, model=tiny_model, as_of=AT)
    assert (summary.scored, summary.rejected) == (0, 2)
    assert tuple(pq.read_schema(output).names[: len(RESULT_FIELDS)]) == RESULT_FIELDS


@pytest.mark.parametrize("workers", [1, 2])
def test_a_bad_model_folder_leaves_nothing_behind(
    tiny_model: Path, source: Path, output: Path, tmp_path: Path, workers: int
) -> None:
    """The model is looked at before any output is opened."""
    bad = Path(shutil.copytree(tiny_model, tmp_path / "bad"))
    (bad / "heads.safetensors").write_bytes(b"")
    with pytest.raises(ArtifactError, match="heads.safetensors"):
        score_file(source, output, model=bad, workers=workers, as_of=AT)
    assert list(output.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("target", "method"),
    [("pyarrow.parquet.ParquetWriter", "write_table"), ("os", "fsync")],
)
def test_a_full_disk_leaves_nothing_behind(
    tiny_model: Path,
    source: Path,
    output: Path,
    monkeypatch: pytest.MonkeyPatch,
    target: str,
    method: str,
) -> None:
    """Neither half a table nor rejected rows of a run that gave none."""

    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(f"{target}.{method}", fail)
    with pytest.raises(DataError, match=r"scored.parquet: the disk is full"):
        score_file(source, output, model=tiny_model, as_of=AT)
    assert list(output.parent.iterdir()) == []


def test_an_error_half_way_leaves_the_older_output(
    tiny_model: Path, source: Path, output: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Last week's results are better than half of this week's."""
    output.write_bytes(b"old")
    monkeypatch.setattr(score, "BATCH_ROWS", 2)

    def stop(summary: Summary) -> None:
        if summary.rows_in > 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_file(source, output, model=tiny_model, as_of=AT, on_batch=stop)
    assert output.read_bytes() == b"old"
    assert list(output.parent.iterdir()) == [output]


def test_a_moment_that_is_missing_is_the_runs(tiny_model: Path, tmp_path: Path) -> None:
    """And a row's own one wins."""
    moments = ["2026-01-05 09:00:00", None]
    source = write_rows(tmp_path / "in.csv", ["太慢了", "太贵了"], created_at=moments)
    score_file(source, tmp_path / "out.parquet", model=tiny_model, as_of=AT)
    due = pq.read_table(tmp_path / "out.parquet").column("acknowledge_due").to_pylist()
    assert [moment.month for moment in due] == [1, 11]


def test_the_summary_is_ready_for_json(tiny_model: Path, source: Path, output: Path) -> None:
    """`--json` prints it."""
    record = score_file(source, output, model=tiny_model, as_of=AT).as_record()
    assert json.loads(json.dumps(record)) == record
    assert sum(record["by_type"].values()) == record["scored"]
    assert sum(record["by_urgency"].values()) == record["scored"]


def test_a_cell_that_could_not_be_used_is_counted(tiny_model: Path, tmp_path: Path) -> None:
    """The row is scored without it, and the run says so."""
    source = write_rows(tmp_path / "in.csv", ["太慢了", "太贵了"], csat=["9", "1"])
    summary = score_file(source, tmp_path / "out.csv", model=tiny_model, as_of=AT)
    assert summary.scored == 2
    assert sum(summary.warnings.values()) == 1


def test_context_columns_reach_the_model(tiny_model: Path, tmp_path: Path) -> None:
    """Third contact: high."""
    source = write_rows(tmp_path / "in.csv", ["在吗", "在吗"], contact_count=[1, 3])
    score_file(source, tmp_path / "out.parquet", model=tiny_model, as_of=AT)
    assert pq.read_table(tmp_path / "out.parquet").column("urgency")[1] == pa.scalar("high")


@pytest.mark.parametrize(("content", "message"), [(None, "cannot be read"), (b" \n", "is empty")])
def test_a_bad_key_file_is_refused_by_name(
    tiny_model: Path, source: Path, output: Path, content: bytes | None, message: str
) -> None:
    """Without a key customer ids would be dropped though somebody asked to keep them."""
    key = output.parent / "key"
    if content is not None:
        key.write_bytes(content)
    with pytest.raises(DataError, match=f"key: {message}"):
        main(source, output, model=tiny_model, workers=1, as_of=AT, customer_key_file=key)
