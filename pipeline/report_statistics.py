"""How sure a figure is: intervals of 95 %, and whether a change is more than chance."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

Z_95 = 1.959964  # of a two-sided interval of 95 %
_ALPHA = 0.05
_HALF_PERCENT = 0.005


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 95 % interval.

    Attributes:
        n: Rows it rests on.
        value: The figure; None without rows.
        low: Lower end; None when the rows do not tell.
        high: Upper end, likewise.
    """

    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


def share_of(n_hits: int, n: int) -> Estimate:
    """Estimate a share, with Wilson's interval (1927), which also holds near 0 and 1.

    Args:
        n_hits: Rows that have the property.
        n: All rows.

    Returns:
        The share in [0, 1].
    """
    if n == 0:
        return Estimate(0)
    share = n_hits / n
    middle = (share + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 / (1 + Z_95**2 / n) * math.sqrt(share * (1 - share) / n + Z_95**2 / (4 * n**2))
    return Estimate(n, share, max(0.0, middle - half), min(1.0, middle + half))


def is_share_changed(now: Estimate, before: Estimate) -> bool:
    """Say whether two shares differ by more than chance, by Newcombe's method 10 (1998).

    Args:
        now: A share from `share_of`.
        before: Another.

    Returns:
        True when the 95 % interval of the difference leaves out zero.
    """
    if not now.n or not before.n:
        return False
    p, p_low, p_high = _bounds(now)
    q, q_low, q_high = _bounds(before)
    low = p - q - math.hypot(p - p_low, q_high - q)
    high = p - q + math.hypot(p_high - p, q - q_low)
    return low > 0 or high < 0


def is_count_changed(n: int, n_before: int, expected_share: float = 0.5) -> bool:
    """Say whether two counts differ by more than chance, given that rows arrive singly.

    Args:
        n: Rows of this period.
        n_before: Rows of the last.
        expected_share: This period's part of the days of both.

    Returns:
        True when the exact binomial test of `n` in `n + n_before` has p < 0.05.
    """
    from scipy.stats import binomtest  # half a second

    if n + n_before == 0:
        return False
    return float(binomtest(n, n + n_before, expected_share).pvalue) < _ALPHA


def mean_of(values: Sequence[float], scale: tuple[float, float]) -> Estimate:
    """Estimate a mean, with Student's interval cut to the scale.

    Args:
        values: Answers.
        scale: Least and greatest possible answer.

    Returns:
        The mean; without interval for fewer than two answers and for answers that are all the
        same, whose spread says nothing.
    """
    from scipy.stats import t

    if not values:
        return Estimate(0)
    mean, n = fmean(values), len(values)
    spread = stdev(values) if n > 1 else 0.0
    if spread == 0:
        return Estimate(n, mean)
    half = float(t.ppf(1 - _ALPHA / 2, n - 1)) * spread / math.sqrt(n)
    return Estimate(n, mean, max(scale[0], mean - half), min(scale[1], mean + half))


def nps_of(values: Sequence[float]) -> Estimate:
    """Estimate the net promoter score, with the adjusted Wald interval of Sauro and Lewis.

    Args:
        values: Answers from 0 to 10.

    Returns:
        Promoters (9, 10) less detractors (0 to 6) in percent, -100 to 100. The interval adds
        three imagined answers, so that it keeps a width when all real ones agree.
    """
    n = len(values)
    if n == 0:
        return Estimate(0)
    promoters, detractors = sum(v >= 9 for v in values), sum(v <= 6 for v in values)
    p, q = (promoters + 0.75) / (n + 3), (detractors + 0.75) / (n + 3)
    half = Z_95 * math.sqrt((p + q - (p - q) ** 2) / (n + 3))
    low, high = max(-1.0, p - q - half), min(1.0, p - q + half)
    return Estimate(n, 100 * (promoters - detractors) / n, 100 * low, 100 * high)


def percent(share: float | None) -> str:
    """Write a share for people.

    Args:
        share: In [0, 1]; None if unknown.

    Returns:
        Whole percent; only none is 0% and only all is 100%. A dash if unknown.
    """
    if share is None:
        return "–"
    if 0 < share < _HALF_PERCENT:
        return "<1%"
    return ">99%" if 1 - _HALF_PERCENT <= share < 1 else f"{share:.0%}"


def _bounds(share: Estimate) -> tuple[float, float, float]:
    return share.value or 0.0, share.low or 0.0, share.high or 0.0
