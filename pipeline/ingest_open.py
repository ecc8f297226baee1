"""The reader that fits a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from models.errors import DataError
from pipeline.ingest_batch import RawRows
from pipeline.ingest_bytes import COMPRESSED, plain_suffix
from pipeline.ingest_csv import CsvReader
from pipeline.ingest_excel import ExcelReader
from pipeline.ingest_jsonl import JsonlReader
from pipeline.ingest_parquet import ParquetReader

SUFFIXES = (".csv", ".jsonl", ".ndjson", ".parquet", ".pq", ".xlsx", ".xlsm")
_TEXT_SUFFIXES = (".csv", ".jsonl", ".ndjson")


class Reader(Protocol):
    """Reads one kind of file."""

    header: list[str]

    def read(self, names: list[str], batch_rows: int) -> Iterator[RawRows]:
        """Read all rows."""
        ...


def open_reader(path: Path) -> Reader:
    """Open a file of feedback and read its header.

    Args:
        path: The file.

    Returns:
        Its reader.

    Raises:
        DataError: If the file is of no supported kind, empty or cannot be read.
    """
    try:
        return _open(path)
    except OSError as error:
        raise unreadable(path, error) from error


def is_supported(path: Path) -> bool:
    """Tell by its name whether a file can be read.

    Args:
        path: The file.

    Returns:
        True for the kinds that `open_reader` takes.
    """
    suffix = plain_suffix(path)
    allowed = _TEXT_SUFFIXES if path.suffix.lower() in COMPRESSED else SUFFIXES
    return suffix in allowed


def unreadable(path: Path, error: OSError) -> DataError:
    """Say why a file cannot be read.

    Args:
        path: The file.
        error: What the system said.

    Returns:
        The error for people.
    """
    why = {
        FileNotFoundError: "does not exist; check the path",
        IsADirectoryError: "is a folder; name a file in it",
        PermissionError: "may not be read; check its permissions",
    }.get(type(error), f"cannot be read ({' '.join(str(error.strerror or error).split())})")
    return DataError(f"{path}: {why}")


def _open(path: Path) -> Reader:
    suffix = plain_suffix(path)
    if not is_supported(path):
        known = ", ".join((*SUFFIXES, *(f".csv{c}, .jsonl{c}" for c in COMPRESSED)))
        raise DataError(
            f"{path}: unsupported kind of file {path.suffix.lower() or 'without suffix'!r}; "
            f"use {known}"
        )
    if not path.is_dir() and path.stat().st_size == 0:
        raise DataError(f"{path}: is empty; expected at least one row with a text")
    if suffix == ".csv":
        return CsvReader(path)
    if suffix in (".jsonl", ".ndjson"):
        return JsonlReader(path)
    return ParquetReader(path) if suffix in (".parquet", ".pq") else ExcelReader(path)
