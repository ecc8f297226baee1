"""Options and output that several commands share."""

from __future__ import annotations

import json
from typing import Annotated, Any

import typer

ModelRef = Annotated[str | None, typer.Option(help="模型文件夹或 models:/huiyin@champion")]
AsJson = Annotated[bool, typer.Option("--json", help="在标准输出打印 JSON")]


def print_json(value: Any) -> None:
    """Print a machine-readable result on stdout.

    Args:
        value: Plain values; what JSON does not know becomes its `str`.
    """
    typer.echo(json.dumps(value, ensure_ascii=False, indent=1, default=str))
