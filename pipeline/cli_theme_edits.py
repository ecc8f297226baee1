"""`huiyin themes rename|merge|split|…`: what people do to themes, on the command line."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import typer

from pipeline.cli_options import AsJson, StoreUrl, print_json

ThemeId = Annotated[str, typer.Argument(help="主题编号,如 T0001")]
_Who = Annotated[str | None, typer.Option(help="操作人,默认登录名")]
_Version = Annotated[int | None, typer.Option(help="您看到的版本;别人改过就拒绝")]
_Mentions = Annotated[list[str], typer.Argument(help="提及,写成 反馈编号:起点:终点")]
_Week = Annotated[str | None, typer.Option(help="从哪一周起,默认最近一周")]


def add_to(app: typer.Typer) -> None:
    """Add the commands that edit.

    Args:
        app: Takes them.
    """
    structure = (rename, merge, split, describe, assign, confirm, reject)
    facts = (action, cause, five_whys, fishbone, close, reopen, undo)
    for command in (*structure, *facts):
        app.command()(command)


def rename(
    theme_id: ThemeId,
    name: Annotated[str, typer.Argument(help="新名字,2 到 20 个字")],
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """给主题改名;以后聚类不会再改它。"""
    _edit("rename", store, as_json, theme_id, name, who=who, version=version)


def merge(
    theme_id: ThemeId,
    into: Annotated[str, typer.Argument(help="并入哪个主题")],
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """把一个主题并入另一个,各周数量一并计算。"""
    _edit("merge", store, as_json, theme_id, into, who=who, version=version)


def split(
    theme_id: ThemeId,
    name: Annotated[str, typer.Argument(help="新主题的名字")],
    mentions: _Mentions,
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """从主题里拆出一些提及,成为新主题。"""
    _edit("split", store, as_json, theme_id, _places(mentions), name, who=who, version=version)


def describe(
    name: Annotated[str, typer.Argument(help="新主题的名字")],
    phrases: Annotated[list[str], typer.Argument(help="顾客会怎么说,如 验证码收不到")],
    who: _Who = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """用几句话新建主题;下次加入一周时,相近的提及归入它。"""
    _edit("describe", store, as_json, name, phrases, who=who)


def assign(
    theme_id: ThemeId,
    mentions: _Mentions,
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """把提及归入主题。"""
    _edit("assign", store, as_json, theme_id, _places(mentions), who=who, version=version)


def confirm(
    theme_id: ThemeId,
    mentions: _Mentions,
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """确认提及属于主题。"""
    _edit("confirm", store, as_json, theme_id, _places(mentions), who=who, version=version)


def reject(
    theme_id: ThemeId,
    mentions: _Mentions,
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """把提及从主题里剔除。"""
    _edit("reject", store, as_json, theme_id, _places(mentions), who=who, version=version)


def action(
    theme_id: ThemeId,
    owner: Annotated[str | None, typer.Option(help="负责人")] = None,
    what: Annotated[str | None, typer.Option("--action", help="措施")] = None,
    due: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="期限")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="生效日")] = None,
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """写明谁在何时之前做什么,以及何日生效(取代原来的)。"""
    values = {
        "owner": owner,
        "action": what,
        "due": due.date() if due else None,
        "action_on": since.date() if since else None,
    }
    _edit("set_action", store, as_json, theme_id, who=who, version=version, **values)


def cause(
    theme_id: ThemeId,
    department: Annotated[str, typer.Argument(help="责任部门")],
    kind: Annotated[str, typer.Argument(help="流程漏洞、产品缺陷或服务失误;空为未定")],
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """定下责任部门和根因类别;以后聚类不会再改它们。"""
    values = {"department": department, "kind": kind}
    _edit("set_cause", store, as_json, theme_id, who=who, version=version, **values)


def five_whys(
    theme_id: ThemeId,
    whys: Annotated[list[str], typer.Argument(help="逐层追问的答案,最多五条")],
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """写下五个为什么(取代原来的)。"""
    _edit("five_whys", store, as_json, theme_id, whys, who=who, version=version)


def fishbone(
    theme_id: ThemeId,
    category: Annotated[
        str | None, typer.Argument(help="人、机、料、法、环、测;不写即清空")
    ] = None,
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """在鱼骨图上归类。"""
    _edit("fishbone", store, as_json, theme_id, category, who=who, version=version)


def close(
    theme_id: ThemeId,
    week: _Week = None,
    note: Annotated[str | None, typer.Option(help="说明")] = None,
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """关闭主题;它再出现时会以“复发”重开。"""
    _edit("close", store, as_json, theme_id, week=week, note=note, who=who, version=version)


def reopen(
    theme_id: ThemeId,
    week: _Week = None,
    note: Annotated[str | None, typer.Option(help="说明")] = None,
    who: _Who = None,
    version: _Version = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """重开主题。"""
    _edit("reopen", store, as_json, theme_id, week=week, note=note, who=who, version=version)


def undo(
    event: Annotated[int | None, typer.Argument(help="操作编号,默认最近一次")] = None,
    theme: Annotated[str | None, typer.Option(help="这个主题的最近一次")] = None,
    who: _Who = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """撤销一次操作;有后来的操作依赖它时会说明。"""
    _edit("undo", store, as_json, who=who, event_id=event, theme_id=theme)


def _places(mentions: list[str]) -> list[tuple[str, int, int]]:
    from pipeline.store.theme_edits import parse_place

    return [parse_place(text) for text in mentions]


def _edit(
    name: str, store: str | None, as_json: bool, *args: Any, who: str | None, **options: Any
) -> None:
    import getpass
    from dataclasses import asdict

    from pipeline.store import theme_edits
    from pipeline.store.engine import open_store

    signed = who or getpass.getuser()
    edit = getattr(theme_edits, name)(open_store(store), *args, who=signed, **options)
    created = f",新主题 {edit.created}" if edit.created else ""
    typer.echo(f"操作 {edit.event_id}:{edit.theme_id} 第 {edit.version} 版{created}", err=True)
    if as_json:
        print_json(asdict(edit))
