"""Whatever ends a run, the next one goes on, and nobody can tell from the output."""

from __future__ import annotations

import errno
import os
import shutil
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from models.errors import DataError
from pipeline.backlog import Stopped
from pipeline.backlog_lock import LOCK, only_run
from pipeline.ingest_many import ManyReader
from pipeline.score_summary import Summary
from tests.pipeline.backlog_job import AT, N_ROWS, die_in, make_job, mixed_rows, run, tree
from tests.pipeline.tiny_model import make_tiny_model

SUFFIXES = (".csv", ".jsonl", ".parquet", ".xlsx", ".csv.gz", ".jsonl.zst")


@pytest.fixture(scope="module")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model that says something else of every text; what it says means nothing."""
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The mixed rows as CSV."""
    mixed_rows().to_csv(tmp_path / "in.csv", index=False)
    return tmp_path / "in.csv"


@pytest.fixture
def whole(tiny_model: Path, source: Path, tmp_path: Path) -> dict[str, str]:
    """What a run leaves that nothing disturbs."""
    run(source, tmp_path / "whole", tiny_model)
    return tree(tmp_path / "whole")


def stop_after(n_rows: int):
    """Fail like a loose cable once so many rows are written."""

    def check(summary: Summary) -> None:
        if summary.rows_in >= n_rows:
            raise OSError(errno.EIO, "Input/output error")

    return check


def unfinished(
    source: Path, output: Path, model: Path, n_rows: int = 50, **changes: object
) -> None:
    """Leave an unfinished run behind."""
    with pytest.raises(OSError, match="Input/output"):
        run(source, output, model, on_batch=stop_after(n_rows), **changes)


def test_the_parts_hold_every_row(tiny_model: Path, source: Path, tmp_path: Path) -> None:
    """The manifest's counts, the parts and the rejected rows agree."""
    summary = run(source, tmp_path / "out", tiny_model)
    parts = sorted((tmp_path / "out" / "parts").iterdir())
    scored = pd.concat([pd.read_parquet(part) for part in parts])
    pieces = sorted((tmp_path / "out" / "rejected").iterdir())
    n_rejected = sum(len(piece.read_text().splitlines()) for piece in pieces)
    assert len(parts) == len(pieces) == 5
    assert (len(scored), n_rejected) == (summary.scored, summary.rejected)
    assert summary.rows_in == summary.scored + summary.rejected == N_ROWS
    assert scored["feedback_id"].is_unique


def test_a_crash_at_any_step_costs_no_byte(
    tiny_model: Path, source: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    """The process dies at the n-th time that it asks the disk to hold something, for every n."""
    out, n_crashes = tmp_path / "out", 0
    for step in range(1, 100, 3):
        shutil.rmtree(out, ignore_errors=True)
        calls = [0]

        def die(handle: int, calls: list[int] = calls, step: int = step) -> None:
            calls[0] += 1
            if calls[0] == step:
                os._exit(9)

        def attempt() -> None:
            os.fsync = die  # only in the process that dies
            run(source, out, tiny_model)

        if die_in(attempt) == 0:
            break
        n_crashes += 1
        run(source, out, tiny_model, resume=True)
        assert tree(out) == whole, step
    assert n_crashes > 4


def test_a_part_that_a_power_cut_damaged_is_made_again(
    tiny_model: Path, source: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    """A disk may lie about what it holds; digests do not."""
    out = tmp_path / "out"
    unfinished(source, out, tiny_model)
    part = max((out / "parts").iterdir())
    part.write_bytes(part.read_bytes()[:100])
    (out / "parts" / ".part-00009.parquet.abc.tmp").write_bytes(b"half")
    (out / "parts" / "part-00004.parquet").write_bytes(b"renamed, but not in the manifest")
    assert run(source, out, tiny_model, resume=True).rows_resumed == 20
    assert tree(out) == whole


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_one_file_is_the_same_after_a_stop(
    tiny_model: Path, source: Path, tmp_path: Path, suffix: str
) -> None:
    """And its parts are gone once it is there."""
    (tmp_path / "a").mkdir()
    run(source, tmp_path / "a" / f"out{suffix}", tiny_model)
    output = tmp_path / "b" / f"out{suffix}"
    with pytest.raises(Stopped):
        run(source, output, tiny_model, should_stop=lambda: True)
    assert not output.exists()
    summary = run(source, output, tiny_model, resume=True)
    assert (summary.rows_resumed, summary.rows_in) == (20, N_ROWS)
    if suffix != ".xlsx":  # a workbook holds the time at which it was made
        assert tree(tmp_path / "b") == tree(tmp_path / "a")
    assert len(tree(tmp_path / "b")) == 2


def test_a_finished_run_is_not_done_again(
    tiny_model: Path, source: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    """A script may say --resume always."""
    summary = run(source, tmp_path / "whole", tiny_model, resume=True)
    assert summary.rows_resumed == N_ROWS
    assert tree(tmp_path / "whole") == whole


def test_an_unfinished_run_is_not_thrown_away_unasked(
    tiny_model: Path, source: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    """Hours may lie in it."""
    out = tmp_path / "out"
    unfinished(source, out, tiny_model)
    with pytest.raises(
        DataError, match=r"40 rows in .*--resume, or throw them away with --restart"
    ):
        run(source, out, tiny_model)
    run(source, out, tiny_model, restart=True)
    assert tree(out) == whole


def test_another_model_is_refused(tiny_model: Path, source: Path, tmp_path: Path) -> None:
    """Half of the rows by one model and half by another would be worth nothing."""
    unfinished(source, tmp_path / "out", tiny_model)
    other = make_tiny_model(tmp_path / "other")
    with pytest.raises(DataError, match="cannot be resumed: the model was 'tiny-.*' and is now"):
        run(source, tmp_path / "out", other, resume=True)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"text_column": "shop"}, "--text-column was 'text' and is now 'shop'"),
        ({"as_of": AT + timedelta(days=1)}, "--as-of was"),
        ({"customer_key": b"secret"}, "the customer key was None"),
        ({"part_rows": 40}, "the size of a part was 20 and is now 40"),
    ],
)
def test_another_parameter_is_refused(
    tiny_model: Path, source: Path, tmp_path: Path, changes: dict[str, object], named: str
) -> None:
    """With its old and its new value."""
    unfinished(source, tmp_path / "out", tiny_model)
    with pytest.raises(DataError, match=named):
        run(source, tmp_path / "out", tiny_model, resume=True, **changes)


