"""The formats of a part, and one file made of all parts.

A part of CSV or JSONL is a piece of the final file, so putting them together is copying. Parts on
the way to one Parquet or Excel file are Arrow files, which cost next to nothing to write and read.
"""

from __future__ import annotations

import gzip
import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from pipeline.output_formats import BatchWriter, make_writer

PART_SUFFIXES = {
    "parquet": ".parquet",
    "csv": ".csv",
    "jsonl": ".jsonl",
    "arrow": ".arrow",
}
COUNTED = ["type", "urgency"]
# The format of the parts for each kind of single file.
PART_FORMATS = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "arrow", ".xlsx": "arrow"}


@dataclass(frozen=True)
class Scored:
    """The results of one batch.

    Attributes:
        rows: The scored rows; only the columns to count by where `body` holds them all.
        body: The rows as bytes of the output's format, where batches can follow each other so.
    """

    rows: pa.RecordBatch
    body: bytes | None = None


def encode(rows: pa.RecordBatch, format_: str) -> Scored:
    """Write a batch in the part's format, if that can be done batch by batch.

    Args:
        rows: Scored rows.
        format_: A key of `PART_SUFFIXES`.

    Returns:
        The batch, as bytes for CSV and JSONL.
    """
    if format_ not in ("csv", "jsonl"):
        return Scored(rows)
    out = io.BytesIO()
    with make_writer(PART_SUFFIXES[format_], out, rows.schema, "part") as writer:
        writer.write(rows)
    n_head = len(_csv_head(rows.schema)) if format_ == "csv" else 0
    return Scored(rows.select(COUNTED), out.getvalue()[n_head:])


@contextmanager
def open_part(format_: str, file: BinaryIO, schema: pa.Schema) -> Iterator[PartTable]:
    """Start a part.

    Args:
        format_: A key of `PART_SUFFIXES`.
        file: Where to.
        schema: The schema of every batch.

    Yields:
        What takes the batches.
    """
    if format_ == "arrow":
        options = pa.ipc.IpcWriteOptions(compression="lz4", use_threads=False)
        with pa.ipc.new_file(file, schema, options=options) as batches:
            yield PartTable(file, batches)
    elif format_ == "parquet":
        with make_writer(".parquet", file, schema, "part") as writer:
            yield PartTable(file, writer)
    else:
        yield PartTable(file, None)


class PartTable:
    """Takes the batches of one part.

    Args:
        file: Where bytes go.
        writer: Where rows go; None if all come as bytes.
    """

    def __init__(self, file: BinaryIO, writer: BatchWriter | None) -> None:
        self._file = file
        self._writer = writer

    def write(self, scored: Scored) -> None:
        """Add a batch.

        Args:
            scored: Its results.
        """
        if scored.body is not None:
            self._file.write(scored.body)
        elif self._writer is not None:
            self._writer.write(scored.rows)


def assemble(
    parts: Sequence[Path], suffix: str, file: BinaryIO, schema: pa.Schema, name: str
) -> None:
    """Make one file of all parts.

    Args:
        parts: The parts, in order.
        suffix: The format of the file, such as `.csv`.
        file: Where to.
        schema: The schema of the rows.
        name: The file's name, for errors.
    """
    if suffix in (".csv", ".jsonl"):
        if suffix == ".csv":
            file.write(_csv_head(schema))
        for part in parts:
            with part.open("rb") as piece:
                shutil.copyfileobj(piece, file, 1 << 20)
        return
    with make_writer(suffix, file, schema, name) as writer:
        for part in parts:
            with pa.memory_map(str(part)) as source, pa.ipc.open_file(source) as batches:
                for i in range(batches.num_record_batches):
                    writer.write(batches.get_batch(i))


@contextmanager
def compressed(file: BinaryIO, suffix: str) -> Iterator[BinaryIO]:
    """Compress what is written.

    Args:
        file: Where to.
        suffix: `.gz`, `.zst` or another, which compresses nothing.

    Yields:
        What to write to; the same content gives the same bytes.
    """
    if suffix == ".gz":
        with gzip.GzipFile("", "wb", 6, file, mtime=0) as packed:
            yield cast(BinaryIO, packed)
    elif suffix == ".zst":
        with pa.CompressedOutputStream(pa.PythonFile(_KeptOpen(file), "w"), "zstd") as stream:
            yield stream
    else:
        yield file


class _KeptOpen:
    """A file that Arrow may write to and not close: it is still to be flushed to the disk."""

    def __init__(self, file: BinaryIO) -> None:
        self.write = file.write
        self.flush = file.flush
        self.closed = False

    def close(self) -> None:
        self.closed = True


def _csv_head(schema: pa.Schema) -> bytes:
    head = io.BytesIO()
    with make_writer(".csv", head, schema, "head"):
        pass
    return head.getvalue()
