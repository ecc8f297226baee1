"""A rate that may be used up in bursts."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Bucket:
    """Tokens of one key; a request takes one, time brings them back.

    Attributes:
        rate_per_s: Tokens that come back a second; also how many it holds.
        n_tokens: How many are left.
        at: When that was counted.
    """

    rate_per_s: float
    n_tokens: float
    at: float

    def take(self, now: float) -> float:
        """Take a token.

        Args:
            now: Seconds on the same clock as `at`.

        Returns:
            0, or how many seconds to wait for the next token.
        """
        most = max(1.0, self.rate_per_s)
        self.n_tokens = min(most, self.n_tokens + (now - self.at) * self.rate_per_s)
        self.at = now
        if self.n_tokens < 1:
            return (1 - self.n_tokens) / self.rate_per_s
        self.n_tokens -= 1
        return 0.0
