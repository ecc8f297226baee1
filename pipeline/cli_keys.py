"""`huiyin keys …`: keys of the API."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="接口密钥。", no_args_is_help=True)


class Scope(StrEnum):
    """What a key may do; the same as serve.keys.SCOPES."""

    CLASSIFY = "classify"
    VIEW = "view"
    REVIEW = "review"
    ADMIN = "admin"


@app.command()
def create(
    file: Annotated[Path, typer.Option(help="密钥文件,即 HUIYIN_KEYS_FILE")],
    name: Annotated[str, typer.Option(help="给谁用")],
    scope: Annotated[list[Scope], typer.Option(help="可多次")],
) -> None:
    """新建一个接口密钥,只显示这一次。"""
    typer.echo(import_module("serve.keys").create_key(file, name, [s.value for s in scope]))
