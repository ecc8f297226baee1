"""A workbook of ledgers: the header stays, columns filter, choices drop down, nothing computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pipeline.sheet_choices import drop_down
from pipeline.workbook_bytes import workbook_bytes

CHOICES_SHEET = "选项"
MAX_ROWS = 200_000
_MAX_CHARS = 32_767
_WIDTH, _MOMENT_WIDTH = 14, 17  # in a narrower column Excel shows a moment as ####
_FORMATS = {"moment": "yyyy-mm-dd hh:mm", "day": "yyyy-mm-dd", "share": "0.0%", "figure": "0.0"}
_DANGEROUS = tuple("=+-@\t\r\n＝＋－＠'")
_EXTRA_LINES = 200  # choices drop down in so many empty lines below, too


@dataclass(frozen=True, slots=True)
class LedgerSheet:
    """One ledger.

    Attributes:
        name: The sheet's.
        columns: The header.
        rows: Cells: text, numbers, dates or None; moments as Shanghai's clock without a zone.
        choices: Column to what may be chosen there.
        widths: Column to width in characters; the others get the usual one.
        hidden: Columns that only the import reads.
        editable: Columns that people are to change; marked in the header.
    """

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    editable: tuple[str, ...] = ()


def ledger_workbook(sheets: Sequence[LedgerSheet], at: datetime) -> bytes:
    """Write ledgers.

    Args:
        sheets: The ledgers.
        at: Stands in the file's properties, so that the same ledgers give the same bytes.

    Returns:
        The .xlsx file.
    """
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    lists = [(s.name, column, s.choices[column]) for s in sheets for column in s.choices]
    places = {(name, column): i for i, (name, column, _) in enumerate(lists, start=1)}
    for sheet in sheets:
        _write(book, sheet, places)
    _write_choices(book, [list(choices) for _, _, choices in lists])
    return workbook_bytes(book, at)


def _write(book: Any, ledger: LedgerSheet, places: Mapping[tuple[str, str], int]) -> None:
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.properties import PageSetupProperties

    sheet = book.create_sheet(ledger.name)
    sheet.freeze_panes = "C2"
    for j, column in enumerate(ledger.columns, start=1):
        shape = sheet.column_dimensions[get_column_letter(j)]
        shape.width = ledger.widths.get(column, _WIDTH)
        if any(isinstance(row[j - 1], datetime) for row in ledger.rows):
            shape.width = max(shape.width, _MOMENT_WIDTH)
        shape.hidden = column in ledger.hidden
        if column in ledger.choices:
            _add_choice(sheet, ledger, column, places[ledger.name, column])
    last = get_column_letter(len(ledger.columns))
    sheet.auto_filter.ref = f"A1:{last}{len(ledger.rows) + 1}"
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", 9
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = "1:1"
    head = Alignment(vertical="center", wrap_text=True)
    fills = {
        True: PatternFill("solid", fgColor="FFF1B8"),
        False: PatternFill("solid", fgColor="E3E8EE"),
    }
    header = []
    for column in ledger.columns:
        cell = _plain_cell(sheet, column)
        cell.font, cell.alignment = Font(bold=True), head
        cell.fill = fills[column in ledger.editable]
        header.append(cell)
    sheet.append(header)
    shapes: dict[str, Any] = {}
    for row in ledger.rows:
        sheet.append([_body_cell(sheet, value, shapes) for value in row])


def _body_cell(sheet: Any, value: Any, shapes: dict[str, Any]) -> Any:
    """Make a cell; one of each kind is styled and lends its style to the others of the kind."""
    from openpyxl.styles import Alignment

    if value is None or value == "":
        return None
    kind = _kind(value)
    cell = _plain_cell(sheet, value)
    if kind not in shapes:
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        cell.number_format = _FORMATS.get(kind, "General")
        # So that it stays text when somebody edits it.
        cell.quotePrefix = kind == "quoted"
        shapes[kind] = cell._style
    cell._style = shapes[kind]
    return cell


def _kind(value: Any) -> str:
    if isinstance(value, str):
        return "quoted" if value.startswith(_DANGEROUS) else "text"
    if isinstance(value, datetime):
        return "moment"
    if isinstance(value, date):
        return "day"
    if isinstance(value, float):
        return "share" if 0 <= value <= 1 else "figure"
    return "number"


def _plain_cell(sheet: Any, value: Any) -> Any:
    """Make a cell without style; text is text even when it looks like a formula."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        return WriteOnlyCell(sheet, value=value)
    cell = WriteOnlyCell(sheet)
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:_MAX_CHARS]
    cell.data_type = "s"
    return cell


def _add_choice(sheet: Any, ledger: LedgerSheet, column: str, place: int) -> None:
    rule = drop_down(
        CHOICES_SHEET,
        place,
        len(ledger.choices[column]),
        ledger.columns.index(column) + 1,
        len(ledger.rows) + 1 + _EXTRA_LINES,
        "不在列表里",
    )
    sheet.data_validations.append(rule)


def _write_choices(book: Any, lists: Sequence[Sequence[str]]) -> None:
    """Put the choices on a sheet of their own."""
    sheet = book.create_sheet(CHOICES_SHEET)
    sheet.sheet_state = "hidden"
    for i in range(max((len(choices) for choices in lists), default=0)):
        sheet.append([_plain_cell(sheet, c[i]) if i < len(c) else None for c in lists])
