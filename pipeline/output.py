"""Writing results: whole or not at all, in a format that the suffix names.

A file is written under a hidden temporary name beside its target and renamed at the end, so nobody
ever reads half of it and a failed run leaves the old one. CSV cells that a spreadsheet would run as
a formula get a leading apostrophe, as OWASP advises.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import chain
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from models.errors import DataError
from pipeline.ingest_batch import Rejected
from pipeline.output_formats import SUFFIXES, BatchWriter, make_writer

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_MB = 1_000_000


@contextmanager
def atomic_writer(path: str | Path) -> Iterator[BinaryIO]:
    """Open a file that appears under its name only once it is complete.

    Args:
        path: The target; its folder is made if need be, a link is followed.

    Yields:
        A binary file. When the block ends it is flushed to the disk and renamed; when the block
        raises, it is removed and an older file of that name stays.

    Raises:
        DataError: If the target cannot be written or the disk is full; says what to do.
    """
    target = Path(path).resolve()
    temporary = target.with_name(f".{target.name[:100]}.{secrets.token_hex(6)}.tmp")
    file = _open_temporary(path, target, temporary)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
        _sync_folder(target.parent)
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise _explain_full(path, temporary, error) from error
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def open_writer(path: str | Path, schema: pa.Schema) -> Iterator[BatchWriter]:
    """Open a table for writing batch by batch; see `atomic_writer` for when it appears.

    Args:
        path: Where to; .csv, .jsonl, .parquet or .xlsx.
        schema: The schema of every batch.

    Yields:
        A writer; call `write` with each batch.

    Raises:
        DataError: If the suffix is unknown, the target cannot be written or the format cannot
            hold the rows.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise DataError(f"{path}: cannot write {suffix or 'a file without suffix'}; use {known}")
    with atomic_writer(path) as file, make_writer(suffix, file, schema, str(path)) as writer:
        yield writer


def write_batches(
    path: str | Path, batches: Iterable[pa.RecordBatch], schema: pa.Schema | None = None
) -> int:
    """Write a stream of batches to one file.

    Args:
        path: Where to; .csv, .jsonl, .parquet or .xlsx.
        batches: Record batches of one schema.
        schema: That schema; None takes it from the first batch.

    Returns:
        How many rows were written.

    Raises:
        DataError: As `open_writer`.
        ValueError: If there is neither a batch nor a schema.
    """
    stream = iter(batches)
    if schema is None:
        first = next(stream, None)
        if first is None:
            raise ValueError(f"{path}: no batch and no schema; pass the schema of an empty table")
        schema, stream = first.schema, chain([first], stream)
    n_rows = 0
    with open_writer(path, schema) as writer:
        for batch in stream:
            writer.write(batch)
            n_rows += batch.num_rows
    return n_rows


def rejected_path(path: str | Path) -> Path:
    """Name the file for the rows that an output lacks.

    Args:
        path: The output.

    Returns:
        `OUT.rejected.jsonl` beside it, for `results.csv` that is `results.csv.rejected.jsonl`.
    """
    path = Path(path)
    return path.with_name(f"{path.name}.rejected.jsonl")


class RejectedWriter:
    """Writes rejected rows, one JSON object a line.

    Args:
        file: Where to.

    Attributes:
        n_rows: Rows written so far.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.n_rows = 0

    def write(self, rejected: Iterable[Rejected]) -> None:
        """Add rows.

        Args:
            rejected: Rejected rows, in row order.
        """
        for row in rejected:
            line = json.dumps(asdict(row), ensure_ascii=False)
            self._file.write(line.encode("utf-8", "backslashreplace") + b"\n")
            self.n_rows += 1


@contextmanager
def open_rejected(path: str | Path) -> Iterator[RejectedWriter]:
    """Open the file for an output's rejected rows; it is written even when there are none.

    Args:
        path: The output, not the file itself.

    Yields:
        A writer for the rows as they come.

    Raises:
        DataError: As `atomic_writer`.
    """
    with atomic_writer(rejected_path(path)) as file:
        yield RejectedWriter(file)


def _open_temporary(path: str | Path, target: Path, temporary: Path) -> BinaryIO:
    if target.exists() and not target.is_file():
        kind = "is a folder" if target.is_dir() else "is no ordinary file"
        raise DataError(f"{path}: {kind}; name a file to write")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        return temporary.open("xb")
    except OSError as error:
        if error.errno in _DISK_FULL:
            raise _explain_full(path, temporary, error) from error
        reason = error.strerror or str(error)
        raise DataError(f"{path}: cannot be written ({reason}); choose another place") from error


def _explain_full(path: str | Path, temporary: Path, error: OSError) -> DataError:
    n_written = temporary.stat().st_size if temporary.exists() else 0
    if error.errno == errno.EFBIG:
        limit = "the limit on the size of a file was reached; raise it (ulimit -f)"
    else:
        n_free = shutil.disk_usage(temporary.parent).free
        limit = f"the disk is full, {n_free / _MB:,.1f} MB are free; make room"
    return DataError(
        f"{path}: {limit} or write elsewhere; it needs more than the {n_written / _MB:,.1f} MB "
        "already written, which were removed again"
    )


def _sync_folder(folder: Path) -> None:
    """Make the rename itself last; where folders cannot be opened (Windows) it needs no help."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
