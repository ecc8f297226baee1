"""Reading feedback: any supported file becomes batches of rows of one schema, and no row is lost.

A row is kept or rejected with its raw content and the reason. Rejected are: no usable text
(missing, blank, over 20,000 characters), a record that cannot be taken apart or decoded, a cell
over a million characters, an id used before. A bad optional cell only loses itself: it becomes null
(an unknown channel becomes `other`) and is counted in a warning. NULs are taken out of texts.

Rows without `feedback_id` get `CF` + yyyymmdd + 10 hex digits of a SHA-256 over all their cells, in
the order of column names, customer ids in their hashed form. Equal rows are numbered in file order:
ids are unique, and neither the size of a batch nor a shuffle of the file changes them as a whole.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import pyarrow as pa

from models.errors import DataError
from pipeline.ingest_assemble import ROW_COLUMNS, Assembler
from pipeline.ingest_batch import CellWarning, RawRows, Rejected, RowBatch
from pipeline.ingest_csv import CsvReader
from pipeline.ingest_dates import read_moment
from pipeline.ingest_excel import ExcelReader
from pipeline.ingest_jsonl import JsonlReader
from pipeline.ingest_parquet import ParquetReader

__all__ = ["ROW_COLUMNS", "SUFFIXES", "CellWarning", "Rejected", "RowBatch", "read_batches"]

SUFFIXES = (".csv", ".jsonl", ".ndjson", ".parquet", ".pq", ".xlsx", ".xlsm")

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", "，": "full-width commas"}


class _Reader(Protocol):
    header: list[str]

    def read(self, names: list[str], batch_rows: int) -> Iterator[RawRows]: ...


def read_batches(
    path: str | Path,
    *,
    text_column: str = "text",
    batch_rows: int = 4096,
    as_of: datetime | None = None,
    customer_key: bytes | None = None,
) -> Iterator[RowBatch]:
    """Read a file of feedback a batch at a time.

    The file's header is checked here, before the first batch is asked for. Memory holds one batch,
    the longest record, and 8 bytes a row to keep ids unique.

    Args:
        path: A .csv, .jsonl, .parquet or .xlsx file; UTF-8, UTF-8 with BOM or GB18030.
        text_column: The column with the customer's words; it is called `text` in the batches, and
            another column of that name `input_text`.
        batch_rows: Data rows in a batch, rejected ones included.
        as_of: Stands in for a missing `created_at`; naive means Asia/Shanghai.
        customer_key: Secret for hashing `customer_id`; without it the ids are dropped.

    Returns:
        Batches in file order, at least one, all with the same schema.

    Raises:
        DataError: If the file cannot be read or has no text column; names file, row and field.
        ValueError: If `batch_rows` is below 1 or `customer_key` is empty.
    """
    if batch_rows < 1:
        raise ValueError(f"batch_rows must be 1 or more, got {batch_rows}")
    if customer_key is not None and not customer_key:
        raise ValueError("customer_key must not be empty; give None to drop customer ids")
    path = Path(path)
    try:
        reader = _open(path)
    except OSError as error:
        raise _unreadable(path, error) from error
    names = _column_names(path, reader.header, text_column)
    types = getattr(reader, "column_types", _all_text)(names)
    moment = None if as_of is None else read_moment(as_of)
    assembler = Assembler(names, types, moment, customer_key)
    return _batches(path, reader, names, batch_rows, assembler)


def _batches(
    path: Path, reader: _Reader, names: list[str], batch_rows: int, assembler: Assembler
) -> Iterator[RowBatch]:
    n_batches = 0
    try:
        for raw in reader.read(names, batch_rows):
            yield assembler.assemble(raw)
            n_batches += 1
    except OSError as error:
        raise _unreadable(path, error) from error
    if not n_batches:
        yield assembler.assemble(RawRows({name: [] for name in names}, [], None, str, []))


def _open(path: Path) -> _Reader:
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        known = ", ".join(SUFFIXES)
        raise DataError(
            f"{path}: unsupported kind of file {suffix or 'without suffix'!r}; use {known}"
        )
    if not path.is_dir() and path.stat().st_size == 0:
        raise DataError(f"{path}: is empty; expected at least one row with a text")
    if suffix == ".csv":
        return CsvReader(path)
    if suffix in (".jsonl", ".ndjson"):
        return JsonlReader(path)
    return ParquetReader(path) if suffix in (".parquet", ".pq") else ExcelReader(path)


def _unreadable(path: Path, error: OSError) -> DataError:
    why = {
        FileNotFoundError: "does not exist; check the path",
        IsADirectoryError: "is a folder; name a file in it",
        PermissionError: "may not be read; check its permissions",
    }.get(type(error), f"cannot be read ({' '.join(str(error.strerror or error).split())})")
    return DataError(f"{path}: {why}")


def _all_text(names: Sequence[str]) -> dict[str, pa.DataType]:
    return dict.fromkeys(names, pa.string())


def _column_names(path: Path, header: Sequence[str], text_column: str) -> list[str]:
    """Give every column a name of its own, and the text column the name `text`."""
    found = [name.replace("\0", "").strip() for name in header]
    if text_column not in found:
        raise DataError(f"{path}: {_no_text(found, text_column)}")
    names: list[str] = []
    for i, name in enumerate(found, 1):
        if name in names and (name == text_column or name in ROW_COLUMNS):
            raise DataError(f"{path}: the column {name!r} stands twice; rename or remove one")
        wanted = "input_text" if name == "text" != text_column else name or f"column_{i}"
        names.append(_free_name(wanted, names, found))
    names[found.index(text_column)] = "text"
    return names


def _free_name(wanted: str, names: Sequence[str], found: Sequence[str]) -> str:
    if wanted not in names:
        return wanted
    n = 2
    while f"{wanted}_{n}" in names or f"{wanted}_{n}" in found:
        n += 1
    return f"{wanted}_{n}"


def _no_text(found: Sequence[str], text_column: str) -> str:
    message = f"no column {text_column!r}; found {', '.join(map(repr, found)) or 'none'}"
    by_folded = {name.casefold(): name for name in found}
    near = difflib.get_close_matches(text_column.casefold(), by_folded, n=1, cutoff=0.4)
    if near:
        nearest = by_folded[near[0]]
        return f"{message}; the nearest is {nearest!r}: use --text-column {nearest}"
    for separator, name in _OTHER_SEPARATORS.items():
        if len(found) == 1 and separator in found[0]:
            return f"{message}; the file is separated by {name}, expected commas"
    return f"{message}; name the column with the customers' words with --text-column"
