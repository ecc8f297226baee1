"""`huiyin themes …`: root-cause themes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import ModelRef

app = typer.Typer(help="根因主题。", no_args_is_help=True)


@app.command()
def fit(
    scored: Annotated[Path, typer.Argument(help="huiyin score 的结果(Parquet)")],
    output: Annotated[Path, typer.Option("--output", "-o", help="主题文件夹")],
    model: ModelRef = None,
    week: Annotated[str | None, typer.Option(help="只看这一周,如 2026-W47")] = None,
) -> None:
    """从投诉里找出根因主题。"""
    from pipeline.model_ref import resolve_model
    from pipeline.themes import main

    main(scored, output, model=resolve_model(model), week=week)
