"""How a theme is doing: new, growing, stable, declining, quiet, resolved or regressed.

A change is tested with the exact conditional test of two Poisson rates (Przyborowski and Wilenski
1940): given the theme's rows of this week and of the weeks before, this week's follow a binomial
law whose share is this week's part of all complaints. So a busy week alone moves nothing. The
p-values of all themes are adjusted by Benjamini and Hochberg (1995) at 5 %: when nothing changes,
at most one week in twenty names any theme growing or declining; otherwise at most 5 % of the named
changes are expected to be chance. Counts that come in bursts (one viral post) vary more than
Poisson's law says and raise the rate; a person looks at the quotes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np


class Status(StrEnum):
    """Where a theme stands in its life."""

    NEW = "new"
    GROWING = "growing"
    STABLE = "stable"
    DECLINING = "declining"
    QUIET = "quiet"
    RESOLVED = "resolved"
    REGRESSED = "regressed"


STATUS_TITLES = {
    Status.NEW: "新出现",
    Status.GROWING: "上升",
    Status.STABLE: "平稳",
    Status.DECLINING: "下降",
    Status.QUIET: "沉寂",
    Status.RESOLVED: "已解决",
    Status.REGRESSED: "复发",
}


@dataclass(frozen=True)
class LifeSettings:
    """How lives are judged.

    Attributes:
        span: Weeks before this one to compare with, at most.
        quiet_weeks: Weeks without a mention, this one included, that make a theme quiet.
        alpha: False discovery rate of growing and declining.
        rare_rows: A theme of at most so many rows this week can be rare but rising.
        rare_least: Least rows for that.
        rare_alpha: One-sided level of that list, not adjusted: it is a list of hints, and of
            small themes at rest this share is expected on it.
    """

    span: int = 8
    quiet_weeks: int = 2
    alpha: float = 0.05
    rare_rows: int = 8
    rare_least: int = 2
    rare_alpha: float = 0.05


@dataclass(frozen=True)
class Past:
    """What is known of a theme besides its counts.

    Attributes:
        counts: Rows a week, the last is this week.
        born: Position of its first week in `counts`; negative when earlier.
        is_resolved: Whether people have closed it.
        is_regressed: Whether it came back after that.
    """

    counts: tuple[int, ...]
    born: int
    is_resolved: bool = False
    is_regressed: bool = False


@dataclass(frozen=True, slots=True)
class Life:
    """A theme in one week.

    Attributes:
        status: Where it stands.
        n: Rows this week.
        n_before: Rows last week; None when there is no week before.
        expected: Rows that the weeks before led to expect, at this week's number of complaints;
            None when there is nothing to compare with.
        p: Of the exact test; None likewise.
        q: The same adjusted for the number of themes; None likewise.
        is_rare_rising: Whether it is small and yet more than its past.
    """

    status: Status
    n: int
    n_before: int | None
    expected: float | None
    p: float | None
    q: float | None
    is_rare_rising: bool


@dataclass(frozen=True, slots=True)
class _Test:
    expected: float
    p: float
    p_up: float


def judge_lives(
    themes: Sequence[Past], totals: Sequence[int], settings: LifeSettings | None = None
) -> list[Life]:
    """Judge all themes of a week together.

    Args:
        themes: All themes of the store; the adjustment is over them.
        totals: Complaints of each week, the last is this week.
        settings: None takes the defaults.

    Returns:
        One a theme.

    Raises:
        ValueError: If a theme has counts for other weeks than `totals`.
    """
    settings = settings or LifeSettings()
    for theme in themes:
        if len(theme.counts) != len(totals):
            raise ValueError(f"{len(theme.counts)} counts for {len(totals)} weeks: must be equal")
    tests = [_test(theme, totals, settings.span) for theme in themes]
    adjusted = iter(adjust([test.p for test in tests if test]))
    qs = [next(adjusted) if test else None for test in tests]
    return [
        _life(theme, test, q, settings) for theme, test, q in zip(themes, tests, qs, strict=True)
    ]


def adjust(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number (Benjamini and Hochberg 1995).

    Args:
        p_values: One a test.

    Returns:
        The least false discovery rate at which each would be named, in the same order.
    """
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    scaled = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return [float(value) for value in q]


def _test(theme: Past, totals: Sequence[int], span: int) -> _Test | None:
    """Compare this week with those before; None without a week to compare with.

    A theme's first week is left out: it was noticed because that week was large.
    """
    from scipy.stats import binom, binomtest

    now = len(totals) - 1
    weeks = range(max(theme.born + 1, now - span, 0), now)
    n, n_before = theme.counts[now], sum(theme.counts[w] for w in weeks)
    total_before = sum(totals[w] for w in weeks)
    if not weeks or not totals[now] or not total_before or n + n_before == 0:
        return None
    part = totals[now] / (totals[now] + total_before)
    p = float(binomtest(n, n + n_before, part).pvalue)
    p_up = float(binom.sf(n - 1, n + n_before, part))
    return _Test(n_before * totals[now] / total_before, p, p_up)


def _life(theme: Past, test: _Test | None, q: float | None, settings: LifeSettings) -> Life:
    n = theme.counts[-1]
    rising = (
        test is not None
        and settings.rare_least <= n <= settings.rare_rows
        and test.p_up <= settings.rare_alpha
    )
    return Life(
        status=_status(theme, test, q, settings),
        n=n,
        n_before=theme.counts[-2] if len(theme.counts) > 1 else None,
        expected=test.expected if test else None,
        p=test.p if test else None,
        q=q,
        is_rare_rising=rising and not theme.is_resolved,
    )


def _status(theme: Past, test: _Test | None, q: float | None, settings: LifeSettings) -> Status:
    if theme.is_regressed:
        return Status.REGRESSED
    if theme.is_resolved:
        return Status.RESOLVED
    now = len(theme.counts) - 1
    if theme.born >= now:
        return Status.NEW
    if not any(theme.counts[-settings.quiet_weeks :]) and theme.born <= now - settings.quiet_weeks:
        return Status.QUIET
    if test is None or q is None or q > settings.alpha:
        return Status.STABLE
    return Status.GROWING if theme.counts[-1] > test.expected else Status.DECLINING
