"""`huiyin themes …`: root-cause themes, in a folder or in the store."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline import cli_theme_edits
from pipeline.cli_options import AsJson, ModelRef, StoreUrl, print_json
from pipeline.cli_theme_edits import ThemeId

app = typer.Typer(help="根因主题。", no_args_is_help=True)
cli_theme_edits.add_to(app)


@app.command()
def fit(
    scored: Annotated[Path, typer.Argument(help="huiyin score 的结果(Parquet)")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="主题文件夹")] = None,
    store: StoreUrl = None,
    model: ModelRef = None,
    week: Annotated[str | None, typer.Option(help="只看这一周,如 2026-W47")] = None,
    as_json: AsJson = False,
) -> None:
    """从投诉里找出根因主题:逐周记入数据库,主题逐周延续;或用 -o 写成文件夹。"""
    from pipeline.model_ref import resolve_model

    if output is not None and store is not None:
        raise typer.BadParameter("写文件夹用 -o,记入数据库用 --store,二者选一")
    if output is None:
        from models.artifact import DEFAULT_FOLDER
        from pipeline.theme_fit import fit_store

        outcomes = fit_store(scored, store, resolve_model(model) or DEFAULT_FOLDER, week)
        if as_json:
            print_json(outcomes)
        return
    from pipeline.themes import THEMES_FILE, main

    main(scored, output, model=resolve_model(model), week=week)
    if as_json:
        typer.echo((output / THEMES_FILE).read_text("utf-8"), nl=False)


@app.command("list")
def list_(
    week: Annotated[str | None, typer.Option(help="看哪一周,默认最近一周")] = None,
    status: Annotated[str | None, typer.Option(help="只看这种状态,如 growing")] = None,
    query: Annotated[str | None, typer.Option(help="名称或关键词里有这个词")] = None,
    rising: Annotated[bool, typer.Option("--rising", help="只看少见但在上升的")] = False,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """列出某一周的主题,大的在前。"""
    from pipeline.store.engine import open_store
    from pipeline.store.theme_registry import list_themes
    from pipeline.store.theme_views import as_record

    views = list_themes(
        open_store(store), week, status, query=query, is_rare_rising=True if rising else None
    )
    if as_json:
        print_json(as_record(views))
        return
    for view in views:
        share = "" if view.share is None else f"{view.share:.1%}"
        owner = f"  @{view.owner}" if view.owner else ""
        typer.echo(f"{view.id}  {view.n:>5}  {share:>6}  {view.status_title}  {view.name}{owner}")


@app.command()
def show(
    theme_id: ThemeId,
    week: Annotated[str | None, typer.Option(help="看哪一周,默认最近一周")] = None,
    facts: Annotated[bool, typer.Option("--facts/--no-facts", help="分布、同现与效果")] = True,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """看一个主题:逐周数量、原话、来历、分布、措施与效果。"""
    from pipeline.store.engine import open_store
    from pipeline.store.theme_facts import theme_facts
    from pipeline.store.theme_registry import get_theme
    from pipeline.store.theme_views import as_record

    opened = open_store(store)
    detail = get_theme(opened, theme_id, week)
    figures = theme_facts(opened, theme_id, week) if facts else None
    if as_json:
        print_json({**as_record(detail), "facts": as_record(figures) if figures else None})
        return
    for line in [*_about(detail), *(_figures(figures) if figures else ())]:
        typer.echo(line)


@app.command()
def export(
    mentions: Annotated[Path | None, typer.Option(help="写提及,.csv .parquet .jsonl .xlsx")] = None,
    themes: Annotated[Path | None, typer.Option(help="写主题,同上")] = None,
    week: Annotated[str | None, typer.Option(help="只看这一周")] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """把主题和提及写成文件;公式字符会被中和。"""
    from pipeline.store.engine import open_store
    from pipeline.theme_export import write_mentions, write_themes

    if mentions is None and themes is None:
        raise typer.BadParameter("请写明 --mentions 或 --themes")
    opened, written = open_store(store), {}
    if mentions is not None:
        written["mentions"] = {"file": mentions, "n": write_mentions(opened, mentions, week)}
        typer.echo(f"{mentions}:{written['mentions']['n']} 处提及", err=True)
    if themes is not None:
        written["themes"] = {"file": themes, "n": write_themes(opened, themes, week)}
        typer.echo(f"{themes}:{written['themes']['n']} 个主题", err=True)
    if as_json:
        print_json(written)


def _about(detail: Any) -> list[str]:
    view = detail.theme
    merged = f"({detail.merged_into} 由合并而来)" if detail.merged_into else ""
    lines = [
        f"{view.id} {view.name}{merged}  {view.status_title}  第 {view.version} 版",
        f"关键词:{'、'.join(view.keywords)}",
        f"建议:{view.department} / {view.kind}",
        f"负责人:{view.owner or '–'}  措施:{view.action or '–'}  期限:{view.due or '–'}",
        "逐周:" + "  ".join(f"{w.week[-3:]} {w.n}" for w in detail.weeks[-12:]),
    ]
    lines += [f"  “{quote.text}”({quote.feedback_id})" for quote in view.quotes]
    return lines + [f"{e.at:%m-%d %H:%M} {e.who} {e.title} #{e.id}" for e in detail.events[:10]]


def _figures(facts: Any) -> list[str]:
    lines = [
        f"{s.dimension}={s.value}:{s.n}/{s.total},是别处的 {s.lift:.1f} 倍"
        f"({s.low:.1f}–{s.high:.1f})"
        for s in facts.segments
        if s.is_notable
    ]
    lines += [f"常与 {p.first}/{p.second} 同时出现:{p.n} 行" for p in facts.pairs]
    if facts.effect:
        lines.append(f"效果:{facts.effect.verdict}")
    return lines
