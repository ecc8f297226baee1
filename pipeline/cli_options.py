"""Options and output that several commands share."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer


def _read_moment(value: str) -> datetime:
    from pipeline.ingest_dates import read_moment

    try:
        return read_moment(value)
    except (ValueError, OverflowError):
        raise typer.BadParameter(
            f"expected a moment such as 2026-11-23T09:00 (Asia/Shanghai) or "
            f"2026-11-23T01:00Z, got {value!r}"
        ) from None


ModelRef = Annotated[str | None, typer.Option(help="模型文件夹或 models:/huiyin@champion")]
StoreUrl = Annotated[str | None, typer.Option("--store", help="数据库网址,默认取 HUIYIN_STORE")]
AsJson = Annotated[bool, typer.Option("--json", help="在标准输出打印 JSON")]
Cascade = Annotated[float, typer.Option(min=0, max=1, help="把最没把握的这部分交给教师模型复核")]
Teacher = Annotated[Path, typer.Option(help="教师模型文件夹,由 python -m pipeline.cascade 做成")]
AsOf = Annotated[
    datetime | None,
    typer.Option(parser=_read_moment, metavar="T", help="缺少 created_at 时采用的时间,默认现在"),
]
TEACHER_FOLDER = Path("models/artifacts/teacher-int8")


def print_json(value: Any) -> None:
    """Print a machine-readable result on stdout.

    Args:
        value: Plain values; what JSON does not know becomes its `str`.
    """
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
