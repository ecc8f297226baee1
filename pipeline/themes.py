"""Stage `themes`: scored rows in, root-cause themes and their mentions out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from pydantic import Field

from models.encoders import Encoder, SentenceEncoder
from models.errors import DataError
from models.theme_report import ThemeReport
from models.themes import ThemeSettings, fit_themes
from pipeline.output import atomic_writer
from pipeline.params import PARAMS_FILE, StageParams, load_params

THEMES_FILE, MENTIONS_FILE = "themes.json", "mentions.csv"


class ThemesParams(StageParams):
    """What changes the themes; see `models.themes.ThemeSettings`."""

    granularity: Annotated[float, Field(ge=0, le=1)] = 0.5
    min_rows: Annotated[int, Field(ge=2)] = 4
    floor: Annotated[float, Field(ge=0, le=1)] = 0.4
    keyword_weight: Annotated[float, Field(ge=0, le=5)] = 0.6
    dim: Annotated[int, Field(ge=2, le=1000)] = 80
    keep_neutral: bool = True
    neutral_seeds: bool = False
    n_quotes: Annotated[int, Field(ge=1, le=50)] = 5
    seed: Annotated[int, Field(ge=0)] = 0

    def settings(self) -> ThemeSettings:
        """The same as plain values."""
        return ThemeSettings(**self.model_dump())


def find_themes(scored: Path, output: Path, encoder: Encoder, params: ThemesParams) -> ThemeReport:
    """Read scored rows, find their themes and write both files.

    Args:
        scored: Parquet with the columns of `FeedbackResult`.
        output: Folder for `themes.json` and `mentions.csv`, made if need be.
        encoder: Embeds the mentions.
        params: The stage's parameters.

    Returns:
        What was written.

    Raises:
        DataError: If the file cannot be read or its rows cannot be used.
    """
    try:
        rows = pd.read_parquet(scored)
        report = fit_themes(rows, encoder, params.settings())
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
    encoder: Annotated[Path, typer.Option(help="sentence-transformers folder or name")] = Path(
        "models/artifacts/teacher-base"
    ),
    params: Annotated[Path, typer.Option(help="parameter file")] = PARAMS_FILE,
) -> None:
    """Find the root-cause themes of SCORED."""
    settings = load_params(ThemesParams, "themes", params)
    report = find_themes(scored, output, SentenceEncoder.load(encoder), settings)
    typer.echo(
        f"{report.n_complaints} complaints: {len(report.themes)} themes, "
        f"{len(report.mentions)} mentions in them, {len(report.rare)} rare",
        err=True,
    )


if __name__ == "__main__":
    typer.run(main)
