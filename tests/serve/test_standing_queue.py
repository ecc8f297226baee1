"""How many are let in while a queue stands."""

from __future__ import annotations

import itertools
from pathlib import Path

from serve.standing_queue import StandingQueue
from tests.serve.serving import ConstantModel, serving

TARGET_S = 0.03


class Clock:
    """Time that tests move."""

    now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


def pass_time(queue: StandingQueue, clock: Clock, seconds: float, *durations_s: float) -> None:
    """Let rows take so long, one after the other every 10 ms."""
    for duration_s in itertools.islice(itertools.cycle(durations_s), round(seconds * 100)):
        clock.now += 0.01
        queue.took(duration_s)


def test_a_queue_that_stands_lets_fewer_in() -> None:
    """All would wait for one another; some had better come again later."""
    clock = Clock()
    queue = StandingQueue(64, TARGET_S, clock)
    pass_time(queue, clock, 0.5, 0.08, 0.2)
    assert 8 <= queue.limit < 64
    pass_time(queue, clock, 5, 0.08)
    assert queue.limit == 8


def test_a_queue_that_empties_now_and_then_is_only_a_burst() -> None:
    """One quick row in each interval tells that nothing stands."""
    clock = Clock()
    queue = StandingQueue(64, TARGET_S, clock)
    pass_time(queue, clock, 5, 0.2, 0.2, 0.2, 0.002)
    assert queue.limit == 64


def test_the_limit_comes_back() -> None:
    """Step by step under load, at once after a pause."""
    clock = Clock()
    queue = StandingQueue(64, TARGET_S, clock)
    pass_time(queue, clock, 5, 0.08)
    pass_time(queue, clock, 0.5, 0.01)
    assert 8 < queue.limit < 64
    clock.now += 2
    assert queue.limit == 64
    queue.took(0.2)
    assert queue.limit == 64, "one slow row after a pause is no queue"


def test_a_small_limit_is_never_raised() -> None:
    """`HUIYIN_MAX_CONCURRENCY` is the most in every case."""
    clock = Clock()
    queue = StandingQueue(2, TARGET_S, clock)
    pass_time(queue, clock, 1, 0.08)
    pass_time(queue, clock, 1, 0.01)
    assert queue.limit == 2


def test_without_a_target_the_limit_stands() -> None:
    """As before."""
    clock = Clock()
    queue = StandingQueue(64, 0, clock)
    pass_time(queue, clock, 5, 9.0)
    assert queue.limit == 64


def test_the_guard_asks_it(tmp_path: Path, monkeypatch) -> None:
    """Who is refused is refused before his body is read."""
    monkeypatch.setattr(StandingQueue, "limit", property(lambda _: 0))
    with serving(tmp_path, ConstantModel(), target_ms=30) as client:
        assert client.post("/v1/classify", content=b"{").status_code == 503
        assert client.get("/v1/model").status_code == 200


def test_a_lone_row_is_timed_and_a_batch_is_not(tmp_path: Path, monkeypatch) -> None:
    """A batch takes long because it is one."""
    noted: list[float] = []
    monkeypatch.setattr(StandingQueue, "took", lambda _, duration_s: noted.append(duration_s))
    with serving(tmp_path, ConstantModel()) as client:
        client.post("/v1/classify", json={"text": "好"})
        client.post("/v1/classify", json={"items": [{"text": "好"}, {"text": "差"}]})
    assert len(noted) == 1
