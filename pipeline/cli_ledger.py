"""`huiyin ledger …`: the six ledgers as one workbook, and the progress sheet back in."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import AsJson, StoreUrl, print_json

app = typer.Typer(help="台账:六张表导出为 Excel,进度表改好再导入。", no_args_is_help=True)


@app.command()
def export(
    output: Annotated[Path, typer.Option("--output", "-o", help="要写的 .xlsx")],
    week: Annotated[str | None, typer.Option(help="哪一周,如 2026-W47,默认最近一周")] = None,
    month: Annotated[str | None, typer.Option(help="哪一月,如 2026-11")] = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> None:
    """导出六张台账:登记表、分类标准、责任、进度、改进策略、投诉根源。"""
    from pipeline.ledgers import write_ledgers
    from pipeline.store.engine import open_store

    counts = write_ledgers(open_store(store), output, week, month)
    for name, n in counts.items():
        typer.echo(f"{name}:{n} 行", err=True)
    if as_json:
        print_json({"file": output, "rows": counts})


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="改好的台账 .xlsx")],
    who: Annotated[str, typer.Option(help="谁改的")],
    store: StoreUrl = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看会改什么,不写")] = False,
    as_json: AsJson = False,
) -> None:
    """把改过的「问题处理进度跟踪表」导入:全部写入,或有一处不对就全部不写。"""
    from pipeline.ledgers_import import import_progress
    from pipeline.store.engine import open_store

    done = import_progress(open_store(store), file, who, is_dry=dry_run)
    if as_json:
        print_json(done.as_record())
        return
    for line in done.lines:
        typer.echo(line, err=True)
    verb = "会改" if dry_run else "已改"
    typer.echo(f"{verb} {done.n_changed} 个主题,{done.n_same} 个没有变化", err=True)
