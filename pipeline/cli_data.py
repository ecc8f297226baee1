"""`huiyin data …`: the labels that models learn from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import AsJson, print_json

app = typer.Typer(help="标注数据:找出可疑的标签,记下看过的结论。", no_args_is_help=True)

Settled = Annotated[Path, typer.Option(help="看过、不必再问的标签")]
_SETTLED = Path("data/settled-labels.csv")


@app.command()
def issues(
    data: Annotated[list[Path] | None, typer.Option(help="data/raw 之外的标注文件或文件夹")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="写成 CSV,供人逐条处理")
    ] = None,
    settled: Settled = _SETTLED,
    as_json: AsJson = False,
) -> None:
    """列出疑似标错的标签和几乎相同却标得不同的反馈,以及各该怎么办。"""
    from pipeline.data_command import list_issues

    found = list_issues(data or [], output, settled)
    if as_json:
        print_json(found)
        return
    typer.echo(
        f"{found['rows']} 条标注里有 {found['open']} 处待看({found['rate']:.2%} 的反馈)"
        + (f" → {output}" if output else ""),
        err=True,
    )
    if output is None:
        for issue in found["issues"][:20]:
            said = f"{issue['field']} 标为 {issue['given']},疑为 {issue['suggested']}"
            typer.echo(f"{issue['id']:20} {said}:{issue['text'][:40]}")


@app.command()
def settle(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="huiyin data issues -o 写的、填了 verdict 的 CSV")
    ],
    who: Annotated[str, typer.Option(help="谁看的")],
    settled: Settled = _SETTLED,
    as_json: AsJson = False,
) -> None:
    """把 verdict 写了「保留」的标签记为看过,以后不再问。"""
    from pipeline.data_command import settle_file

    n_settled = settle_file(file, who, settled)
    typer.echo(f"记下 {n_settled} 条 → {settled}", err=True)
    if as_json:
        print_json({"settled": n_settled, "file": settled})
