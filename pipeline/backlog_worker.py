"""The inside of a worker process: load, fork, score what comes."""

from __future__ import annotations

import gc
import os
import signal
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from queue import SimpleQueue

import pyarrow as pa

from models.errors import HuiyinError
from pipeline.backlog_formats import encode
from pipeline.backlog_scorer import ModelChoice, Scorer


@dataclass(frozen=True)
class Failure:
    """An error that nobody foresaw.

    Attributes:
        trace: Where it happened.
    """

    trace: str


def serve_all(connections: list[Connection], choice: ModelChoice, format_: str) -> None:
    """Load the model and serve every connection, each by a process of its own.

    Args:
        connections: Where batches come from and results go to; the first answer is the model's
            version, or why there is none.
        choice: Which model.
        format_: The format of the parts.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pa.set_cpu_count(1)
    try:
        scorer = Scorer.load(choice)
    except HuiyinError as error:
        _say(connections, error)
        return
    except Exception as error:
        _say(connections, Failure(_trace(error)))
        return
    if len(connections) == 1:
        _serve(connections[0], scorer, format_)
        return
    gc.collect()
    gc.freeze()  # or the first collection in each worker would write to every page of the model
    children = [_fork(connections, i, scorer, format_) for i in range(len(connections))]
    for connection in connections:
        connection.close()
    for child in children:
        with suppress(ChildProcessError):
            os.waitpid(child, 0)


def _fork(connections: list[Connection], i: int, scorer: Scorer, format_: str) -> int:
    child = os.fork()
    if child:
        return child
    for k, connection in enumerate(connections):
        if k != i:
            connection.close()
    status = 1
    try:
        _serve(connections[i], scorer, format_)
        status = 0
    finally:
        os._exit(status)


def _say(connections: list[Connection], answer: object) -> None:
    for connection in connections:
        connection.send(answer)


def _serve(connection: Connection, scorer: Scorer, format_: str) -> None:
    tasks: SimpleQueue[pa.RecordBatch | None] = SimpleQueue()
    # A thread of its own empties the pipe: else both sides could wait for the other to read.
    threading.Thread(target=_take, args=(connection, tasks), daemon=True).start()
    with suppress(OSError):
        connection.send(scorer.version)
        while (rows := tasks.get()) is not None:
            try:
                answer: object = encode(scorer.score(rows), format_)
            except HuiyinError as error:
                answer = error
            except Exception as error:
                answer = Failure(_trace(error))
            connection.send(answer)


def _trace(error: Exception) -> str:
    """Say where it happened, not its message, which may repeat what a customer wrote."""
    return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__


def _take(connection: Connection, tasks: SimpleQueue[pa.RecordBatch | None]) -> None:
    try:
        while True:
            tasks.put(connection.recv())
    except (EOFError, OSError):
        tasks.put(None)
