"""Rows of many requests scored together, off the event loop, in one thread.

One thread, because scoring is CPU work under one interpreter lock: a second thread would only add
switches, and more workers (processes) bring more speed. While the thread works, arriving rows pile
up and share the next batch, so an idle worker need not make the first row wait for company.

A short row that comes alone is scored where it is, on the event loop: that takes less time than the
interpreter lets a thread run before the loop gets its turn, so a thread would keep the loop waiting
just as long and cost two switches more (docs/decisions/0005-lone-rows-on-the-loop.md).
"""

from __future__ import annotations

import asyncio
import logging
import sys
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from models.results import FeedbackResult
from serve.problems import Problem
from serve.refusals import overloaded

logger = logging.getLogger(__name__)

# Lone rows that took longer than the interpreter's switch interval before a model counts as too
# slow for the event loop.
_MAX_SLOW = 3

Row: TypeAlias = Mapping[str, Any]
Outcome: TypeAlias = FeedbackResult | Problem


class Analyzer(Protocol):
    """What is asked of `models.analysis.FeedbackModel`."""

    @property
    def version(self) -> str:
        """Which model this is."""
        ...

    def analyze(self, rows: Sequence[Row]) -> Sequence[FeedbackResult]:
        """Score rows, each with `created_at`."""
        ...


class QueueWatch(Protocol):
    """What is asked of `serve.watching.Watch`."""

    def batch(self, n_rows: int) -> None:
        """Count rows that are scored together."""
        ...

    def queued(self, n_change: int) -> None:
        """Note that rows came or left."""
        ...


@dataclass(frozen=True, slots=True)
class _Job:
    rows: Sequence[Row]
    done: asyncio.Future[list[Outcome]]


