"""Stage `report`: scored rows in; one page, one workbook and all figures of a week or month out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Annotated, Literal

import pandas as pd
import typer

from models.taxonomy import Language, Taxonomy
from pipeline.output import atomic_writer
from pipeline.report_excel import write_workbook
from pipeline.report_figures import Figures, build_figures
from pipeline.report_headline import headline
from pipeline.report_page import render_page
from pipeline.report_period import Period
from pipeline.report_table import read_scored
from pipeline.report_theme_files import read_themes
from pipeline.report_titles import Titles
from pipeline.stage import run_stage


@dataclass(frozen=True, slots=True)
class Report:
    """A finished report.

    Attributes:
        figures: All its figures.
        headline: The paragraph on top.
        page: The HTML page.
        workbook: The Excel file.
    """

    figures: Figures
    headline: str
    page: str
    workbook: bytes

    def as_json(self) -> str:
        """Give the headline and all figures.

        Returns:
            A JSON object.
        """
        content = {"headline": self.headline, **self.figures.as_json()}
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
    titles = Titles(taxonomy, language)
    files = None if themes is None else read_themes(themes)
    figures = build_figures(read_scored(scored, period), period, titles, files, compare)
    summary = headline(figures, titles)
    book = BytesIO()
    write_workbook(book, figures, summary, titles)
    return Report(figures, summary, render_page(figures, summary, titles), book.getvalue())


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
        Path, typer.Option(help="what `huiyin score` wrote, .parquet or .csv")
    ] = Path("data/processed/scored.parquet"),
    themes: Annotated[Path | None, typer.Option(help="folder that `huiyin themes` wrote")] = None,
    compare: Annotated[bool, typer.Option(help="set beside the last period")] = True,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="the report's language")] = "zh",
    taxonomy: Annotated[Path, typer.Option()] = Path("data/taxonomy.yaml"),
) -> None:
    """Report one week or month of feedback as a page, a workbook and JSON."""
    period = _period(week, month)
    report = make_report(scored, period, Taxonomy.load(taxonomy), themes, compare, lang)
    for path in write_report(report, output):
        typer.echo(f"{path}", err=True)


def _period(week: str | None, month: str | None) -> Period:
    if (week is None) == (month is None):
        raise typer.BadParameter("expected one of --week 2026-W47 and --month 2026-11")
    try:
        return Period.of_week(week) if week is not None else Period.of_month(month or "")
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


if __name__ == "__main__":
    run_stage(main)
