"""How fast a full worker says no."""

from __future__ import annotations

import asyncio

from serve.refusals import Refusals


async def n_held(refusals: Refusals, n: int) -> int:
    """Refuse so many at once; gives how many have to wait."""
    waiting = [asyncio.ensure_future(refusals.wait()) for _ in range(n)]
    await asyncio.sleep(0)
    held = refusals.n_held
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert refusals.n_held == 0
    return held


def test_a_few_refusals_go_out_at_once() -> None:
    """Whoever waits as he is told loses no time."""
    assert asyncio.run(n_held(Refusals(rate_per_s=5, clock=lambda: 0.0), 5)) == 0


def test_a_flood_of_refusals_is_held_back() -> None:
    """Else callers that ask again at once would take the time of those who were let in."""
    assert asyncio.run(n_held(Refusals(rate_per_s=5, clock=lambda: 0.0), 9)) == 4


def test_so_many_are_held_back_and_no_more() -> None:
    """Each may hold a body that was read ahead."""
    refusals = Refusals(rate_per_s=1, max_held=2, clock=lambda: 0.0)
    assert asyncio.run(n_held(refusals, 9)) == 2
