"""Standard input and output as ends of a run.

Standard input is kept in a temporary file first: which encoding a file is in, and which keys its
JSON has, can be told only from all of it. So memory stays small whatever comes, and the disk must
hold the input once.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from models.errors import DataError
from pipeline.backlog_manifest import REJECTED
from pipeline.ingest_bytes import open_bytes
from pipeline.output import atomic_writer, rejected_path

STANDARD = "-"
STREAM_FORMATS = ("jsonl", "csv", "parquet")
_PIECE = 1 << 20
_KINDS = {b"PAR1": ".parquet", b"PK\x03\x04": ".xlsx"}
_PACKED = {b"\x1f\x8b": ".gz", b"\x28\xb5\x2f\xfd": ".zst"}


@contextmanager
def ends(source: Path, output: Path, stream_format: str) -> Iterator[tuple[Path, Path]]:
    """Give a run files to work on where a person named standard input or output.

    Args:
        source: A file, folder or pattern; `-` is standard input.
        output: A file or folder; `-` is standard output.
        stream_format: The format for standard output.

    Yields:
        What to read and what to write; a result for standard output goes there at the end.

    Raises:
        DataError: If the format is unknown, or standard input is empty.
    """
    if STANDARD not in (str(source), str(output)):
        yield source, output
        return
    if stream_format not in STREAM_FORMATS:
        known = ", ".join(STREAM_FORMATS)
        raise DataError(f"--format {stream_format}: unknown; use one of {known}")
    with tempfile.TemporaryDirectory(prefix="huiyin-") as name:
        inner = _keep_input(Path(name)) if str(source) == STANDARD else source
        if str(output) != STANDARD:
            yield inner, output
            return
        outer = Path(name) / f"out.{stream_format}"
        yield inner, outer
        _pass_on(outer)


def rejected_place(output: Path) -> Path:
    """Tell where a run's rejected rows are.

    Args:
        output: As the person named it.

    Returns:
        The file, or for a folder of parts the folder.
    """
    if str(output) == STANDARD:
        return Path("stdout.rejected.jsonl")
    return output / REJECTED if output.is_dir() else rejected_path(output)


def _keep_input(folder: Path) -> Path:
    kept = folder / "stdin"
    with kept.open("wb") as file:
        shutil.copyfileobj(sys.stdin.buffer, file, _PIECE)
    with kept.open("rb") as file:
        head = file.read(4)
    if not head:
        raise DataError("standard input: is empty; expected at least one row with a text")
    packed = next((s for magic, s in _PACKED.items() if head.startswith(magic)), "")
    kept = kept.rename(folder / f"stdin{packed}")
    with open_bytes(kept) as plain:
        start = plain.read(64)
    kind = _KINDS.get(start[:4]) or (
        ".jsonl" if start.removeprefix(b"\xef\xbb\xbf").lstrip()[:1] == b"{" else ".csv"
    )
    return kept.rename(folder / f"stdin{kind}{packed}")


def _pass_on(outer: Path) -> None:
    rejected = rejected_path(outer)
    if rejected.stat().st_size:
        _keep_rejected(rejected, rejected_place(Path(STANDARD)))
    with outer.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer, _PIECE)
    sys.stdout.buffer.flush()


def _keep_rejected(rejected: Path, place: Path) -> None:
    """Write the rejected rows first: results without them would look complete."""
    with atomic_writer(place) as file, rejected.open("rb") as source:
        shutil.copyfileobj(source, file, _PIECE)
