"""One table in four formats, written batch by batch."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date, datetime, time
from typing import Any, BinaryIO, Protocol

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from models.deadlines import SHANGHAI
from models.errors import DataError

_FORMULA = r"^[=+\-@\t\r＝＋－＠]"
_UTF8_BOM = b"\xef\xbb\xbf"
_ROWS_IN_GROUP = 65_536
_EXCEL_MAX_ROWS = 1_048_576
_EXCEL_MAX_CHARS = 32_767
_EXCEL_MAX_EXACT = 10**15
_EXCEL_FIRST_YEAR = 1900


class BatchWriter(Protocol):
    """Takes the batches of one table."""

    def write(self, batch: pa.RecordBatch) -> None:
        """Add a batch.

        Args:
            batch: Rows of the table's schema.
        """


class _Closable(BatchWriter, Protocol):
    def close(self) -> None: ...

    def abandon(self) -> None: ...


def make_writer(
    suffix: str, file: BinaryIO, schema: pa.Schema, name: str
) -> AbstractContextManager[BatchWriter]:
    """Start a table.

    Args:
        suffix: One of `SUFFIXES`.
        file: Where to.
        schema: The schema of every batch.
        name: The file's name, for errors.

    Returns:
        A context whose end finishes the table.
    """
    return _finished(_WRITERS[suffix](file, schema, name))


class _Csv:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        file.write(_UTF8_BOM)
        empty = _flat_batch(schema.empty_table().combine_chunks().to_batches(), schema)
        self._writer = pacsv.CSVWriter(file, empty.schema)
        self._schema = schema

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write(_flat_batch([batch], self._schema))

    def close(self) -> None:
        self._writer.close()

    def abandon(self) -> None:
        self._writer.close()


class _Parquet:
    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(file, schema, compression="zstd")
        self._schema = schema
        self._pending: list[pa.RecordBatch] = []
        self._n_pending = 0

    def write(self, batch: pa.RecordBatch) -> None:
        self._pending.append(batch)
        self._n_pending += batch.num_rows
        if self._n_pending >= _ROWS_IN_GROUP:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def abandon(self) -> None:
        try:
            self._writer.close()
        finally:
            self._writer.is_open = False  # or it tries again when it is collected

    def _flush(self) -> None:
        """Write one row group; one for every small batch would make the file slow to read."""
        if self._n_pending:
            self._writer.write_table(pa.Table.from_batches(self._pending, self._schema))
        self._pending, self._n_pending = [], 0


def _values(column: pa.Array) -> list[Any]:
    return list(column.to_pylist(maps_as_pydicts="strict"))


class _Jsonl:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, batch: pa.RecordBatch) -> None:
        for row in batch.to_pylist(maps_as_pydicts="strict"):
            self._file.write(_to_json(row).encode("utf-8") + b"\n")

    def close(self) -> None:
        """Need nothing more: every line is whole."""

    def abandon(self) -> None:
        """Leave nothing open."""


class _Excel:
    def __init__(self, file: BinaryIO, schema: pa.Schema, name: str) -> None:
        import openpyxl  # a third of a second, for the one format that needs it

        self._file, self._name = file, name
        self._book = openpyxl.Workbook(write_only=True)
        self._sheet = self._book.create_sheet("回音")
        self._sheet.freeze_panes = "A2"
        self._columns: list[str] = list(schema.names)
        self._n_rows = 0
        self._append(self._columns)

    def write(self, batch: pa.RecordBatch) -> None:
        for row in zip(*map(_values, batch.columns), strict=True):
            self._append(row)

    def close(self) -> None:
        self._book.save(self._file)

    def abandon(self) -> None:
        self._sheet.close()

    def _append(self, row: Iterable[Any]) -> None:
        if self._n_rows >= _EXCEL_MAX_ROWS:
            limit = f"{_EXCEL_MAX_ROWS - 1:,} rows"
            raise DataError(f"{self._name}: Excel holds {limit}; write .csv or .parquet")
        self._sheet.append([self._cell(i, value) for i, value in enumerate(row)])
        self._n_rows += 1

    def _cell(self, i: int, value: Any) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, (int, float)) and abs(value) < _EXCEL_MAX_EXACT:
            return value
        if isinstance(value, datetime) and value.year >= _EXCEL_FIRST_YEAR:
            return _wall_clock(value)
        return self._text_cell(i, _as_cell(value))

    def _text_cell(self, i: int, text: str) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        if len(text) > _EXCEL_MAX_CHARS:
            raise DataError(
                f"{self._name}: row {self._n_rows}, field {self._columns[i]!r}: has {len(text):,} "
                f"characters, Excel holds {_EXCEL_MAX_CHARS:,} a cell; write .csv or .parquet"
            )
        cell = WriteOnlyCell(self._sheet, ILLEGAL_CHARACTERS_RE.sub("", text))
        cell.data_type = "s"  # or openpyxl would take "=1+1" for a formula
        return cell


@contextmanager
def _finished(writer: _Closable) -> Iterator[BatchWriter]:
    """Finish a table only if all of it was written; what is left of a failed one is let go."""
    try:
        yield writer
        writer.close()
    except BaseException:
        # Some libraries would otherwise try to finish it later, on a file that is gone.
        with suppress(Exception):
            writer.abandon()
        raise


_WRITERS: dict[str, Callable[[BinaryIO, pa.Schema, str], _Closable]] = {
    ".csv": lambda file, schema, _: _Csv(file, schema),
    ".parquet": lambda file, schema, _: _Parquet(file, schema),
    ".jsonl": lambda file, _, __: _Jsonl(file),
    ".xlsx": _Excel,
}
SUFFIXES = tuple(_WRITERS)


def _flat_batch(batches: list[pa.RecordBatch], schema: pa.Schema) -> pa.RecordBatch:
    """Turn a batch into columns that a CSV can hold, none of them a formula."""
    batch = batches[0] if batches else pa.RecordBatch.from_pylist([], schema)
    columns = [_flat(column) for column in batch.columns]
    names = [f"'{name}" if re.match(_FORMULA, name) else name for name in schema.names]
    return pa.record_batch(columns, names=names)


def _flat(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    is_plain = pa.types.is_boolean(column.type) or pa.types.is_integer(column.type)
    if is_plain or pa.types.is_floating(column.type):
        return column
    if not pa.types.is_string(column.type):
        cells = [None if cell is None else _as_cell(cell) for cell in _values(column)]
        column = pa.array(cells, pa.string())
    is_formula = pc.match_substring_regex(column, _FORMULA)
    return pc.if_else(is_formula, pc.binary_join_element_wise("'", column, ""), column)


def _as_cell(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, (date, time)):
        return value.isoformat()
    return _to_json(value) if isinstance(value, (dict, list, tuple)) else str(value)


def _to_json(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_as_cell)
    except ValueError:
        return json.dumps(_without_nan(value), ensure_ascii=False, default=_as_cell)


def _without_nan(value: Any) -> Any:
    """Give null for NaN and infinity, which JSON cannot write."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _wall_clock(value: datetime) -> datetime:
    """Give Shanghai's clock without an offset, which Excel cannot hold."""
    return value if value.tzinfo is None else value.astimezone(SHANGHAI).replace(tzinfo=None)
