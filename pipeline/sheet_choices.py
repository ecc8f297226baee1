"""Cells of a workbook in which people choose from a list."""

from __future__ import annotations

from typing import Any


def drop_down(sheet: str, place: int, n: int, column: int, last_row: int, title: str) -> Any:
    """Make a column's cells take only what stands in a list on another sheet.

    A rule itself may hold 255 characters only, so the choices stand on a sheet of their own.

    Args:
        sheet: Name of the sheet with the lists.
        place: Which of its columns, from 1, holds the choices, from row 1.
        n: How many there are.
        column: The column, from 1, in which people choose; from row 2, below the header.
        last_row: Its last row.
        title: Of the message that a wrong cell gets.

    Returns:
        openpyxl's rule, to be added to the sheet with that column.
    """
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    letter, target = get_column_letter(place), get_column_letter(column)
    rule = DataValidation(
        type="list",
        formula1=f"{sheet}!${letter}$1:${letter}${max(n, 1)}",
        allow_blank=True,
        showErrorMessage=True,
        errorTitle=title,
        error="请从列表里选",
    )
    rule.add(f"{target}2:{target}{max(last_row, 2)}")
    return rule