class Batcher:
    """Gathers rows into batches and scores them; belongs to one event loop.

    Args:
        model: Scores rows.
        max_rows: Largest batch; a request of more rows takes turns with the others.
        max_queued_rows: Rows waiting or being scored before new ones are refused.
        window_s: How long the first row of an idle time waits for company.
        watch: Told of the queue and of each batch.
        max_inline_chars: A row of at most so many characters that comes alone, after another that
            did, is scored on the event loop; 0 leaves all to the thread.
    """

    def __init__(
        self,
        model: Analyzer,
        max_rows: int,
        max_queued_rows: int,
        window_s: float = 0.0,
        watch: QueueWatch | None = None,
        max_inline_chars: int = 0,
    ) -> None:
        self._model = model
        self._max_inline_chars = max_inline_chars
        self._n_slow = 0
        self._was_alone = True
        self._max_rows = max_rows
        self._max_queued_rows = max_queued_rows
        self._window_s = window_s
        self._watch = watch
        self._jobs: deque[_Job] = deque()
        self._is_busy = False
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="huiyin-score")
        self.n_queued_rows = 0

    async def score(self, rows: Sequence[Row]) -> list[Outcome]:
        """Score rows.

        Args:
            rows: Checked rows.

        Returns:
            A result or a problem for each row, in order.

        Raises:
            Problem: If too many rows wait already.
        """
        if self.n_queued_rows + len(rows) > self._max_queued_rows:
            raise overloaded()
        self._change_queued(len(rows))
        try:
            outcomes: list[Outcome] = []
            for start in range(0, len(rows), self._max_rows):
                outcomes += await self._enqueue(rows[start : start + self._max_rows])
            return outcomes
        finally:
            self._change_queued(-len(rows))

    async def retire(self) -> None:
        """Finish everything that was accepted, then stop; nothing new may come."""
        while self.n_queued_rows:
            await asyncio.sleep(0.02)
        await asyncio.to_thread(self._pool.shutdown)

    def close(self) -> None:
        """Let the batch under way finish, refuse what waits and stop the thread."""
        while self._jobs:
            _settle(self._jobs.popleft(), overloaded())
        self._pool.shutdown()

    def _change_queued(self, n_rows: int) -> None:
        self.n_queued_rows += n_rows
        if self._watch:
            self._watch.queued(n_rows)

    def _enqueue(self, rows: Sequence[Row]) -> asyncio.Future[list[Outcome]]:
        loop = asyncio.get_running_loop()
        job = _Job(rows, loop.create_future())
        self._jobs.append(job)
        if not self._is_busy:
            self._is_busy = True
            loop.call_later(self._window_s, self._start_batch)
        return job.done

    def _start_batch(self) -> None:
        jobs = self._next_jobs()
        self._is_busy = bool(jobs)
        if not jobs:
            return
        rows = [row for job in jobs for row in job.rows]
        if self._watch:
            self._watch.batch(len(rows))
        if self._is_lone(rows):
            self._score_here(jobs, rows)
            return
        scoring = asyncio.get_running_loop().run_in_executor(
            self._pool, score_rows, self._model, rows
        )
        scoring.add_done_callback(lambda future: self._finish_batch(jobs, future))

    def _is_lone(self, rows: Sequence[Row]) -> bool:
        # Where rows come together the thread is better: while it works, more of them gather.
        was_alone, self._was_alone = self._was_alone, len(rows) == 1
        is_short = len(rows[0]["text"]) <= self._max_inline_chars
        return was_alone and self._was_alone and is_short

    def _score_here(self, jobs: Sequence[_Job], rows: Sequence[Row]) -> None:
        begun_s = time.thread_time()
        _share_out(jobs, score_rows(self._model, rows))
        self._n_slow += time.thread_time() - begun_s > sys.getswitchinterval()
        if self._n_slow == _MAX_SLOW:
            self._max_inline_chars = 0
            logger.warning("model too slow for the event loop, all rows go to the thread")
        # Whoever came meanwhile is heard before the next batch begins.
        asyncio.get_running_loop().call_soon(self._start_batch)

    def _next_jobs(self) -> list[_Job]:
        jobs: list[_Job] = []
        n_rows = 0
        while self._jobs and (not jobs or n_rows + len(self._jobs[0].rows) <= self._max_rows):
            job = self._jobs.popleft()
            if not job.done.done():  # else the client has gone
                jobs.append(job)
                n_rows += len(job.rows)
        return jobs

    def _finish_batch(self, jobs: Sequence[_Job], future: asyncio.Future[list[Outcome]]) -> None:
        # Answers go out first, and their callers' next rows come in: once the thread works it keeps
        # the interpreter, and the loop waits.
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, self._start_batch)
        failure = None if future.cancelled() else future.exception()
        if future.cancelled() or failure:
            for job in jobs:
                _settle(job, overloaded() if failure is None else failure)
            return
        _share_out(jobs, future.result())


def score_rows(model: Analyzer, rows: Sequence[Row]) -> list[Outcome]:
    """Score rows together; when that fails, one by one, to find the row at fault.

    Args:
        model: Scores rows.
        rows: Checked rows.

    Returns:
        A result or a problem for each row, in order.
    """
    try:
        # Strict, because a result in the wrong row's place is worse than none.
        return [result for result, _ in zip(model.analyze(rows), rows, strict=True)]
    except Exception as error:
        if len(rows) > 1:
            return [outcome for row in rows for outcome in score_rows(model, [row])]
        # The formatter writes the type and the place; the message may hold the customer's words.
        logger.error("row failed", exc_info=error)
        return [
            Problem(
                "row-failed",
                "模型处理这条反馈时出错,重发也不会成功,请交人工处理。",
                "The model failed on this row and would again; let a person read it.",
            )
        ]


def _share_out(jobs: Sequence[_Job], outcomes: Sequence[Outcome]) -> None:
    rest = iter(outcomes)
    for job in jobs:
        _settle(job, [next(rest) for _ in job.rows])


def _settle(job: _Job, outcome: list[Outcome] | BaseException) -> None:
    if job.done.done():
        return
    if isinstance(outcome, BaseException):
        job.done.set_exception(outcome)
    else:
        job.done.set_result(outcome)
