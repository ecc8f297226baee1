"""Stage `score`: a file of feedback in, a file of results out, nothing lost in between."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import typer

from models.analysis import FeedbackModel
from models.errors import DataError
from models.results import FeedbackResult
from pipeline.ingest import read_batches
from pipeline.ingest_batch import CellWarning, RowBatch
from pipeline.output import RejectedWriter, open_rejected, open_writer, rejected_path
from pipeline.progress import progress_printer
from pipeline.scored import scored_batch, scored_schema
from pipeline.stage import run_stage

MODEL_COLUMNS = ("text", "feedback_id", "created_at", "contact_count", "customer_tier", "csat")
BATCH_ROWS = 4096
_PENDING_A_WORKER = 3

Analyze = Callable[[pa.RecordBatch], pa.RecordBatch]


@dataclass
class Summary:
    """What a run did; `rows_in` is always the sum of `scored` and `rejected`.

    Attributes:
        rows_in: Rows that were read.
        scored: Rows in the output.
        rejected: Rows beside the output.
        by_type: Scored rows a type.
        by_urgency: Scored rows an urgency.
        warnings: Optional cells that could not be used, by column and problem.
        seconds: Wall time.
        model_version: Which model scored.
    """

    rows_in: int = 0
    scored: int = 0
    rejected: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    by_urgency: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    model_version: str = ""

    def add(self, batch: RowBatch, scored: pa.RecordBatch) -> None:
        """Count one batch.

        Args:
            batch: What was read.
            scored: What was written.
        """
        self.rows_in += batch.n_rows_in
        self.scored += scored.num_rows
        self.rejected += len(batch.rejected)
        self.by_type.update(scored.column("type").to_pylist())
        self.by_urgency.update(scored.column("urgency").to_pylist())
        for warning in batch.warnings:
            self.warnings[_describe(warning)] += warning.n_cells

    def as_record(self) -> dict[str, Any]:
        """Give the summary as plain values.

        Returns:
            JSON-ready fields, and the rate in rows a second.
        """
        rate = self.rows_in / self.seconds if self.seconds else 0.0
        return {
            "rows_in": self.rows_in,
            "scored": self.scored,
            "rejected": self.rejected,
            "by_type": dict(self.by_type.most_common()),
            "by_urgency": dict(self.by_urgency.most_common()),
            "warnings": dict(self.warnings),
            "seconds": round(self.seconds, 2),
            "rows_per_second": round(rate, 1),
            "model_version": self.model_version,
        }


def score_file(
    source: Path,
    output: Path,
    *,
    text_column: str = "text",
    model: Path | None = None,
    workers: int = 1,
    as_of: datetime,
    customer_key: bytes | None = None,
    on_batch: Callable[[Summary], None] | None = None,
) -> Summary:
    """Score a file.

    Args:
        source: CSV, JSONL, Parquet or Excel.
        output: Where to; the suffix names the format. Rejected rows go to a file beside it.
        text_column: The column with the customer's words.
        model: Model folder; None takes the shipped one.
        workers: Processes that score; 1 scores in this one.
        as_of: Stands in for a missing `created_at`.
        customer_key: Secret for hashing customer ids; without it they are dropped.
        on_batch: Called after each batch, for a progress display.

    Returns:
        What was done.

    Raises:
        DataError: If input or output cannot be used.
        ArtifactError: If the model cannot be loaded.
    """
    started = time.monotonic()
    batches = iter(
        read_batches(
            source,
            text_column=text_column,
            batch_rows=BATCH_ROWS,
            as_of=as_of,
            customer_key=customer_key,
        )
    )
    first = next(batches)
    summary = Summary()
    with ExitStack() as stack:
        summary.model_version, results = stack.enter_context(
            _scoring(chain([first], batches), model, workers)
        )
        # The table closes first: it is what fills a disk, and then the rejected rows must not stay.
        rejected: RejectedWriter = stack.enter_context(open_rejected(output))
        writer = stack.enter_context(open_writer(output, scored_schema(first.rows.schema)))
        for batch, scored in results:
            writer.write(scored)
            rejected.write(batch.rejected)
            summary.add(batch, scored)
            summary.seconds = time.monotonic() - started
            if on_batch:
                on_batch(summary)
    return summary


def analyze_batch(model: FeedbackModel, rows: pa.RecordBatch) -> pa.RecordBatch:
    """Score one batch.

    Args:
        model: The model.
        rows: What was read.

    Returns:
        The scored batch.
    """
    needed = rows.select([name for name in MODEL_COLUMNS if name in rows.schema.names])
    results: list[FeedbackResult] = model.analyze(needed.to_pylist())
    return scored_batch(rows, results)


@contextmanager
def _scoring(
    batches: Iterator[RowBatch], folder: Path | None, workers: int
) -> Iterator[tuple[str, Iterator[tuple[RowBatch, pa.RecordBatch]]]]:
    # The model is loaded here even when workers score: a bad folder must fail before any output.
    model = FeedbackModel.load(folder)
    if workers <= 1:
        yield model.version, ((b, analyze_batch(model, b.rows)) for b in batches)
        return
    pool = ProcessPoolExecutor(workers, get_context("spawn"), _load_worker, (folder,))
    try:
        yield model.version, _in_order(batches, pool, workers)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(
    batches: Iterator[RowBatch], pool: ProcessPoolExecutor, workers: int
) -> Iterator[tuple[RowBatch, pa.RecordBatch]]:
    """Keep a bounded number of batches under way and give them back in file order."""
    pending: list[tuple[RowBatch, Future[pa.RecordBatch]]] = []
    for batch in batches:
        pending.append((batch, pool.submit(_analyze_in_worker, batch.rows)))
        if len(pending) >= workers * _PENDING_A_WORKER:
            oldest, future = pending.pop(0)
            yield oldest, future.result()
    for batch, future in pending:
        yield batch, future.result()


_worker_model: FeedbackModel | None = None


def _load_worker(folder: Path | None) -> None:
    global _worker_model
    _worker_model = FeedbackModel.load(folder)


def _analyze_in_worker(rows: pa.RecordBatch) -> pa.RecordBatch:
    assert _worker_model is not None
    return analyze_batch(_worker_model, rows)


def _describe(warning: CellWarning) -> str:
    return f"{warning.column}: {warning.problem}"


def main(
    source: Annotated[Path, typer.Argument(metavar="IN", help="CSV, JSONL, Parquet, Excel")],
    output: Annotated[Path, typer.Option("--output", "-o", help="结果文件,后缀决定格式")],
    text_column: Annotated[str, typer.Option(help="客户原话所在的列")] = "text",
    model: Annotated[Path | None, typer.Option(help="模型文件夹,默认随包模型")] = None,
    workers: Annotated[int, typer.Option(min=1, help="进程数")] = os.cpu_count() or 1,
    as_of: Annotated[datetime | None, typer.Option(help="缺少 created_at 时采用的时间")] = None,
    customer_key_file: Annotated[Path | None, typer.Option(help="客户编号加密用的密钥文件")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="在标准输出打印 JSON")] = False,
) -> None:
    """给一个文件里的每条反馈打上类型、紧急程度和答复期限。"""
    import json

    key = _read_key(customer_key_file) if customer_key_file else None
    summary = score_file(
        source,
        output,
        text_column=text_column,
        model=model,
        workers=workers,
        as_of=as_of or datetime.now().astimezone(),
        customer_key=key,
        on_batch=progress_printer(),
    )
    record = summary.as_record()
    for problem, n_cells in summary.warnings.items():
        typer.echo(f"warning: {n_cells} × {problem}", err=True)
    typer.echo(
        f"\n读入 {summary.rows_in} = 已评 {summary.scored} + 拒收 {summary.rejected}"
        f" · {record['rows_per_second']:,.0f} 行/秒 · {output}",
        err=True,
    )
    if summary.rejected:
        typer.echo(f"拒收的行和原因见 {rejected_path(output)}", err=True)
    if as_json:
        typer.echo(json.dumps(record, ensure_ascii=False))


def _read_key(path: Path) -> bytes:
    try:
        key = path.read_bytes().strip()
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    if not key:
        raise DataError(f"{path}: is empty; put a secret in it")
    return key


if __name__ == "__main__":
    run_stage(main)