def test_another_input_is_refused(tiny_model: Path, source: Path, tmp_path: Path) -> None:
    """The rows that are done would not be rows of it."""
    unfinished(source, tmp_path / "out", tiny_model)
    source.write_text(source.read_text().replace("闪退", "卡顿"))
    with pytest.raises(DataError, match=r"in.csv is not what it was \(in.csv, "):
        run(source, tmp_path / "out", tiny_model, resume=True)


def test_the_moment_of_the_first_run_holds(tiny_model: Path, source: Path, tmp_path: Path) -> None:
    """Nobody types --as-of, and the clock has gone on."""
    out = tmp_path / "out"
    unfinished(source, out, tiny_model, as_of=None)
    assert run(source, out, tiny_model, resume=True, as_of=None).rows_resumed == 40


@pytest.mark.parametrize("after", [7, 9, 10])
def test_a_full_disk_keeps_what_is_done(
    tiny_model: Path,
    source: Path,
    whole: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    after: int,
) -> None:
    """Make room, and go on."""
    n_calls, real = [0], os.fsync

    def fill(handle: int) -> None:
        n_calls[0] += 1
        if n_calls[0] > after:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    out = tmp_path / "out"
    monkeypatch.setattr(os, "fsync", fill)
    with pytest.raises(DataError, match=r"/out: the disk is full, .*are kept: .*--resume"):
        run(source, out, tiny_model)
    monkeypatch.setattr(os, "fsync", real)
    assert not list(out.rglob(".*"))
    run(source, out, tiny_model, resume=True)
    assert tree(out) == whole


