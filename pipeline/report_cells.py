"""How the report's workbook shows a value: shares in percent, columns as wide as what is seen."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

_WIDEST, _NARROWEST = 60, 10
_FIGURE, _DAY, _MOMENT = 9, 12, 18
_ASCII = 128


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


def number_format(value: Any) -> str | None:
    """Say how Excel shows a value.

    Args:
        value: Of a cell.

    Returns:
        Excel's format; None for its own choice.
    """
    if isinstance(value, Share):
        return "0.0%"
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


def _width(value: Any) -> int:
    if isinstance(value, str):
        lines = value.splitlines() or [""]
        return max(sum(1 if ord(sign) < _ASCII else 2 for sign in line) for line in lines)
    if isinstance(value, datetime):
        return _MOMENT
    if isinstance(value, date):
        return _DAY
    return 0 if value is None else _FIGURE
