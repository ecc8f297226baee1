"""Cells that people fill in: written so that no spreadsheet runs them, read back as they were."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from io import StringIO
from pathlib import Path
from typing import Any

from models.errors import DataError
from pipeline.ingest_excel import UNREADABLE

_DANGEROUS = re.compile(r"^'*[=+\-@\t\r＝＋－＠]")
_ESCAPED = re.compile(r"^'(?='*[=+\-@\t\r＝＋－＠])")
Row = tuple[int, dict[str, str]]


def escape_cell(text: str) -> str:
    """Make a text harmless in a CSV that a spreadsheet opens.

    Args:
        text: Any text.

    Returns:
        The same, with an apostrophe before what would be a formula.
    """
    return f"'{text}" if _DANGEROUS.match(text) else text


def write_csv(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bytes:
    """Write a table that Excel opens with the right characters.

    Args:
        columns: Header.
        rows: Cells.

    Returns:
        UTF-8 with BOM.
    """
    text = StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([escape_cell(cell) for cell in row] for row in rows)
    return text.getvalue().encode("utf-8-sig")


def read_table(path: Path) -> list[Row]:
    """Read a filled-in table.

    Args:
        path: .csv (UTF-8 or GB18030, as Excel saves it) or .xlsx.

    Returns:
        For each filled row its number in the file and its cells by column name.

    Raises:
        DataError: If the file cannot be read; says what was expected.
    """
    try:
        lines = _read_excel(path) if path.suffix.lower() == ".xlsx" else _read_csv(path)
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(
            f"{path}: cannot be read as a table ({error}); save it as .csv or .xlsx"
        ) from error
    if not lines:
        raise DataError(f"{path}: is empty; expected a header and rows")
    # "intent 意图" is the column intent: the second word is for people.
    header = [name.split()[0] if name.split() else "" for name in lines[0]]
    return [
        (number, {k: v.strip() for k, v in zip(header, cells, strict=False) if k})
        for number, cells in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in cells)
    ]


def read_sheet(path: Path, name: str) -> list[Row]:
    """Read one sheet of a workbook.

    Args:
        path: .xlsx.
        name: The sheet's.

    Returns:
        For each filled row its number in the sheet and its cells by column name.

    Raises:
        DataError: If the file cannot be read or has no such sheet.
    """
    try:
        lines = _read_excel(path, name)
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: sheet {name} cannot be read ({error}); save it as .xlsx"
        ) from error
    header = [cell.strip() for cell in lines[0]] if lines else []
    return [
        (number, {k: v.strip() for k, v in zip(header, cells, strict=False) if k})
        for number, cells in enumerate(lines[1:], start=2)
        if any(cell.strip() for cell in cells)
    ]


def _read_csv(path: Path) -> list[list[str]]:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("gb18030")
    rows = csv.reader(StringIO(text, newline=""))
    return [[_ESCAPED.sub("", cell) for cell in row] for row in rows]


def _read_excel(path: Path, name: str | None = None) -> list[list[str]]:
    import openpyxl

    try:
        with path.open("rb") as file:  # left open by openpyxl if it cannot read it
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheet = book.worksheets[0] if name is None else book[name]
            return [[_as_text(v) for v in row] for row in sheet.iter_rows(values_only=True)]
    except UNREADABLE as error:
        detail = " ".join(str(error).split())[:200]
        raise ValueError(f"no readable Excel workbook: {detail}") from error


def _as_text(value: Any) -> str:
    return "" if value is None else str(value)