def test_a_disk_that_may_not_be_written_is_named(
    tiny_model: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a row is scored."""

    def refuse(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(DataError, match=r"/out: cannot be written \(Read-only file system\)"):
        run(source, tmp_path / "out", tiny_model)


def test_a_read_error_names_file_and_row_and_keeps_what_is_done(
    tiny_model: Path,
    source: Path,
    whole: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A network drive may come back."""
    real = ManyReader._widened

    def fail(self: ManyReader, raw, *rest):
        if raw.row_numbers[0] > 45:
            raise OSError(errno.EIO, "Input/output error")
        return real(self, raw, *rest)

    monkeypatch.setattr(ManyReader, "_widened", fail)
    with pytest.raises(DataError, match=r"in.csv: cannot be read .*; 40 rows in 2 parts are kept"):
        run(source, tmp_path / "out", tiny_model)
    monkeypatch.setattr(ManyReader, "_widened", real)
    run(source, tmp_path / "out", tiny_model, resume=True)
    assert tree(tmp_path / "out") == whole


def test_a_second_run_is_refused(tiny_model: Path, source: Path, tmp_path: Path) -> None:
    """Two writers would mix their parts; the first goes on undisturbed."""
    out = tmp_path / "out"
    refused: list[str] = []

    def intrude(_: Summary) -> None:
        with pytest.raises(DataError) as caught:
            run(source, out, tiny_model)
        refused.append(str(caught.value))

    run(source, out, tiny_model, on_batch=intrude)
    assert all(f"another run (process {os.getpid()}) is writing here" in text for text in refused)


def test_a_crash_leaves_no_lock(tiny_model: Path, source: Path, tmp_path: Path) -> None:
    """The file may stay; it locks nothing."""
    out = tmp_path / "out"

    def attempt() -> None:
        run(source, out, tiny_model, on_batch=lambda _: os._exit(9))

    assert die_in(attempt) == 9
    assert (out / LOCK).exists()
    assert run(source, out, tiny_model).rows_in == N_ROWS
    assert not (out / LOCK).exists()


def test_a_lock_is_free_again_at_the_end(tmp_path: Path) -> None:
    """And within the block it is not."""
    with only_run(tmp_path, "x"), pytest.raises(DataError), only_run(tmp_path, "x"):
        pass
    with only_run(tmp_path, "x"):
        pass


def test_a_folder_with_other_files_is_refused(
    tiny_model: Path, source: Path, tmp_path: Path
) -> None:
    """Somebody's documents are no place for parts."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "a.txt").write_text("a")
    with pytest.raises(DataError, match=r"docs: is a folder with other files \(a.txt\)"):
        run(source, tmp_path / "docs", tiny_model)
    assert [path.name for path in (tmp_path / "docs").iterdir()] == ["a.txt"]


def test_restart_throws_away_no_manifest_but_a_run_s(
    tiny_model: Path, source: Path, tmp_path: Path
) -> None:
    """A model's folder has a manifest too; the model would be lost with it."""
    model = make_tiny_model(tmp_path / "other")
    before = {path.name for path in model.iterdir()}
    with pytest.raises(DataError, match="is a folder with other files"):
        run(source, model, tiny_model, restart=True)
    assert {path.name for path in model.iterdir()} == before


def test_a_damaged_manifest_is_thrown_away_with_its_parts(
    tiny_model: Path, source: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    """Restart is the way out that its message names."""
    unfinished(source, tmp_path / "out", tiny_model)
    (tmp_path / "out" / "manifest.json").write_text("{")
    run(source, tmp_path / "out", tiny_model, restart=True)
    assert tree(tmp_path / "out") == whole


def test_rejected_rows_that_are_read_are_not_overwritten(tiny_model: Path, tmp_path: Path) -> None:
    """Scored again under the old name, the new run's rejected rows would take their place."""
    source = tmp_path / "out.csv.rejected.jsonl"
    source.write_text('{"row_number": 1, "raw": "很好"}\n')
    with pytest.raises(DataError, match="is the input too"):
        run(source, tmp_path / "out.csv", tiny_model, text_column="raw")
    assert "很好" in source.read_text()


def test_the_input_is_not_overwritten(tiny_model: Path, source: Path) -> None:
    """-o with the name of the input is a slip."""
    with pytest.raises(DataError, match="is the input too"):
        run(source, source, tiny_model)


def test_equal_rows_are_scored_once(
    tiny_model: Path, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Across batches too; only the deadlines are counted anew."""
    from models.analysis import FeedbackModel

    real, asked = FeedbackModel.analyze_timeless, []

    def count(self, columns, *rest):
        asked.extend(columns["text"])
        return real(self, columns, *rest)

    rows = pd.DataFrame({"text": ["太慢了", "很好"] * 20})
    rows["created_at"] = [f"2026-01-{1 + i % 20:02} 10:00:00" for i in range(40)]
    rows.to_csv(source, index=False)
    monkeypatch.setattr(FeedbackModel, "analyze_timeless", count)
    run(source, tmp_path / "out.jsonl", tiny_model)
    assert sorted(asked) == ["太慢了", "很好"]
    monkeypatch.setattr(FeedbackModel, "analyze_timeless", real)
    model = FeedbackModel.load(tiny_model)
    alone = [model.analyze([row])[0].resolve_due for row in rows.to_dict("records")]
    written = pd.read_json(tmp_path / "out.jsonl", lines=True)["resolve_due"]
    assert list(pd.to_datetime(written, utc=True)) == [pd.Timestamp(at) for at in alone]


def test_the_job_says_nothing_of_the_secret(source: Path, tiny_model: Path) -> None:
    """The manifest is kept beside the results."""
    job = make_job(source, tiny_model, customer_key=b"secret")
    assert "secret" not in str(job.parameters("v", "csv", AT))
