"""How a full worker says no, and how fast.

A refusal costs a good part of what an answer costs. Callers that ask again at once, against
`Retry-After`, would take all the time of those who were let in, so above a number of refusals a
second the next ones are held back about a second: that is a timer each, and no work.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from serve.bucket import Bucket
from serve.problems import Problem

_RATE_PER_S = 100.0
# Drawn, because callers that were refused together would also come back together.
_HOLD_S = (0.5, 1.5)
# Each may hold the 64 KiB of a body that uvicorn has read ahead.
_MAX_HELD = 2_048


class Refusals:
    """Counts refusals and holds back those that come too fast.

    Args:
        rate_per_s: Refusals a second that go out at once; also their burst.
        max_held: Refusals held back at once; above it they go out at once.
        clock: Seconds, never going back.
    """

    def __init__(
        self,
        rate_per_s: float = _RATE_PER_S,
        max_held: int = _MAX_HELD,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._bucket = Bucket(rate_per_s, rate_per_s, clock())
        self._max_held = max_held
        self._clock = clock
        self.n_held = 0

    async def wait(self) -> None:
        """Wait until the refusal may go out."""
        if not self._bucket.take(self._clock()) or self.n_held >= self._max_held:
            return
        self.n_held += 1
        try:
            await asyncio.sleep(random.uniform(*_HOLD_S))
        finally:
            self.n_held -= 1


def overloaded() -> Problem:
    """Say that there is too much to do.

    Returns:
        The problem, with Retry-After.
    """
    return Problem(
        "overloaded",
        "同时处理的请求已达上限。",
        "As many requests as fit are being served.",
        headers={"Retry-After": "1"},
    )
