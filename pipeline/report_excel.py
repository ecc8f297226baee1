"""The report as a workbook: sheets to sort, filter and hand on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, BinaryIO

from pipeline.report_cells import (
    alignment,
    column_width,
    mean_cell,
    number_format,
    row_height,
    set_page,
    share_cell,
)
from pipeline.report_facts import StoreFacts
from pipeline.report_figures import Figures
from pipeline.report_page import period_words
from pipeline.report_store_excel import decision_cells, store_sheets
from pipeline.report_titles import Titles
from pipeline.workbook_bytes import workbook_bytes

_MAX_CHARS = 32_767
_DANGEROUS = tuple("=+-@\t\r＝＋－＠")
_DECIDED = ("theme_status", "cause", "owner", "action", "due_day")
_SHEETS = {
    "zh": ("汇总", "按类型", "主题", "紧急反馈"),
    "en": ("Summary", "By type", "Themes", "Urgent"),
}


def write_workbook(
    file: BinaryIO,
    figures: Figures,
    headline: str,
    titles: Titles,
    facts: StoreFacts | None = None,
) -> None:
    """Write the workbook; the same figures give the same bytes.

    Args:
        file: Where to.
        figures: The report's figures.
        headline: The paragraph on top.
        titles: What people read for a value, and in which language.
        facts: What the store tells besides; None without one.
    """
    import openpyxl  # a third of a second

    book = openpyxl.Workbook()
    book.remove(book.active)
    tables = (
        _summary(figures, headline, titles),
        _types(figures, titles),
        _themes(figures, titles, facts),
        _urgent(figures, titles),
    )
    for name, rows in zip(_SHEETS[titles.language], tables, strict=True):
        _fill(book.create_sheet(name), rows)
    more = store_sheets(facts, figures.period, titles) if facts else {}
    for name, rows in more.items():
        _fill(book.create_sheet(name), rows)
    file.write(workbook_bytes(book, figures.period.end))


def _fill(sheet: Any, rows: Sequence[Sequence[Any]]) -> None:
    """Write one table; the header stays in sight and filters the rest."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    for i, row in enumerate(rows, start=1):
        for j, value in enumerate(row, start=1):
            cell = sheet.cell(i, j)
            _put(cell, value)
            cell.alignment = Alignment(**alignment(value))
            cell.font = Font(bold=i == 1)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    widths = [column_width(column) for column in zip(*rows, strict=True)]
    for j, width in enumerate(widths, start=1):
        sheet.column_dimensions[get_column_letter(j)].width = width
    for i, row in enumerate(rows, start=1):
        sheet.row_dimensions[i].height = row_height(row, widths)
    set_page(sheet, widths)


def _put(cell: Any, value: Any) -> None:
    """Set a cell; text is text even when it looks like a formula."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    if not isinstance(value, str):
        cell.value = value
        cell.number_format = number_format(value) or cell.number_format
        return
    cell.value = ILLEGAL_CHARACTERS_RE.sub("", value)[:_MAX_CHARS]
    cell.data_type = "s"
    cell.quotePrefix = value.startswith(_DANGEROUS)  # so it stays text when somebody edits it


def _summary(figures: Figures, headline: str, titles: Titles) -> list[list[Any]]:
    word, share = titles.word, figures.complaints
    now, before = period_words(figures.period, titles)
    rows: list[list[Any]] = [
        [word("figure"), now, before],
        [titles.word(f"report_{figures.period.kind}"), titles.period(figures.period), ""],
        [word("summary"), headline, ""],
        [word("rows"), figures.n, figures.n_before],
        [
            word("complaint_share"),
            share_cell(share.now.value),
            share_cell(share.before.value if share.before else None),
        ],
    ]
    for count in (*figures.by_urgency, *figures.by_intent, *figures.by_channel):
        rows.append([count.title, count.n, count.n_before])
    rows.append([word("overdue" if figures.has_answers else "due"), figures.due.n, None])
    rows.append([word("review"), figures.review.n, None])
    for score in figures.scores:
        earlier = score.before.value if score.before else None
        pair = (score.now.value, earlier)
        shown = list(pair) if score.name == "nps" else [mean_cell(value) for value in pair]
        rows.append([word(score.name), *shown])
    for load in figures.departments:
        rows.append([f"{word('department')} {load.name}", load.n, load.n_before])
    return rows


def _types(figures: Figures, titles: Titles) -> list[list[Any]]:
    now, before = period_words(figures.period, titles)
    header = [titles.word("type"), now, before, titles.word("change"), titles.word("share")]
    return [
        header,
        *([c.title, c.n, c.n_before, c.change, share_cell(c.share)] for c in figures.by_type),
    ]


def _themes(figures: Figures, titles: Titles, facts: StoreFacts | None) -> list[list[Any]]:
    now, before = period_words(figures.period, titles)
    words = [titles.word(key) for key in ("department", "kind", "keywords", "quote")]
    rows: list[list[Any]] = [
        [titles.word("feedback_id"), titles.word("theme"), now, before, *words]
    ]
    if facts:
        rows[0] += [titles.word(key) for key in _DECIDED]
    for theme in figures.themes.themes if figures.themes else ():
        quotes = "\n".join(quote.excerpt.text for quote in theme.quotes)
        keywords = "、".join(theme.keywords)
        row = [theme.id, theme.name, theme.n, theme.n_before, theme.department, theme.kind]
        decided = decision_cells(facts, theme.id, titles) if facts else []
        rows.append([*row, keywords, quotes, *decided])
    return rows


def _urgent(figures: Figures, titles: Titles) -> list[list[Any]]:
    facts = ("feedback_id", "created_at", "channel", "type")
    why = ("urgency_score", "reasons", "respond_due", "status", "department", "text")
    rows: list[list[Any]] = [[titles.word(key) for key in (*facts, *why)]]
    for row in figures.urgent.rows:
        status, due = titles.word(f"status_{row.status}"), _moment(row.respond_due)
        cells: list[Any] = [row.feedback_id, _moment(row.created_at), row.channel, row.type]
        cells += [row.urgency_score, "、".join(row.reasons), due]
        rows.append([*cells, status, row.department, row.text])
    return rows


def _moment(iso: str | None) -> datetime | None:
    """Give Shanghai's clock without an offset, which Excel cannot hold."""
    return datetime.fromisoformat(iso).replace(tzinfo=None) if iso else None
