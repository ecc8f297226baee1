"""How a workbook shows a value, and how wide, high and large on paper what it shows is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

_WIDEST, _NARROWEST = 60, 10
_FIGURE, _DAY, _MOMENT = 9, 12, 18
_LINE, _MOST_LINES = 15.0, 26  # points; Excel's rows end at 409
_MARGIN_INCHES = 0.4
_A3, _A4 = 8, 9
_PORTRAIT, _ON_A4 = 100, 220  # characters across a page that are still large enough to read


class Share(float):
    """A number in [0, 1] that people read in percent."""


def share_cell(value: float | None) -> Share | None:
    """Mark a share.

    Args:
        value: In [0, 1]; None if unknown.

    Returns:
        The same, to be shown in percent.
    """
    return None if value is None else Share(value)


class Mean(float):
    """A mean on a scale of a few points, where the second digit tells."""


def mean_cell(value: float | None) -> Mean | None:
    """Mark a mean.

    Args:
        value: On any scale; None if unknown.

    Returns:
        The same, to be shown to a hundredth.
    """
    return None if value is None else Mean(value)


def number_format(value: Any) -> str | None:
    """Say how Excel shows a value.

    Args:
        value: Of a cell.

    Returns:
        Excel's format; None for its own choice.
    """
    if isinstance(value, Share):
        return "0.0%"
    if isinstance(value, Mean):
        return "0.00"
    if isinstance(value, float):
        return "0.0"
    if isinstance(value, int):
        return "#,##0"
    return "yyyy-mm-dd hh:mm" if isinstance(value, datetime) else None


def column_width(column: Iterable[Any]) -> int:
    """Measure a column by what is seen of it, not by a number's many digits.

    Args:
        column: Its values.

    Returns:
        In characters.
    """
    widest = max((_width(value) for value in column), default=0)
    return max(_NARROWEST, min(_WIDEST, widest + 3))


def row_height(
    row: Sequence[Any], widths: Sequence[float], most: int = _MOST_LINES
) -> float | None:
    """Measure a row whose cells wrap; LibreOffice does not do it for itself.

    Args:
        row: Its values.
        widths: Of their columns, in characters.
        most: Lines that are shown at most.

    Returns:
        In points; None if one line is enough.
    """
    pairs = zip(row, widths, strict=True)
    lines = max(
        (_lines(value, width) for value, width in pairs if isinstance(value, str)), default=1
    )
    return None if lines <= 1 else _LINE * min(lines, most)


def alignment(value: Any) -> dict[str, Any]:
    """Say where a cell's value stands: days left, figures off the text to their right.

    Args:
        value: Of a cell.

    Returns:
        What openpyxl's Alignment takes.
    """
    base = {"vertical": "top", "wrap_text": True}
    if isinstance(value, date):
        return base | {"horizontal": "left"}
    return base | ({"horizontal": "right", "indent": 1} if isinstance(value, int | float) else {})


def set_page(sheet: Any, widths: Iterable[float]) -> None:
    """Have a sheet printed with all its columns on a page that is large enough for them.

    Args:
        sheet: An openpyxl sheet.
        widths: Of the columns that are seen, in characters.
    """
    from openpyxl.worksheet.page import PageMargins
    from openpyxl.worksheet.properties import PageSetupProperties

    total = sum(widths)
    sheet.page_setup.orientation = "portrait" if total <= _PORTRAIT else "landscape"
    sheet.page_setup.paperSize = _A4 if total <= _ON_A4 else _A3
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    margin = _MARGIN_INCHES
    sheet.page_margins = PageMargins(left=margin, right=margin, top=margin, bottom=2 * margin)
    sheet.HeaderFooter.oddFooter.center.text = "&A  &P / &N"
    sheet.print_title_rows = "1:1"


def _lines(value: str, width: float) -> int:
    room = max(1.0, width - 2)
    return sum(max(1, math.ceil(_width(line) / room)) for line in value.splitlines() or [""])


def _width(value: Any) -> int:
    if isinstance(value, str):
        # A Chinese character takes three bytes and the room of two others.
        lines = value.splitlines() or [""]
        return max(
            math.ceil((len(line.encode("utf-8", "replace")) + len(line)) / 2) for line in lines
        )
    if isinstance(value, datetime):
        return _MOMENT
    if isinstance(value, date):
        return _DAY
    return 0 if value is None else _FIGURE
