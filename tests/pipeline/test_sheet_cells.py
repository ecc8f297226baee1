"""Tables that people fill in, as their programs save them."""

from __future__ import annotations

import zipfile
from pathlib import Path

import openpyxl
import pytest

from models.errors import DataError
from pipeline.sheet_cells import read_sheet, read_table

SHEET = "xl/worksheets/sheet1.xml"


def _workbook(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["feedback_id", "intent"])
    book.worksheets[0].append(["F1", "praise"])
    book.save(path)
    return path


def _with_part(whole: Path, part: str, content: bytes) -> Path:
    path = whole.with_name("damaged.xlsx")
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for name in old.namelist():
            new.writestr(name, content if name == part else old.read(name))
    return path


def test_filled_rows_come_with_their_numbers(tmp_path: Path) -> None:
    """Errors name the row as the spreadsheet shows it."""
    found = read_table(_workbook(tmp_path / "t.xlsx"))
    assert found == [(2, {"feedback_id": "F1", "intent": "praise"})]


@pytest.mark.parametrize(
    ("part", "content"),
    [
        (SHEET, b"<worksheet><sheetData><row r='1'><c r='A1'"),
        (SHEET, b"<worksheet><sheetData><row r='x'><c r='A1'><v>1</v></c></row></sheetData>"),
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/styles.xml", b"<styleSheet><cellXfs><xf numFmtId='a'/></cellXfs></styleSheet>"),
    ],
)
def test_a_damaged_workbook_is_one_clear_error(tmp_path: Path, part: str, content: bytes) -> None:
    """Each damage is another kind of exception of the library's."""
    path = _with_part(_workbook(tmp_path / "t.xlsx"), part, content)
    with pytest.raises(DataError, match="damaged.xlsx: cannot be read as a table"):
        read_table(path)


def test_a_missing_sheet_is_named(tmp_path: Path) -> None:
    """Workbooks come back with sheets renamed."""
    with pytest.raises(DataError, match="sheet themes cannot be read"):
        read_sheet(_workbook(tmp_path / "t.xlsx"), "themes")
