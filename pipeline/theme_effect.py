"""Did the action help? The theme's rate before and after it, and who wrote again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from pipeline.report_statistics import Estimate, share_of

_ALPHA = 0.05
_POWER = 0.8
_USEFUL_RATIO = 0.5


class Verdict(StrEnum):
    """What a team reads."""

    WORKS = "有效"
    DOES_NOT = "无效"
    TOO_EARLY = "为时过早"


@dataclass(frozen=True, slots=True)
class Effect:
    """The theme before and after an action.

    Attributes:
        before: Share of complaints that mention it, with interval.
        after: The same from the action on.
        ratio: Rate after over rate before; None when before is zero.
        ratio_low: Lower end of its 95 % interval; None when unknown.
        ratio_high: Upper end, likewise.
        p: One-sided exact test that the rate fell; None without rows.
        repeat: Share of the customers who had mentioned it and mention it again.
        verdict: 有效 when the rate fell by more than chance (p < 0.05); 无效 when it did not
            although a halving would have shown with 80 % power; else 为时过早.
    """

    before: Estimate
    after: Estimate
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    p: float | None
    repeat: Estimate
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Count:
    """Rows of a theme among all complaints of a time."""

    n: int
    total: int


def measure_effect(
    before: Count,
    after: Count,
    customers_before: Iterable[str] = (),
    customers_after: Iterable[str] = (),
) -> Effect:
    """Compare the time before an action with the time after it.

    Args:
        before: Up to the action.
        after: From the action on.
        customers_before: Hashed ids of the theme's customers before; unknown ones left out.
        customers_after: The same after.

    Returns:
        The effect.

    Raises:
        ValueError: If a count exceeds its total.
    """
    for count in (before, after):
        if not 0 <= count.n <= count.total:
            raise ValueError(f"{count.n} rows of {count.total} complaints: expected 0 ≤ n ≤ total")
    again, ever = set(customers_after), set(customers_before)
    ratio, low, high = _ratio(before, after)
    p = _fall(before, after)
    return Effect(
        before=share_of(before.n, before.total),
        after=share_of(after.n, after.total),
        ratio=ratio,
        ratio_low=low,
        ratio_high=high,
        p=p,
        repeat=share_of(len(ever & again), len(ever)),
        verdict=_verdict(before, after, p),
    )


def _part(before: Count, after: Count, ratio: float = 1.0) -> float:
    """This share of the theme's rows is expected after the action, given the ratio of rates."""
    return ratio * after.total / (ratio * after.total + before.total)


def _fall(before: Count, after: Count) -> float | None:
    from scipy.stats import binom

    n = before.n + after.n
    if not n or not before.total or not after.total:
        return None
    return float(binom.cdf(after.n, n, _part(before, after)))


def _ratio(before: Count, after: Count) -> tuple[float | None, float | None, float | None]:
    """Ratio of rates with the exact conditional interval (Clopper and Pearson on the split)."""
    from scipy.stats import binomtest

    n = before.n + after.n
    if not n or not before.total or not after.total:
        return None, None, None
    ends = binomtest(after.n, n).proportion_ci(0.95, method="exact")
    odds = before.total / after.total
    high = None if ends.high >= 1 else float(ends.high / (1 - ends.high) * odds)
    low = None if ends.low >= 1 else float(ends.low / (1 - ends.low) * odds)
    return (after.n / before.n * odds if before.n else None), low, high


def _verdict(before: Count, after: Count, p: float | None) -> Verdict:
    if p is None:
        return Verdict.TOO_EARLY
    if p < _ALPHA:
        return Verdict.WORKS
    return Verdict.DOES_NOT if _power(before, after) >= _POWER else Verdict.TOO_EARLY


def _power(before: Count, after: Count) -> float:
    """Chance that the test would have noticed a halving, given the rows seen before."""
    from scipy.stats import binom

    halved = round(before.n * _USEFUL_RATIO * after.total / before.total)
    n = before.n + halved
    critical = binom.ppf(_ALPHA, n, _part(before, after)) - 1
    return float(binom.cdf(critical, n, _part(before, after, _USEFUL_RATIO)))
