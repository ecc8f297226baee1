"""`huiyin models …`: the registry."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.cli_options import AsJson, print_json

app = typer.Typer(help="模型登记处:查看、比较、上线、回退。", no_args_is_help=True)

Corrections = Annotated[
    Path | None, typer.Option(help="更正过的标注 CSV 或文件夹;默认 data/raw/corrections")
]
StoreUrl = Annotated[str | None, typer.Option("--store", help="从这个数据库取已定案的更正")]
Corpus = Annotated[Path, typer.Option(help="没有留下测试集的模型,用这份语料的测试部分")]
_CORPUS = Path("data/processed/corpus.parquet")


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
def compare(
    before: Annotated[str, typer.Argument(metavar="[A]", help="版本号、别名或文件夹")] = "champion",
    after: Annotated[
        str, typer.Argument(metavar="[B]", help="默认最新的非上线版本")
    ] = "challenger",
    corrections: Corrections = None,
    store: StoreUrl = None,
    corpus: Corpus = _CORPUS,
    as_json: AsJson = False,
) -> None:
    """在同一批测试数据和最新的更正上比较两个模型,并给出能否上线的结论。"""
    from pipeline.compare_models import compare_models
    from pipeline.compare_words import as_document, as_text

    rows = _read_corrections(corrections, store)
    match = compare_models(before, after, rows, corpus=corpus)
    if as_json:
        print_json(as_document(match))
    else:
        typer.echo(as_text(match))


@app.command()
def promote(
    version: Annotated[int, typer.Argument(help="版本号")],
    reason: Annotated[str, typer.Option(help="为什么")] = "",
    force: Annotated[bool, typer.Option("--force", help="不合格也上线,必须写明 --reason")] = False,
    corrections: Corrections = None,
    store: StoreUrl = None,
    corpus: Corpus = _CORPUS,
    as_json: AsJson = False,
) -> None:
    """比过现在的 champion、没有变差,就把一个版本设为 champion。"""
    from pipeline.compare_words import verdict_lines
    from pipeline.promotion import promote_past_gate

    if force and not reason.strip():
        raise typer.BadParameter("--force 要写明原因:--reason 文字", param_hint="--reason")
    rows = _read_corrections(corrections, store)
    done = promote_past_gate(
        version, reason=reason, is_forced=force, corrections=rows, corpus=corpus
    )
    if done.match is not None:
        typer.echo("\n".join(verdict_lines(done.match.verdict)), err=True)
    typer.echo(f"champion → {done.change.version}", err=True)
    if as_json:
        print_json(asdict(done.change))


@app.command()
def rollback(
    reason: Annotated[str, typer.Option(help="为什么")] = "", as_json: AsJson = False
) -> None:
    """把 champion 退回上一个版本。"""
    from pipeline.registry import rollback as move

    change = move(reason=reason)
    typer.echo(f"champion → {change.version}", err=True)
    if as_json:
        print_json(asdict(change))


@app.command()
def history(as_json: AsJson = False) -> None:
    """列出 champion 的每一次上线和回退:谁、何时、为什么。"""
    from pipeline.registry import read_history

    changes = read_history()
    if as_json:
        print_json([asdict(c) for c in changes])
        return
    for c in changes:
        forced = f"  强行上线,未过:{', '.join(c.forced)}" if c.forced else ""
        when = c.when.strftime("%Y-%m-%d %H:%M UTC")
        typer.echo(
            f"{when}  {c.action:8} {c.previous or '-'} → {c.version}  {c.who}  {c.reason}{forced}"
        )


def _read_corrections(file: Path | None, store: str | None) -> Any:
    from pipeline.settled import read_settled

    return read_settled(file, store)
