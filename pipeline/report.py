"""Stage `report`: scored rows in; one page, one workbook and all figures of a week or month out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import pandas as pd
import typer

from models.artifact import DEFAULT_FOLDER
from models.errors import StoreError
from models.taxonomy import Language, Taxonomy
from pipeline.output import atomic_writer
from pipeline.report_excel import write_workbook
from pipeline.report_facts import StoreFacts
from pipeline.report_figures import Figures, build_figures
from pipeline.report_headline import headline
from pipeline.report_page import render_page
from pipeline.report_period import Period
from pipeline.report_table import ScoredRows, read_scored
from pipeline.report_theme_files import ThemeFiles, read_themes
from pipeline.report_titles import Titles
from pipeline.stage import run_stage

if TYPE_CHECKING:
    from pipeline.store.engine import Store


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report.

    Attributes:
        figures: All its figures.
        headline: The paragraph on top.
        page: The HTML page.
        workbook: The Excel file.
        facts: What the store told besides; None without one.
    """

    figures: Figures
    headline: str
    page: str
    workbook: bytes
    facts: StoreFacts | None = None

    def as_json(self) -> str:
        """Give the headline and all figures.

        Returns:
            A JSON object.
        """
        content = {"headline": self.headline, **self.figures.as_json()}
        if self.facts is not None:
            content["store"] = self.facts.as_json()
        return json.dumps(content, ensure_ascii=False, allow_nan=False, indent=1)


def make_report(
    scored: str | Path | pd.DataFrame,
    period: Period,
    taxonomy: Taxonomy,
    themes: str | Path | None = None,
    compare: bool = True,
    language: Language = "zh",
) -> Report:
    """Make one report.

    Args:
        scored: What `huiyin score` wrote, or the same as a frame.
        period: The week or month.
        taxonomy: The label space.
        themes: Folder of the themes; None leaves them out.
        compare: Whether to set the figures beside the last period's.
        language: zh or en.

    Returns:
        The report; of an empty period too. Rows or themes that cannot be used raise `DataError`.
    """
    files = None if themes is None else read_themes(themes)
    titles = Titles(taxonomy, language)
    return _compose(read_scored(scored, period), period, titles, files, compare)


def make_store_report(
    store: Store,
    period: Period,
    taxonomy: Taxonomy,
    compare: bool = True,
    language: Language = "zh",
) -> Report:
    """Make one report from the store, with what was decided and what came of it.

    Args:
        store: The store.
        period: The week or month.
        taxonomy: The label space.
        compare: Whether to set the figures beside the last period's.
        language: zh or en.

    Returns:
        The report; the same as long as the store holds the same of the period.
    """
    from pipeline.report_store import read_facts, read_report_rows, read_store_themes

    rows = read_report_rows(store, period)
    week, files = read_store_themes(store, period)
    facts = read_facts(store, period, rows, files, week)
    titles = Titles(taxonomy, language)
    return _compose(read_scored(rows, period), period, titles, files, compare, facts)


def _compose(
    scored: ScoredRows,
    period: Period,
    titles: Titles,
    files: ThemeFiles | None,
    compare: bool,
    facts: StoreFacts | None = None,
) -> Report:
    figures = build_figures(scored, period, titles, files, compare)
    summary = headline(figures, titles, facts)
    book = BytesIO()
    write_workbook(book, figures, summary, titles, facts)
    page = render_page(figures, summary, titles, facts)
    return Report(figures, summary, page, book.getvalue(), facts)


def write_report(report: Report, folder: str | Path) -> list[Path]:
    """Write a report's files, each whole or not at all.

    Args:
        report: The report.
        folder: Where to; made if need be.

    Returns:
        Paths of the page, the workbook and the figures: `report-2026-W47.html`, .xlsx, .json. A
        file that cannot be written raises `DataError`.
    """
    content = {
        ".html": report.page.encode("utf-8", "replace"),
        ".xlsx": report.workbook,
        ".json": report.as_json().encode("utf-8", "replace"),
    }
    paths = []
    for suffix, data in content.items():
        paths.append(Path(folder) / f"report-{report.figures.period.key}{suffix}")
        with atomic_writer(paths[-1]) as file:
            file.write(data)
    return paths


def main(
    output: Annotated[Path, typer.Option("--output", "-o", help="folder for the report's files")],
    week: Annotated[str | None, typer.Option(help="ISO week, such as 2026-W47")] = None,
    month: Annotated[str | None, typer.Option(help="month, such as 2026-11")] = None,
    scored: Annotated[
        Path | None, typer.Option(help="what `huiyin score` wrote, .parquet or .csv")
    ] = None,
    themes: Annotated[Path | None, typer.Option(help="folder that `huiyin themes` wrote")] = None,
    compare: Annotated[bool, typer.Option(help="set beside the last period")] = True,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="the report's language")] = "zh",
    store: Annotated[str | None, typer.Option(help="URL of a store instead of a file")] = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="also a PDF, with Chromium")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="also the files' names as JSON")] = False,
    taxonomy: Annotated[Path, typer.Option()] = DEFAULT_FOLDER / "taxonomy.yaml",
) -> None:
    """Report one week or month of feedback as a page, a workbook and JSON."""
    period, labels = _period(week, month), Taxonomy.load(taxonomy)
    if scored is not None and store is not None:
        raise typer.BadParameter("expected --scored or --store, not both")
    if scored is None:
        report = make_store_report(_opened(store), period, labels, compare, lang)
    else:
        report = make_report(scored, period, labels, themes, compare, lang)
    paths = write_report(report, output)
    if pdf:
        from pipeline.report_pdf import write_pdf

        paths.append(write_pdf(paths[0]))
    for path in paths:
        typer.echo(f"{path}", err=True)
    if as_json:
        typer.echo(json.dumps({"files": [str(path) for path in paths]}, ensure_ascii=False))


def _opened(url: str | None) -> Store:
    """Open the store to read; a misspelt file would else be made, and its report be empty."""
    from sqlalchemy import make_url

    from pipeline.store.engine import StoreSettings, open_store

    where = url or StoreSettings().store
    if where.startswith("sqlite"):
        database = make_url(where).database
        if database and not Path(database).exists():
            raise StoreError(
                f"{database}: no such store; check --store or HUIYIN_STORE, "
                "or fill one with `huiyin week`"
            )
    return open_store(where)


def _period(week: str | None, month: str | None) -> Period:
    if (week is None) == (month is None):
        raise typer.BadParameter("expected one of --week 2026-W47 and --month 2026-11")
    try:
        return Period.of_week(week) if week is not None else Period.of_month(month or "")
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


if __name__ == "__main__":
    run_stage(main)
