"""`huiyin distill`: a student with a company's own words in its table."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli_options import AsJson, print_json


def distill(
    on: Annotated[list[Path], typer.Option("--on", help="自己的反馈文件,不需要标注;可多次给出")],
    output: Annotated[Path, typer.Option("--output", "-o", help="新模型的文件夹")],
    teacher: Annotated[Path, typer.Option(help="微调过的教师模型的文件夹")] = Path(
        "models/artifacts/teacher"
    ),
    corpus: Annotated[Path, typer.Option(help="整理好的语料")] = Path(
        "data/processed/corpus.parquet"
    ),
    text_column: Annotated[str, typer.Option(help="客户原话所在的列")] = "text",
    max_texts: Annotated[int, typer.Option(min=1, help="最多学这么多条不同的原话")] = 50_000,
    shipped: Annotated[
        bool, typer.Option("--shipped/--no-shipped", help="是否同时学随包的旧评论")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """用自己的未标注反馈重新蒸馏模型,让它认得你们的说法。"""
    from pipeline.distill_on import Places, distill_on

    places = Places(teacher, corpus)
    done = distill_on(on, output, places, text_column, max_texts, shipped)
    if as_json:
        print_json(asdict(done) | {"output": str(output)})
        return
    typer.echo(
        f"{done.version} 已写入 {output}:读入 {done.n_read} 条,其中 {done.n_own} 条不同的原话"
        f"参与蒸馏,教师共判读 {done.n_texts} 条。用 huiyin evaluate --model {output} 衡量。",
        err=True,
    )
