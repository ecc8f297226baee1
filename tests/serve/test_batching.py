"""Rows of many requests in one batch."""

from __future__ import annotations

import asyncio
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, TypeVar

import pytest

from models.results import FeedbackResult
from serve.batching import Batcher, score_rows
from serve.problems import Problem
from tests.serve.serving import POISON, ConstantModel
from tests.serve.test_classify import NOW

T = TypeVar("T")


def rows(*texts: str) -> list[dict[str, Any]]:
    """Rows that say these things."""
    return [{"text": text, "created_at": NOW} for text in texts]


def run(model: Any, work: Callable[[Batcher], Awaitable[T]], **limits: Any) -> T:
    """Do some work with a batcher and close it."""

    async def main() -> T:
        batcher = Batcher(model, **{"max_rows": 4, "max_queued_rows": 100, **limits})
        try:
            return await work(batcher)
        finally:
            batcher.close()

    return asyncio.run(main())


def texts(outcomes: Sequence[Any]) -> list[str]:
    """What the results are about."""
    return [outcome.text for outcome in outcomes]


def test_rows_that_arrive_together_share_batches() -> None:
    """Sixteen callers cost four batches, not sixteen."""
    model = ConstantModel()

    async def work(batcher: Batcher) -> list[list[Any]]:
        return await asyncio.gather(*(batcher.score(rows(str(i))) for i in range(16)))

    outcomes = run(model, work)
    assert [texts(outcome) for outcome in outcomes] == [[str(i)] for i in range(16)]
    assert model.batches == [4, 4, 4, 4]


def test_a_large_request_takes_turns_with_small_ones() -> None:
    """Whoever sends one row does not wait for somebody else's 256."""
    model = ConstantModel()
    order: list[str] = []

    async def ask(batcher: Batcher, name: str, n_rows: int) -> None:
        await batcher.score(rows(*[name] * n_rows))
        order.append(name)

    async def work(batcher: Batcher) -> None:
        await asyncio.gather(ask(batcher, "large", 16), ask(batcher, "small", 1))

    run(model, work)
    assert order == ["small", "large"]


def test_the_event_loop_is_free_while_rows_are_scored() -> None:
    """Health checks are answered in the middle of the heaviest batch."""
    seen = threading.Event()

    class WaitingModel(ConstantModel):
        def analyze(self, rows: Sequence[Any]) -> list[FeedbackResult]:
            assert seen.wait(20), "the event loop stood still"
            return super().analyze(rows)

    async def work(batcher: Batcher) -> list[Any]:
        scoring = asyncio.ensure_future(batcher.score(rows("好")))
        await asyncio.sleep(0.01)
        seen.set()
        return await scoring

    assert texts(run(WaitingModel(), work)) == ["好"]


def test_too_many_queued_rows_are_refused() -> None:
    """Better a quick no than an answer after the caller has given up."""

    async def work(batcher: Batcher) -> list[Any]:
        first = asyncio.ensure_future(batcher.score(rows("好", "好", "好")))
        await asyncio.sleep(0)
        with pytest.raises(Problem, match="overloaded"):
            await batcher.score(rows("好", "好"))
        return await first

    assert len(run(ConstantModel(), work, max_queued_rows=4)) == 3


def test_the_queue_is_empty_again_after_the_work() -> None:
    """A count that leaks would end in refusing everybody."""

    async def work(batcher: Batcher) -> int:
        await asyncio.gather(*(batcher.score(rows("好", POISON)) for _ in range(9)))
        return batcher.n_queued_rows

    assert run(ConstantModel(), work) == 0


def test_a_caller_that_leaves_does_not_disturb_the_others() -> None:
    """Its rows are dropped, its neighbours' are scored."""
    model = ConstantModel()

    async def work(batcher: Batcher) -> list[Any]:
        gone = asyncio.ensure_future(batcher.score(rows("走")))
        stays = asyncio.ensure_future(batcher.score(rows("留")))
        await asyncio.sleep(0)
        gone.cancel()
        return await stays

    assert texts(run(model, work)) == ["留"]


def test_a_poison_row_is_found_among_the_others() -> None:
    """Only the row at fault has no result."""
    outcomes = score_rows(ConstantModel(), rows("好", POISON, "坏"))
    assert [isinstance(outcome, Problem) for outcome in outcomes] == [False, True, False]


def test_a_model_that_loses_rows_is_not_believed() -> None:
    """A result in the wrong place is worse than none."""

    class LosingModel(ConstantModel):
        def analyze(self, rows: Sequence[Any]) -> list[FeedbackResult]:
            return super().analyze(rows)[1:]

    outcomes = score_rows(LosingModel(), rows("好", "坏"))
    assert all(isinstance(outcome, Problem) for outcome in outcomes)


class WhereModel(ConstantModel):
    """Remembers which thread scored each batch."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: list[str] = []

    def analyze(self, rows: Sequence[Any]) -> list[FeedbackResult]:
        """Score rows."""
        self.threads.append(threading.current_thread().name)
        return super().analyze(rows)


@pytest.mark.parametrize(
    ("sent", "is_inline"), [(["好" * 10], True), (["好" * 11], False), (["好", "坏"], False)]
)
def test_only_a_short_row_alone_is_scored_on_the_event_loop(
    sent: list[str], is_inline: bool
) -> None:
    """A thread would cost it more than it gives; anything else would hold everybody up."""
    model = WhereModel()
    run(model, lambda batcher: batcher.score(rows(*sent)), max_inline_chars=10)
    here = threading.current_thread().name
    assert [name == here for name in model.threads] == [is_inline]


def test_rows_that_come_together_leave_the_event_loop_until_one_comes_alone_again() -> None:
    """While the thread works the others gather; on the loop each would be scored for itself."""
    model = WhereModel()

    async def work(batcher: Batcher) -> None:
        await asyncio.gather(*(batcher.score(rows(str(i))) for i in range(5)))
        for _ in range(2):
            await batcher.score(rows("好"))

    run(model, work, max_inline_chars=100)
    here = threading.current_thread().name
    assert model.batches == [4, 1, 1, 1]
    assert [name == here for name in model.threads] == [False, False, True, True]


def test_a_poison_row_on_the_event_loop_is_answered_by_a_problem() -> None:
    """An exception there would end in the loop's handler and leave its caller waiting."""
    outcomes = run(ConstantModel(), lambda b: b.score(rows(POISON)), max_inline_chars=100)
    assert [isinstance(outcome, Problem) for outcome in outcomes] == [True]


def test_a_slow_model_is_taken_off_the_event_loop() -> None:
    """The bounds are guesses by length, right for the shipped model only."""

    class SlowModel(WhereModel):
        def analyze(self, rows: Sequence[Any]) -> list[FeedbackResult]:
            begun_s = time.thread_time()
            while time.thread_time() - begun_s < 2 * sys.getswitchinterval():
                pass
            return super().analyze(rows)

    async def work(batcher: Batcher) -> None:
        for _ in range(4):
            await batcher.score(rows("好"))

    model = SlowModel()
    run(model, work, max_inline_chars=10)
    here = threading.current_thread().name
    assert [name == here for name in model.threads] == [True, True, True, False]
