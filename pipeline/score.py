"""Stage `score`: any amount of feedback in, results out, nothing lost in between."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from models.errors import DataError
from pipeline.backlog import Stopped, run_backlog
from pipeline.backlog_job import BATCH_ROWS, PART_ROWS, Job
from pipeline.backlog_scorer import ModelChoice
from pipeline.backlog_target import Target
from pipeline.cli_options import TEACHER_FOLDER, AsOf, Cascade, Teacher
from pipeline.progress import progress_printer, stop_on_interrupt
from pipeline.score_stream import STANDARD, ends, rejected_place
from pipeline.score_summary import Summary
from pipeline.stage import run_stage

__all__ = ["BATCH_ROWS", "Summary", "main", "score_file"]


def score_file(
    source: str | Path,
    output: str | Path,
    *,
    text_column: str = "text",
    model: Path | None = None,
    teacher: Path | None = None,
    cascade: float = 0.0,
    workers: int = 1,
    as_of: datetime | None = None,
    customer_key: bytes | None = None,
    resume: bool = False,
    restart: bool = False,
    part_rows: int = PART_ROWS,
    on_batch: Callable[[Summary], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Summary:
    """Score a file, a folder or a pattern of files.

    Args:
        source: CSV, JSONL (both also .gz and .zst), Parquet or Excel.
        output: A file, whose suffix names the format; or a folder, which gets numbered parts and a
            manifest. Rejected rows go beside it.
        text_column: The column with the customer's words.
        model: Model folder; None takes the shipped one.
        teacher: Folder of a teacher that reads the least sure rows again, see `pipeline.cascade`.
        cascade: Share of rows that it reads, in [0, 1].
        workers: Processes that score; 1 scores in this one.
        as_of: Stands in for a missing `created_at`; None takes the present, or on resuming the
            moment of the first run.
        customer_key: Secret for hashing customer ids; without it they are dropped.
        resume: Go on with an unfinished run; model, options and input must be the same.
        restart: Throw an unfinished run away.
        part_rows: Rows of input in a part: what a crash can cost.
        on_batch: Called after each batch, for a progress display.
        should_stop: Asked after each part; True ends the run there.

    Returns:
        What was done.

    Raises:
        DataError: If input or output cannot be used.
        ArtifactError: If the model cannot be loaded.
    """
    choice = ModelChoice(model, teacher, cascade)
    job = Job(source, text_column, choice, workers, as_of, customer_key, BATCH_ROWS, part_rows)
    return run_backlog(
        job,
        Target(output),
        resume=resume,
        restart=restart,
        on_batch=on_batch,
        should_stop=should_stop,
    )


def main(
    source: Annotated[Path, typer.Argument(metavar="IN", help="文件、文件夹、通配符,- 为标准输入")],
    output: Annotated[Path, typer.Option("--output", "-o", help="文件、文件夹,- 为标准输出")],
    text_column: Annotated[str, typer.Option(help="客户原话所在的列")] = "text",
    model: Annotated[Path | None, typer.Option(help="模型文件夹,默认随包模型")] = None,
    workers: Annotated[int, typer.Option(min=1, help="进程数")] = os.cpu_count() or 1,
    as_of: AsOf = None,
    customer_key_file: Annotated[Path | None, typer.Option(help="客户编号加密用的密钥文件")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="在标准输出打印 JSON")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="接着上次没做完的做")] = False,
    restart: Annotated[bool, typer.Option("--restart", help="丢掉上次没做完的,从头来")] = False,
    stream_format: Annotated[str, typer.Option("--format", help="标准输出的格式")] = "jsonl",
    engine: Annotated[str, typer.Option(help="local 或 spark")] = "local",
    master: Annotated[str | None, typer.Option(help="Spark 集群地址")] = None,
    partition_by: Annotated[str | None, typer.Option(help="Spark 输出按 date 分区")] = None,
    cascade: Cascade = 0.0,
    teacher: Teacher = TEACHER_FOLDER,
) -> None:
    """给每条反馈打上类型、紧急程度和答复期限。"""
    key = read_key(customer_key_file) if customer_key_file else None
    if engine == "spark":
        if cascade:
            raise DataError("--cascade works on one machine only: leave out --engine spark")
        from pipeline.spark_score import SparkJob, score_on_spark

        spark_job = SparkJob(
            source,
            output,
            text_column,
            model,
            as_of or datetime.now().astimezone(),
            key,
            partition_by,
        )
        _tell(score_on_spark(spark_job, master), output, as_json)
        return
    with stop_on_interrupt() as should_stop, ends(source, output, stream_format) as (inner, outer):
        try:
            summary = score_file(
                inner,
                outer,
                text_column=text_column,
                model=model,
                teacher=teacher,
                cascade=cascade,
                workers=workers,
                as_of=as_of,
                customer_key=key,
                resume=resume,
                restart=restart,
                on_batch=progress_printer(),
                should_stop=should_stop,
            )
        except Stopped as stopped:
            typer.echo(
                f"\n已停:{stopped.summary.rows_in:,} 行已写好。接着做:同样的命令加 --resume",
                err=True,
            )
            raise typer.Exit(130) from stopped
    _tell(summary, output, as_json)


def _tell(summary: Summary, output: Path, as_json: bool) -> None:
    for problem, n_cells in summary.warnings.items():
        typer.echo(f"warning: {n_cells} × {problem}", err=True)
    resumed = f"(其中 {summary.rows_resumed} 行上次已评)" if summary.rows_resumed else ""
    typer.echo(
        f"\n读入 {summary.rows_in} = 已评 {summary.scored} + 拒收 {summary.rejected}{resumed}"
        f" · {summary.rate:,.0f} 行/秒 · {output}",
        err=True,
    )
    if not summary.rows_in:
        typer.echo("输入里一行反馈也没有(只有表头),输出是空的", err=True)
    if summary.rejected:
        typer.echo(f"拒收的行和原因见 {rejected_place(output)}", err=True)
    if as_json:
        import json

        # Results on standard output leave no room for anything else there.
        typer.echo(json.dumps(summary.as_record(), ensure_ascii=False), err=str(output) == STANDARD)


def read_key(path: Path) -> bytes:
    """Read the secret that hashes customer ids.

    Args:
        path: Its file.

    Returns:
        The secret, without blanks around it.

    Raises:
        DataError: If it cannot be read or is empty.
    """
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if not key:
        raise DataError(f"{path}: is empty; put a secret in it")
    return key


if __name__ == "__main__":
    run_stage(main)
