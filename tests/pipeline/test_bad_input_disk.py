"""Places that cannot take the output: a clear message, and no half-written file."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from models.errors import DataError
from pipeline.output import atomic_writer, write_batches

ROOT = Path(__file__).parents[2]
ROWS = pa.record_batch({"text": [os.urandom(500).hex() for _ in range(400)]})

# Runs alone, because the limit holds for the whole process and cannot be lifted again.
LIMITED = """
import random, resource, sys
import pyarrow as pa
from models.errors import DataError
from pipeline.output import write_batches
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
rows = pa.record_batch({"text": [random.Random(i).randbytes(250).hex() for i in range(2000)]})
try:
    write_batches(sys.argv[1], [rows])
except DataError as error:
    sys.exit(str(error))
"""


def disk_full(*_: object) -> None:
    """Fail as a write to a full disk does."""
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.skipif(sys.platform == "win32", reason="no file size limits on Windows")
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_a_file_that_hits_its_limit_is_removed_with_a_message(tmp_path: Path, suffix: str) -> None:
    """A real failing write, in the middle of the rows."""
    out = tmp_path / f"out{suffix}"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(out)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert f"{out}: the limit on the size of a file was reached" in done.stderr
    assert "MB already written, which were removed again" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_a_full_disk_says_what_is_free_and_what_was_needed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """The user must know how much room to make; an older output stays."""
    out = tmp_path / f"out{suffix}"
    out.write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", disk_full)
    with pytest.raises(DataError) as caught:
        write_batches(out, [ROWS])
    message = str(caught.value)
    assert message.startswith(f"{out}: the disk is full, ")
    assert "MB are free; make room or write elsewhere" in message
    assert out.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [out]


def test_a_disk_that_fills_while_writing_is_told(tmp_path: Path) -> None:
    """The error may come from any write, not only from the last flush."""
    with pytest.raises(DataError, match="the disk is full"), atomic_writer(tmp_path / "a") as file:
        file.write(b"x")
        disk_full()
    assert list(tmp_path.iterdir()) == []


def test_another_error_inside_the_block_is_left_alone(tmp_path: Path) -> None:
    """A file that the scorer cannot read is not the output's fault."""
    with pytest.raises(FileNotFoundError), atomic_writer(tmp_path / "a"):
        (tmp_path / "nowhere").read_bytes()
    assert list(tmp_path.iterdir()) == []


def make_folder(path: Path) -> None:
    """Put a folder where the output should go."""
    path.mkdir()


def make_pipe(path: Path) -> None:
    """Put a pipe where the output should go; renaming over a device would replace it."""
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("make", "message"), [(make_folder, "is a folder"), (make_pipe, "is no ordinary file")]
)
def test_a_target_that_is_no_file_is_refused(
    tmp_path: Path, make: Callable[[Path], None], message: str
) -> None:
    """Before any row is written."""
    make(tmp_path / "out.csv")
    with pytest.raises(DataError, match=message):
        write_batches(tmp_path / "out.csv", [ROWS])


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    """A part of the path is a file."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(DataError, match="cannot be written"):
        write_batches(tmp_path / "file" / "sub" / "out.csv", [ROWS])
