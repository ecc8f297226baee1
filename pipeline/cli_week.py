"""`huiyin week`: the weekly run, for a person, cron or a systemd timer."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import AsJson, ModelRef, StoreUrl, print_json


def week(
    source: Annotated[Path | None, typer.Option("--input", help="要评分的反馈文件或文件夹")] = None,
    scored: Annotated[Path | None, typer.Option(help="huiyin score 的结果,文件或文件夹")] = None,
    store: StoreUrl = None,
    week: Annotated[str | None, typer.Option(help="如 2026-W47,默认刚过完的一周")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="报告文件夹")] = Path("reports"),
    model: ModelRef = None,
    workers: Annotated[int, typer.Option(min=1, help="评分的进程数")] = os.cpu_count() or 1,
    customer_key_file: Annotated[Path | None, typer.Option(help="客户编号加密用的密钥文件")] = None,
    notify: Annotated[bool, typer.Option("--notify", help="把五件要事放入待发的通知")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="另写一份 PDF,要装有 Chromium")] = False,
    as_json: AsJson = False,
) -> None:
    """做完一周的事:评分、主题、周报、通知;重复运行不会重复,中断后再运行会接着做。"""
    from models.deadlines import SHANGHAI
    from pipeline.model_ref import resolve_model
    from pipeline.report_period import Period
    from pipeline.score import read_key
    from pipeline.week import WeekJob, run_week, week_just_over

    if source is not None and scored is not None:
        raise typer.BadParameter("--input 和 --scored 二者选一")
    try:
        period = Period.of_week(week) if week else week_just_over(datetime.now(SHANGHAI))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--week") from None
    job = WeekJob(
        period=period,
        output=output,
        store=store,
        source=source,
        scored=scored,
        model=resolve_model(model),
        workers=workers,
        customer_key=read_key(customer_key_file) if customer_key_file else None,
        is_notified=notify,
        is_printed=pdf,
    )
    done = run_week(job, lambda line: typer.echo(line, err=True))
    if as_json:
        print_json(done.as_record())
    else:
        typer.echo("\n".join(done.digest))
