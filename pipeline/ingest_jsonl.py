"""JSONL: one object a line. Read twice: keys and kinds of value first, then the rows.

A key may first appear on the last line, and the output has one schema, so the columns must be known
before the first batch leaves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from models.errors import DataError
from pipeline.ingest_batch import RawRows, Reason, Rejected
from pipeline.ingest_encoding import Encoding, Line, detect_encoding, read_lines

_LARGEST_EXACT = 2**53
# orjson makes floats of whole numbers beyond 64 bits.
_LONG_NUMBER = re.compile("[0-9]{18}")


@dataclass(frozen=True, slots=True)
class _Row:
    line: Line
    cells: dict[str, Any] | None
    code: Reason = "bad_json"
    reason: str = ""

    @property
    def raw(self) -> str:
        return self.line.text.rstrip("\r\n")


class JsonlReader:
    """Reads one JSONL file.

    Args:
        path: The file.

    Attributes:
        header: Every key of any row, in order of first appearance.

    Raises:
        DataError: If no line is a JSON object with something in it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoding: Encoding = detect_encoding(path)
        kinds: dict[str, set[str]] = {}
        row = None
        for row in self._rows():
            for key, value in (row.cells or {}).items():
                kinds.setdefault(key, set()).add(_kind(value))
        if row is None:
            raise DataError(f"{path}: is empty; expected at least one row with a text")
        if not kinds:
            where = f"{path}: line {row.line.number}"
            raise DataError(f"{where}: {row.reason}; no line of the file is an object with a text")
        self.header = list(kinds)
        self._types = {key: _arrow_type(found) for key, found in kinds.items()}

    def read(self, names: list[str], batch_rows: int) -> Iterator[RawRows]:
        """Read all rows.

        Args:
            names: The names to give to the header's columns.
            batch_rows: Rows in a batch.

        Yields:
            Batches of rows, rejected rows among them.
        """
        batch: list[_Row] = []
        first_row = 1
        for row in self._rows():
            batch.append(row)
            if len(batch) == batch_rows:
                yield self._raw_rows(batch, first_row, names)
                first_row += len(batch)
                batch = []
        if batch:
            yield self._raw_rows(batch, first_row, names)

    def column_types(self, names: list[str]) -> dict[str, pa.DataType]:
        """Tell which type holds every value of a column.

        Args:
            names: The names given to the header's columns.

        Returns:
            Name to arrow type; text, with anything nested written as JSON, where kinds differ.
        """
        return {name: self._types[key] for name, key in zip(names, self.header, strict=True)}

    def _rows(self) -> Iterator[_Row]:
        for line in read_lines(self._path, self._encoding):
            if line.text.strip():
                yield _parse(line)

    def _raw_rows(self, batch: list[_Row], first_row: int, names: list[str]) -> RawRows:
        numbered = list(enumerate(batch, first_row))
        kept = [(n, row.line.number, row.raw, row.cells) for n, row in numbered if row.cells]
        return RawRows(
            columns={
                name: [cells.get(key) for _, _, _, cells in kept]
                for name, key in zip(names, self.header, strict=True)
            },
            row_numbers=[number for number, _, _, _ in kept],
            line_numbers=[line for _, line, _, _ in kept],
            raw_of=lambda i: kept[i][2],
            rejected=[
                Rejected(number, row.raw, row.reason, row.code, None, row.line.number)
                for number, row in numbered
                if not row.cells
            ],
        )


def _parse(line: Line) -> _Row:
    if line.problem:
        reason = f"the row {line.problem}; save the file in one encoding"
        return _Row(line, None, "encoding", reason)
    try:
        cells = _load(line.text)
    except (ValueError, RecursionError) as error:
        return _Row(line, None, "bad_json", f"is not JSON ({error}); expected one object a line")
    if not isinstance(cells, dict):
        kind = type(cells).__name__
        return _Row(line, None, "bad_json", f"is a JSON {kind}, expected an object")
    if not cells:
        return _Row(line, None, "missing_text", "the object is empty, expected at least a text")
    return _Row(line, {_mend(key): _mend(value) for key, value in cells.items()})


def _load(text: str) -> Any:
    """Take JSON apart as `json` does; orjson is three times as fast and strict about more."""
    import orjson

    if not _LONG_NUMBER.search(text):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            pass  # `json` takes NaN and half surrogate pairs, and words the error for people.
    return json.loads(text)


def _mend(value: Any) -> Any:
    """Replace half of a surrogate pair, which JSON can write and no encoding can hold."""
    if not isinstance(value, str):
        return value
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _kind(value: Any) -> str:
    if value is None or isinstance(value, (bool, str)):
        return type(value).__name__
    if isinstance(value, int):
        return "int" if abs(value) < _LARGEST_EXACT else "big"
    return "float" if isinstance(value, float) else "nested"


def _arrow_type(kinds: set[str]) -> pa.DataType:
    found = kinds - {"NoneType"}
    if found == {"bool"}:
        return pa.bool_()
    if found == {"int"}:
        return pa.int64()
    return pa.float64() if found and found <= {"int", "float"} else pa.string()
