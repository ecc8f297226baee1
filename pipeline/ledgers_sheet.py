"""A workbook of ledgers: the header stays, columns filter, choices drop down, nothing computes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from pipeline.report_cells import alignment, column_width, row_height, set_page
from pipeline.sheet_choices import drop_down
from pipeline.workbook_bytes import workbook_bytes

CHOICES_SHEET = "选项"
MAX_ROWS = 200_000
_MAX_CHARS = 32_767
_ARROW = 2  # the filter's, beside the words of the header
_WIDTH, _MOMENT_WIDTH = 14, 17  # in a narrower column Excel shows a moment as ####
_FORMATS = {"moment": "yyyy-mm-dd hh:mm", "day": "yyyy-mm-dd", "share": "0.0%", "figure": "0.0"}
_DANGEROUS = tuple("=+-@\t\r\n＝＋－＠'")
_MOST_LINES = 10  # of a long text; the cell holds all of it
_EXTRA_LINES = 200  # choices drop down in so many empty lines below, too


@dataclass(frozen=True, slots=True)
class LedgerSheet:
    """One ledger.

    Attributes:
        name: The sheet's.
        columns: The header.
        rows: Cells: text, numbers, dates or None; moments as Shanghai's clock without a zone.
        choices: Column to what may be chosen there.
        widths: Column to its greatest width in characters; the others have the usual one.
        hidden: Columns that only the import reads.
        editable: Columns that people are to change; marked in the header.
        formats: Column to Excel's format of its numbers; the others go by the value.
    """

    name: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    choices: Mapping[str, Sequence[str]] = field(default_factory=dict)
    widths: Mapping[str, int] = field(default_factory=dict)
    hidden: tuple[str, ...] = ()
    editable: tuple[str, ...] = ()
    formats: Mapping[str, str] = field(default_factory=dict)


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

    sheet = book.create_sheet(ledger.name)
    sheet.freeze_panes = "C2"
    widths = [_column_width(ledger, j) for j in range(len(ledger.columns))]
    for j, column in enumerate(ledger.columns, start=1):
        shape = sheet.column_dimensions[get_column_letter(j)]
        shape.width = widths[j - 1]
        shape.hidden = column in ledger.hidden
        if column in ledger.choices:
            _add_choice(sheet, ledger, column, places[ledger.name, column])
    last = get_column_letter(len(ledger.columns))
    sheet.auto_filter.ref = f"A1:{last}{len(ledger.rows) + 1}"
    pairs = zip(ledger.columns, widths, strict=True)
    set_page(sheet, [width for column, width in pairs if column not in ledger.hidden])
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
    _append(sheet, 1, header, row_height(ledger.columns, [w - _ARROW for w in widths]))
    formats = [ledger.formats.get(column) for column in ledger.columns]
    # A column that nobody sees makes no row higher.
    named = zip(ledger.columns, widths, strict=True)
    rooms = [_MAX_CHARS if column in ledger.hidden else width for column, width in named]
    shapes: dict[Any, Any] = {}
    for i, row in enumerate(ledger.rows, start=2):
        pairs_of_row = zip(row, formats, strict=True)
        cells = [_body_cell(sheet, value, shown, shapes) for value, shown in pairs_of_row]
        _append(sheet, i, cells, row_height(row, rooms, _MOST_LINES))


def _column_width(ledger: LedgerSheet, j: int) -> int:
    """Make a column as wide as it needs; one that is to be written in keeps its room."""
    column = ledger.columns[j]
    cells = [row[j] for row in ledger.rows]
    most = ledger.widths.get(column, _WIDTH)
    if column not in ledger.editable:
        most = min(most, column_width([column, *cells]))
    is_moment = any(isinstance(cell, datetime) for cell in cells)
    return max(most, _MOMENT_WIDTH) if is_moment else most


def _append(sheet: Any, i: int, cells: list[Any], height: float | None) -> None:
    """Add a row; its height is forgotten once written, as the row itself is."""
    if height is not None:
        sheet.row_dimensions[i].height = height
    sheet.append(cells)
    sheet.row_dimensions.pop(i, None)


def _body_cell(sheet: Any, value: Any, shown: str | None, shapes: dict[Any, Any]) -> Any:
    """Make a cell; one of each kind is styled and lends its style to the others of the kind."""
    from openpyxl.styles import Alignment

    if value is None or value == "":
        return None
    kind = _kind(value)
    shape = kind, shown
    cell = _plain_cell(sheet, value)
    if shape not in shapes:
        cell.alignment = Alignment(**alignment(value))
        cell.number_format = shown or _FORMATS.get(kind, "General")
        # So that it stays text when somebody edits it.
        cell.quotePrefix = kind == "quoted"
        shapes[shape] = cell._style
    cell._style = shapes[shape]
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
