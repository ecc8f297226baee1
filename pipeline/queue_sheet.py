"""The review queue as a workbook: labels are chosen from lists, nothing is a formula."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO

from pipeline.label_words import LabelWords
from pipeline.queue_items import CHOSEN, COLUMNS, HEADER, YES, QueueItem, item_cells
from pipeline.sheet_choices import drop_down

_WIDTHS = {"text": 60, "reasons": 16, "cause": 18, "note": 24, "more_types": 18, "subtype": 18}
_HIDDEN = ("model_version", "key")
_LISTS = "选项"
_HELP = (
    "每行看完后在「看过」选「是」,没选的行不会导入。",
    "标签已按模型的判断填好:对的不用动,不对的从下拉列表里改。",
    "小类必须属于主要类型;其他类型可写多个,用分号隔开。",
    "问题类请写原因,2 到 10 个字,同样的问题写同样的词,如「配送慢」。",
    "请不要改编号、客户原话和最后几列。",
)


def write_workbook(file: BinaryIO, items: Sequence[QueueItem], words: LabelWords) -> None:
    """Write the workbook.

    Args:
        file: Where to.
        items: The rows.
        words: Titles of the labels.
    """
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "待复核"
    for i, row in enumerate([list(HEADER), *(item_cells(item, words) for item in items)], start=1):
        for j, text in enumerate(row, start=1):
            _put(sheet.cell(i, j), text, is_header=i == 1)
    _arrange(sheet)
    _add_lists(book, sheet, words, len(items) + 1)
    notes = book.create_sheet("说明")
    for i, line in enumerate(_HELP, start=1):
        notes.cell(i, 1, line)
    book.save(file)


def _put(cell: Any, text: str, *, is_header: bool) -> None:
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
    from openpyxl.styles import Alignment, Font

    cell.value = ILLEGAL_CHARACTERS_RE.sub("", text)
    cell.data_type = "s"  # or openpyxl would take "=1+1" for a formula
    cell.quotePrefix = True
    cell.font = Font(bold=is_header)
    cell.alignment = Alignment(vertical="top", wrap_text=True)


def _arrange(sheet: Any) -> None:
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = sheet.dimensions
    for j, name in enumerate(COLUMNS, start=1):
        column = sheet.column_dimensions[get_column_letter(j)]
        column.width = _WIDTHS.get(name, 13)
        column.hidden = name in _HIDDEN


def _add_lists(book: Any, sheet: Any, words: LabelWords, last_row: int) -> None:
    """Put the choices on a sheet of their own, and the rules on theirs."""
    lists = book.create_sheet(_LISTS)
    lists.sheet_state = "hidden"
    for k, name in enumerate(CHOSEN, start=1):
        choices = [YES] if name == "checked" else words.choices(name)
        for i, choice in enumerate(choices, start=1):
            lists.cell(i, k, choice)
        column = COLUMNS.index(name) + 1
        rule = drop_down(_LISTS, k, len(choices), column, last_row, "标签不对")
        sheet.add_data_validation(rule)
