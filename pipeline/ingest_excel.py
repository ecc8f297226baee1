"""Excel: the first sheet of an .xlsx workbook, row by row."""

from __future__ import annotations

import json
import mmap
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.errors import DataError
from pipeline.ingest_batch import RawRows, Rejected

_OLE_MAGIC = bytes.fromhex("d0cf11e0a1b11ae1")
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
# What zipfile, the XML parser and openpyxl say of damage and of sheets that strange exporters
# write: a style without a name, say, is a TypeError, and a packing they do not know a RuntimeError.
UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    LookupError,
    ValueError,
    ArithmeticError,
    TypeError,
    AttributeError,
    SyntaxError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class _Row:
    sheet_row: int
    cells: tuple[Any, ...]
    n_columns: int

    @property
    def has_spare(self) -> bool:
        return any(cell is not None for cell in self.cells[self.n_columns :])

    @property
    def raw(self) -> str:
        return json.dumps(self.cells, ensure_ascii=False, default=str)


class ExcelReader:
    """Reads the first sheet of one workbook; formulas give their stored value.

    Args:
        path: The file.

    Attributes:
        header: The cells of the first row that is not blank.

    Raises:
        DataError: If the workbook has a password, is no workbook, or is empty.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        _refuse_ole(path)
        for sheet_row, cells in self._rows():
            self._header_row = sheet_row
            self.header = ["" if cell is None else str(cell) for cell in _trimmed(cells)]
            return
        raise DataError(f"{path}: is empty; expected a header and rows below it on the first sheet")

    def read(self, names: list[str], batch_rows: int) -> Iterator[RawRows]:
        """Read all rows that are not blank.

        Args:
            names: The names to give to the header's columns.
            batch_rows: Rows in a batch.

        Yields:
            Batches of rows; those with cells beyond the header are rejected.
        """
        batch: list[_Row] = []
        first_row = 1
        for sheet_row, cells in self._rows():
            if sheet_row > self._header_row:
                batch.append(_Row(sheet_row, cells, len(names)))
            if len(batch) == batch_rows:
                yield _raw_rows(batch, first_row, names)
                first_row += len(batch)
                batch = []
        if batch:
            yield _raw_rows(batch, first_row, names)

    def _rows(self) -> Iterator[tuple[int, tuple[Any, ...]]]:
        import openpyxl  # a third of a second, for the one format that needs it

        try:
            with self._path.open("rb") as file:
                book = openpyxl.load_workbook(file, read_only=True, data_only=True)
                sheet = book.worksheets[0]
                # Some exporters write a wrong size, and openpyxl would stop there.
                sheet.reset_dimensions()
                for number, cells in enumerate(sheet.iter_rows(values_only=True), 1):
                    if any(cell is not None for cell in cells):
                        yield number, cells
        except UNREADABLE as error:
            detail = " ".join(str(error).split())[:200]
            message = f"{self._path}: is not a readable Excel workbook ({detail}); save it again"
            raise DataError(message) from error


def _raw_rows(batch: list[_Row], first_row: int, names: Sequence[str]) -> RawRows:
    numbered = list(enumerate(batch, first_row))
    kept = [(number, row) for number, row in numbered if not row.has_spare]
    return RawRows(
        columns={
            name: [row.cells[i] if i < len(row.cells) else None for _, row in kept]
            for i, name in enumerate(names)
        },
        row_numbers=[number for number, _ in kept],
        line_numbers=[row.sheet_row for _, row in kept],
        raw_of=lambda i: kept[i][1].raw,
        rejected=[_rejected(number, row) for number, row in numbered if row.has_spare],
    )


def _rejected(number: int, row: _Row) -> Rejected:
    reason = f"has cells beyond the {row.n_columns} columns of the header; give them a heading"
    return Rejected(number, row.raw, reason, "ragged", None, row.sheet_row)


def _trimmed(cells: tuple[Any, ...]) -> tuple[Any, ...]:
    n_used = max(i for i, cell in enumerate(cells, 1) if cell is not None)
    return cells[:n_used]


def _refuse_ole(path: Path) -> None:
    with path.open("rb") as file:
        if file.read(len(_OLE_MAGIC)) != _OLE_MAGIC:
            return
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            is_encrypted = content.find(_ENCRYPTED) >= 0
    problem = "has a password" if is_encrypted else "is an old .xls workbook"
    raise DataError(f"{path}: {problem}; open it in Excel and save it as .xlsx without a password")
