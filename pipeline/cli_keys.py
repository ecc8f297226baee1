"""`huiyin keys …`: keys of the API."""

from __future__ import annotations

from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import AsJson, print_json

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
    as_json: AsJson = False,
) -> None:
    """新建一个接口密钥,只显示这一次。"""
    key = import_module("serve.keys").create_key(file, name, [s.value for s in scope])
    if as_json:
        print_json({"key": key})
    else:
        typer.echo(key)


@app.command("list")
def list_keys(
    file: Annotated[Path, typer.Option(help="密钥文件,即 HUIYIN_KEYS_FILE")],
    as_json: AsJson = False,
) -> None:
    """列出密钥:编号、权限、创建时间、给谁用;密钥本身不再显示。"""
    keys = import_module("serve.keys").read_keys(file).values()
    if as_json:
        shown = ("id", "scopes", "created_at", "name")
        print_json([{name: getattr(key, name) for name in shown} for key in keys])
        return
    for key in keys:
        typer.echo(f"{key.id}  {','.join(key.scopes)}  {key.created_at}  {key.name}")


@app.command()
def revoke(
    id_: Annotated[str, typer.Argument(metavar="ID", help="hy_ 与第二个 _ 之间的部分")],
    file: Annotated[Path, typer.Option(help="密钥文件,即 HUIYIN_KEYS_FILE")],
    as_json: AsJson = False,
) -> None:
    """吊销一个密钥,运行中的服务一两秒内生效。"""
    import_module("serve.keys").revoke_key(file, id_)
    typer.echo(f"已吊销 {id_}", err=True)
    if as_json:
        print_json({"revoked": id_})
