"""`huiyin queue …`: rows out to people, their labels back in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import AsJson, ModelRef, print_json

app = typer.Typer(help="复核队列:挑出值得人看的反馈,收回改好的标签。", no_args_is_help=True)

StoreUrl = Annotated[str | None, typer.Option("--store", help="数据库地址,如 sqlite:///huiyin.db")]
Protect = Annotated[
    list[Path] | None, typer.Option(help="另有哪些标注文件只用来衡量模型、不可学习")
]
Folder = Annotated[Path, typer.Option("--corrections", help="以往更正所在的文件夹")]
_CORRECTIONS = Path("data/raw/corrections")


@app.command("export")
def export_queue(
    output: Annotated[
        Path, typer.Option("--output", "-o", help=".csv、.xlsx,或 .json(Label Studio)")
    ],
    n: Annotated[int, typer.Option("--n", min=1, max=100_000, help="最多几条")] = 200,
    scored: Annotated[Path | None, typer.Option(help="huiyin score 的结果")] = None,
    store: StoreUrl = None,
    model: ModelRef = None,
    corrections: Folder = _CORRECTIONS,
    protect: Protect = None,
    as_json: AsJson = False,
) -> None:
    """挑出拿不准的、紧急的、彼此不同的反馈,请人看。"""
    from pipeline.queue_command import export

    summary = export(output, n, scored, store, model, corrections, protect or [])
    if as_json:
        print_json(summary)
    else:
        reasons = "、".join(f"{k} {v}" for k, v in summary["reasons"].items())
        typer.echo(f"{summary['rows']} 条 → {', '.join(summary['files'])}({reasons})", err=True)


@app.command("import")
def import_queue(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="填好的 .csv、.xlsx 或 Label Studio 的 JSON")
    ],
    who: Annotated[str, typer.Option(help="谁标的")],
    to: Annotated[
        Path | None, typer.Option(help="写成训练数据,如 data/raw/corrections/app.csv")
    ] = None,
    store: StoreUrl = None,
    protect: Protect = None,
    as_json: AsJson = False,
) -> None:
    """逐格检查填好的标签并收下;有一格不对就一条也不收。两人判得不同的退回队列。"""
    from pipeline.queue_command import take_in

    if to is None and store is None:
        raise typer.BadParameter(
            "要写明收到哪里:--to 文件,或 --store 数据库", param_hint="--to / --store"
        )
    summary = take_in(file, who, to, store, protect or [])
    if as_json:
        print_json(summary)
        return
    typer.echo(
        f"收下 {summary['taken']} 条,没看过的 {summary['unseen']} 条,"
        f"两人不同、退回队列 {summary['conflicts']} 条",
        err=True,
    )
    for name in summary["protected"]:
        typer.echo(f"没有收:{name},只用来衡量模型", err=True)
