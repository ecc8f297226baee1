"""Parquet: typed already; only its text columns can hold bytes that are no text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from models.errors import DataError
from pipeline.ingest_batch import RawRows, Rejected

_BUFFER_BYTES = 1 << 20


class ParquetReader:
    """Reads one Parquet file.

    Args:
        path: The file.

    Attributes:
        header: Its column names.
        n_rows: Its rows, as its footer says.

    Raises:
        DataError: If the file is not Parquet or is damaged.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._schema = pq.read_schema(path)
        except pa.ArrowException as error:
            raise DataError(f"{path}: is not a readable Parquet file ({_line(error)})") from error
        self.header: list[str] = list(self._schema.names)
        self.n_rows: int = pq.read_metadata(path).num_rows

    def read(self, names: list[str], batch_rows: int) -> Iterator[RawRows]:
        """Read all rows.

        Args:
            names: The names to give to the file's columns.
            batch_rows: Rows in a batch.

        Yields:
            Batches of rows; those with undecodable text are rejected.

        Raises:
            DataError: If the file is damaged; says after which row.
        """
        n_read = 0
        try:
            # Pages are read as they are needed: a row group may be larger than the memory.
            options = {"pre_buffer": False, "buffer_size": _BUFFER_BYTES}
            with pq.ParquetFile(self._path, **options) as file:
                for batch in file.iter_batches(batch_rows, use_threads=False):
                    yield raw_rows(batch, n_read + 1, names)
                    n_read += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            message = (
                f"{self._path}: is damaged after row {n_read} ({_line(error)}); export it again"
            )
            raise DataError(message) from error

    def column_types(self, names: list[str]) -> dict[str, pa.DataType]:
        """Tell the type of each column.

        Args:
            names: The names given to the file's columns.

        Returns:
            Name to arrow type; dictionaries of text become text.
        """
        return {
            name: plain_type(field.type) for name, field in zip(names, self._schema, strict=True)
        }


def plain_type(type_: pa.DataType) -> pa.DataType:
    """Give the type under which a column is passed on.

    Args:
        type_: The column's type.

    Returns:
        Text for every kind of text and for dictionaries of it; else the type itself.
    """
    value_type = type_.value_type if pa.types.is_dictionary(type_) else type_
    is_text = pa.types.is_large_string(value_type) or pa.types.is_string_view(value_type)
    return pa.string() if is_text else value_type


def raw_rows(batch: pa.RecordBatch, first_row: int, names: list[str]) -> RawRows:
    """Take typed rows apart.

    Args:
        batch: Rows of the input.
        first_row: Row number of the first.
        names: The names to give to the columns.

    Returns:
        The rows; those with undecodable text are rejected.
    """
    columns = {
        name: column.cast(plain_type(column.type), safe=False)
        for name, column in zip(names, batch.columns, strict=True)
    }
    good, bad = _split_undecodable(columns, batch.num_rows)
    kept = columns if not bad else {name: col.take(pa.array(good)) for name, col in columns.items()}
    numbers = [first_row + i for i in good]
    return RawRows(
        columns=kept,
        row_numbers=numbers,
        line_numbers=None,
        raw_of=lambda i: _raw(kept, i),
        rejected=[_rejected(columns, i, first_row + i, field) for i, field in bad.items()],
    )


def _split_undecodable(
    columns: dict[str, pa.Array], n_rows: int
) -> tuple[list[int], dict[int, str]]:
    bad: dict[int, str] = {}
    for name, column in columns.items():
        if pa.types.is_string(column.type) and not _is_valid(column):
            for i, cell in enumerate(column.cast(pa.binary()).to_pylist()):
                if cell is not None and not _decodes(cell):
                    bad.setdefault(i, name)
    return [i for i in range(n_rows) if i not in bad], dict(sorted(bad.items()))


def _is_valid(column: pa.Array) -> bool:
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _decodes(cell: bytes) -> bool:
    try:
        cell.decode()
    except UnicodeDecodeError:
        return False
    return True


def _rejected(columns: dict[str, pa.Array], i: int, row_number: int, field: str) -> Rejected:
    reason = f"column {field!r} is not UTF-8 text; export the file again in UTF-8"
    return Rejected(row_number, _raw(columns, i), reason, "encoding", field)


def _raw(columns: dict[str, pa.Array], i: int) -> str:
    cells = {name: _cell(column[i]) for name, column in columns.items()}
    return json.dumps(cells, ensure_ascii=False, default=str)


def _cell(scalar: pa.Scalar) -> Any:
    try:
        return scalar.as_py()
    except UnicodeDecodeError:
        return scalar.cast(pa.binary()).as_py().decode("utf-8", "backslashreplace")


def _line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
