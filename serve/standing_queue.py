"""How many requests may be inside, so that those let in do not wait for one another too long.

A fixed limit fits one machine and one load. Here the limit follows the delay, after CoDel (Nichols
and Jacobson, Controlling Queue Delay, 2012): a queue that empties now and then only takes up a
burst; one in which even the quickest request of an interval was too slow stands, and holds all up.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_INTERVAL_S = 0.1
_LEAST = 8
# After so long without a row the load of before says nothing any more.
_FORGET_S = 1.0
_SHRINK, _GROW = 0.8, 0.1


class StandingQueue:
    """Watches how long lone rows take and moves the limit.

    Args:
        most: The limit while no queue stands.
        target_s: How long the quickest row of an interval may take; 0 never moves the limit.
        clock: Seconds, never going back.
    """

    def __init__(
        self, most: int, target_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._target_s = target_s
        self._clock = clock
        self._begun_s = self._last_s = clock()
        self._quickest_s = math.inf
        self._limit = most

    @property
    def limit(self) -> int:
        """How many may be inside now."""
        is_over = self._clock() - self._last_s > _FORGET_S
        return self._most if is_over else self._limit

    def took(self, duration_s: float) -> None:
        """Note how long a lone row took, from its body to its answer.

        Args:
            duration_s: How long; a batch would tell its size, not the queue.
        """
        if not self._target_s:
            return
        now = self._clock()
        if now - self._last_s > _INTERVAL_S:  # nothing stood meanwhile
            self._limit, self._begun_s, self._quickest_s = self.limit, now, math.inf
        self._last_s = now
        self._quickest_s = min(self._quickest_s, duration_s)
        if now - self._begun_s < _INTERVAL_S:
            return
        self._limit = self._moved()
        self._begun_s, self._quickest_s = now, math.inf

    def _moved(self) -> int:
        if self._quickest_s > self._target_s:
            return min(self._most, max(_LEAST, int(self._limit * _SHRINK)))
        return min(self._most, self._limit + math.ceil(self._limit * _GROW))
