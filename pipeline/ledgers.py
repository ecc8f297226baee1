"""The six ledgers of feedback handling, from the store, as one workbook.

The progress ledger comes back with `huiyin ledger import`; the others are for reading.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from models.artifact import DEFAULT_FOLDER
from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.ledgers_sheet import LedgerSheet, ledger_workbook
from pipeline.output import atomic_writer
from pipeline.report_period import Period

if TYPE_CHECKING:
    from pipeline.store.engine import Store


def write_ledgers(
    store: Store, output: Path, week: str | None = None, month: str | None = None
) -> dict[str, int]:
    """Write the six ledgers.

    Args:
        store: The store.
        output: The .xlsx file.
        week: Of this week; None with no month takes the newest that has rows.
        month: Of this month.

    Returns:
        Sheet to number of rows.

    Raises:
        DataError: If the period is none, the store is empty or the file cannot be written.
    """
    if output.suffix.lower() != ".xlsx":
        raise DataError(f"{output}: ledgers are an Excel workbook; name a file that ends in .xlsx")
    sheets = make_ledgers(store, _period(store, week, month))
    with atomic_writer(output) as file:
        file.write(ledger_workbook(sheets, datetime(2000, 1, 1, tzinfo=UTC)))
    return {sheet.name: len(sheet.rows) for sheet in sheets}


def make_ledgers(store: Store, period: Period) -> list[LedgerSheet]:
    """Lay out the six ledgers.

    Args:
        store: The store.
        period: The week or month.

    Returns:
        登记表, 分类标准表, 责任表, 进度跟踪表, 改进策略执行表, 投诉根源台账.
    """
    from pipeline.ledgers_feedback import register_sheet, standard_sheet
    from pipeline.ledgers_progress import progress_sheet
    from pipeline.ledgers_themes import action_sheet, duty_sheet, read_theme_ledger, root_sheet
    from pipeline.report_store import read_report_rows
    from pipeline.report_titles import Titles

    titles = Titles(Taxonomy.load(DEFAULT_FOLDER / "taxonomy.yaml"))
    rows = read_report_rows(store, period)
    book = read_theme_ledger(store, period, rows)
    return [
        register_sheet(store, period, titles),
        standard_sheet(rows, period, titles),
        duty_sheet(book),
        progress_sheet(book),
        action_sheet(book),
        root_sheet(book, titles),
    ]


def newest_period(store: Store) -> Period:
    """Find the newest week that has rows.

    Args:
        store: The store.

    Returns:
        The week.

    Raises:
        DataError: If the store is empty.
    """
    from pipeline.store.aggregates import weeks

    known = weeks(store)
    if not known:
        raise DataError(f"{store.url}: the store has no rows; save some with `huiyin week` first")
    return Period.of_week(known[-1])


def _period(store: Store, week: str | None, month: str | None) -> Period:
    if week and month:
        raise DataError("--week and --month exclude each other; name one")
    try:
        if month:
            return Period.of_month(month)
        if week:
            return Period.of_week(week)
    except ValueError as error:
        raise DataError(str(error)) from None
    return newest_period(store)
