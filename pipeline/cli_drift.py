"""`huiyin drift`: has what customers write changed?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import AsJson, ModelRef, print_json

FOUND = 3  # neither "done" nor "failed": a scheduler can tell drift from both


def drift(
    reference: Annotated[Path, typer.Argument(help="一切正常时的评分结果")],
    current: Annotated[Path, typer.Argument(help="要检查的评分结果")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="写 drift.json 的文件夹")
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="另写 Evidently 的 drift.html,需要 -o")
    ] = False,
    corrections: Annotated[
        Path | None, typer.Option(help="更正过的标注 CSV 或文件夹;默认 data/raw/corrections")
    ] = None,
    store: Annotated[str | None, typer.Option(help="从这个数据库取已定案的更正")] = None,
    false_alarm_rate: Annotated[
        float, typer.Option(min=0.001, max=0.2, help="没有变化时允许误报的比例")
    ] = 0.01,
    model: ModelRef = None,
    as_json: AsJson = False,
) -> None:
    """比较两批评分结果:客户说的变了没有,要不要重训。有变化时退出码为 3。"""
    from pipeline.drift import DriftParams
    from pipeline.drift_command import as_text, check_drift
    from pipeline.model_ref import resolve_model
    from pipeline.settled import read_settled

    if report and output is None:
        raise typer.BadParameter("--report 要写文件,请用 -o 指明文件夹", param_hint="--report")
    outcome = check_drift(
        reference,
        current,
        output,
        corrections=read_settled(corrections, store),
        model=resolve_model(model),
        params=DriftParams(false_alarm_rate=false_alarm_rate),
        with_report=report,
    )
    if as_json:
        print_json(outcome.as_record())
    else:
        typer.echo(as_text(outcome))
    if outcome.has_drift:
        raise typer.Exit(FOUND)
