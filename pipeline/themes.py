"""Stage `themes`: scored rows in, root-cause themes and their mentions out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from pydantic import Field

from models.analysis import FeedbackModel
from models.encoders import Encoder, SentenceEncoder
from models.errors import DataError
from models.theme_report import ThemeReport
from models.themes import ThemeSettings, fit_themes
from pipeline.backlog_manifest import parquet_of
from pipeline.output import atomic_writer
from pipeline.params import PARAMS_FILE, StageParams, load_params
from pipeline.report_period import Period
from pipeline.stage import run_stage

THEMES_FILE, MENTIONS_FILE = "themes.json", "mentions.csv"


class ThemesParams(StageParams):
    """What changes the themes; see `models.themes.ThemeSettings`."""

    granularity: Annotated[float, Field(ge=0, le=1)] = 0.6
    min_rows: Annotated[int, Field(ge=2)] = 4
    floor: Annotated[float, Field(ge=0, le=1)] = 0.5
    keyword_weight: Annotated[float, Field(ge=0, le=5)] = 0.6
    dim: Annotated[int, Field(ge=2, le=1000)] = 80
    keep_neutral: bool = True
    neutral_seeds: bool = False
    n_quotes: Annotated[int, Field(ge=1, le=50)] = 5
    seed: Annotated[int, Field(ge=0)] = 0

    def settings(self) -> ThemeSettings:
        """The same as plain values."""
        return ThemeSettings(**self.model_dump())


def find_themes(
    scored: Path,
    output: Path,
    encoder: Encoder,
    params: ThemesParams,
    period: Period | None = None,
) -> ThemeReport:
    """Read scored rows, find their themes and write both files.

    Args:
        scored: Parquet with the columns of `FeedbackResult`, or a folder of parts.
        output: Folder for `themes.json` and `mentions.csv`, made if need be.
        encoder: Embeds the mentions.
        params: The stage's parameters.
        period: Look at rows created in it alone; None takes all.

    Returns:
        What was written.

    Raises:
        DataError: If the file cannot be read or its rows cannot be used.
    """
    try:
        rows = pd.read_parquet(parquet_of(scored))
        if period is not None:
            created = rows["created_at"]
            rows = rows[(created >= period.start) & (created < period.end)]
        report = fit_themes(rows.reset_index(drop=True), encoder, params.settings())
    except FileNotFoundError:
        raise DataError(f"{scored}: no such file; make it with huiyin score IN -o OUT") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{scored}: {error}") from error
    write_report(report, output)
    return report


def write_report(report: ThemeReport, output: Path) -> None:
    """Write `themes.json` and `mentions.csv`, each whole or not at all.

    Args:
        report: The themes.
        output: The folder.
    """
    text = json.dumps(report.as_record(), ensure_ascii=False, indent=2) + "\n"
    with atomic_writer(output / THEMES_FILE) as file:
        file.write(text.encode())
    with atomic_writer(output / MENTIONS_FILE) as file:
        report.mentions.to_csv(file, index=False)


def main(
    scored: Annotated[Path, typer.Argument(help="scored rows, Parquet")],
    output: Annotated[Path, typer.Argument(help="folder for themes.json and mentions.csv")],
    model: Annotated[Path | None, typer.Option(help="模型文件夹,默认随包模型")] = None,
    encoder: Annotated[str | None, typer.Option(help="改用 sentence-transformers 模型")] = None,
    week: Annotated[str | None, typer.Option(help="只看这一周,如 2026-W47")] = None,
    params: Annotated[Path, typer.Option(help="参数文件")] = PARAMS_FILE,
) -> None:
    """从 SCORED 的投诉里找出根因主题。"""
    settings = load_params(ThemesParams, "themes", params) if params.exists() else ThemesParams()
    embed: Encoder = (
        SentenceEncoder.load(encoder) if encoder else FeedbackModel.load(model).artifact.encoder
    )
    report = find_themes(scored, output, embed, settings, _period(week))
    typer.echo(
        f"{report.n_complaints} 条投诉:{len(report.themes)} 个主题,"
        f"{len(report.mentions)} 处提及归入,{len(report.rare)} 处罕见",
        err=True,
    )


def _period(week: str | None) -> Period | None:
    try:
        return Period.of_week(week) if week else None
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--week") from error


if __name__ == "__main__":
    run_stage(main)
