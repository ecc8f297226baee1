"""`huiyin models …`: the registry."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from pipeline.cli_options import AsJson, print_json

app = typer.Typer(help="模型登记处:查看、上线、回退。", no_args_is_help=True)


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """列出登记过的版本。"""
    from pipeline.registry import list_versions

    versions = list_versions()
    if as_json:
        print_json([asdict(v) for v in versions])
        return
    for v in versions:
        typer.echo(f"{v.version:>4}  {', '.join(v.aliases) or '-':12} {v.model_version}")


@app.command()
def promote(
    version: Annotated[int, typer.Argument(help="版本号")],
    reason: Annotated[str, typer.Option(help="为什么")] = "",
) -> None:
    """把一个版本设为 champion。"""
    from pipeline.registry import promote as move

    typer.echo(f"champion → {move(version, reason=reason).version}", err=True)


@app.command()
def rollback(reason: Annotated[str, typer.Option(help="为什么")] = "") -> None:
    """把 champion 退回上一个版本。"""
    from pipeline.registry import rollback as move

    typer.echo(f"champion → {move(reason=reason).version}", err=True)
