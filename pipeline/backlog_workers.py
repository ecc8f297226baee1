"""Processes that score, all on one copy of the model, with results in the order of the rows.

One process loads the model and the dictionary and then forks: the workers share every page that
nobody writes to, so sixteen of them cost little more memory than one, and start at once. Where
there is no fork each loads for itself. The process that reads and writes never loads the model.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from typing import Any

import pyarrow as pa

from models.errors import DataError, HuiyinError
from pipeline.backlog_formats import Scored, encode
from pipeline.backlog_scorer import ModelChoice, Scorer
from pipeline.backlog_worker import Failure, serve_all
from pipeline.ingest_batch import RowBatch
from pipeline.ingest_many import Place

_UNDER_WAY = 2
_AHEAD = 4
# One row is scored by one core; threads of the linear algebra would only fight over it.
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass
class _Worker:
    connection: Connection
    under_way: deque[int] = field(default_factory=deque)


class Pool:
    """Scores batches in worker processes.

    Args:
        n_workers: How many.
        choice: Which model.
        format_: The format of the parts.

    Attributes:
        version: Which model scores.

    Raises:
        ArtifactError: If the model cannot be loaded.
    """

    def __init__(self, n_workers: int, choice: ModelChoice, format_: str) -> None:
        pairs = [get_context("spawn").Pipe() for _ in range(n_workers)]
        self._workers = [_Worker(ours) for ours, _ in pairs]
        ends = [theirs for _, theirs in pairs]
        # Without fork every worker is a process of its own; with it one process begets them all.
        groups = [ends] if hasattr(os, "fork") and sys.platform != "darwin" else [[e] for e in ends]
        with _quiet_start():
            self._processes = [
                get_context("spawn").Process(
                    target=serve_all, args=(group, choice, format_), daemon=True
                )
                for group in groups
            ]
            for process in self._processes:
                process.start()
        for end in ends:
            end.close()
        try:
            versions = [self._receive(worker) for worker in self._workers]
            self.version = str(versions[0])
        except BaseException:
            self.close()
            raise

    def in_order(
        self, batches: Iterator[tuple[RowBatch, Place]]
    ) -> Iterator[tuple[RowBatch, Place, Scored]]:
        """Score batches.

        Args:
            batches: What was read, and where each batch stands.

        Yields:
            Each batch, its place and its results, in order; no more than a few batches a worker are
            under way.

        Raises:
            DataError: If a worker dies.
        """
        waiting: deque[tuple[int, RowBatch, Place]] = deque()
        done: dict[int, Scored] = {}
        n_sent, is_more = 0, True
        while True:
            while is_more and len(waiting) < _AHEAD * len(self._workers) and self._has_room():
                found = next(batches, None)
                if found is None:
                    is_more = False
                    break
                waiting.append((n_sent, *found))
                self._send(n_sent, found[0].rows)
                n_sent += 1
            if not waiting:
                return
            if waiting[0][0] in done:
                number, batch, place = waiting.popleft()
                yield batch, place, done.pop(number)
            else:
                self._collect(done)

    def close(self) -> None:
        """End the workers; they notice that nobody talks to them any more."""
        for worker in self._workers:
            worker.connection.close()
        for process in self._processes:
            process.join(timeout=5)
            if process.is_alive():
                process.terminate()
                process.join()

    def _has_room(self) -> bool:
        return any(len(worker.under_way) < _UNDER_WAY for worker in self._workers)

    def _send(self, number: int, rows: pa.RecordBatch) -> None:
        worker = min(self._workers, key=lambda w: len(w.under_way))
        worker.under_way.append(number)
        try:
            worker.connection.send(rows)
        except OSError as error:
            raise _died() from error

    def _collect(self, done: dict[int, Scored]) -> None:
        busy = [worker for worker in self._workers if worker.under_way]
        ready = wait([worker.connection for worker in busy])
        for worker in busy:
            if worker.connection in ready:
                done[worker.under_way.popleft()] = self._receive(worker)

    def _receive(self, worker: _Worker) -> Any:
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError) as error:
            raise _died() from error
        if isinstance(answer, HuiyinError):
            raise answer
        if isinstance(answer, Failure):
            raise RuntimeError(f"a worker failed:\n{answer.trace}")
        return answer


class _Alone:
    """Scores in this process."""

    def __init__(self, choice: ModelChoice, format_: str) -> None:
        self._scorer = Scorer.load(choice)
        self._format = format_
        self.version = self._scorer.version

    def in_order(
        self, batches: Iterator[tuple[RowBatch, Place]]
    ) -> Iterator[tuple[RowBatch, Place, Scored]]:
        for batch, place in batches:
            yield batch, place, encode(self._scorer.score(batch.rows), self._format)


@contextmanager
def open_pool(n_workers: int, choice: ModelChoice, format_: str) -> Iterator[Pool | _Alone]:
    """Start workers and end them.

    Args:
        n_workers: How many; 1 scores in this process.
        choice: Which model.
        format_: The format of the parts.

    Yields:
        What scores.
    """
    if n_workers == 1:
        yield _Alone(choice, format_)
        return
    pool = Pool(n_workers, choice, format_)
    try:
        yield pool
    finally:
        pool.close()


def _died() -> DataError:
    return DataError(
        "a worker process died, killed or out of memory; run again with --resume, "
        "with fewer --workers if memory was short"
    )


@contextmanager
def _quiet_start() -> Iterator[None]:
    """Let children inherit one thread each and deafness to Ctrl-C, which is for the parent."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    is_main = threading.current_thread() is threading.main_thread()
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN) if is_main else None
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        if is_main:
            signal.signal(signal.SIGINT, handler or signal.SIG_DFL)
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
