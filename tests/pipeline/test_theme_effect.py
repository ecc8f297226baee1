"""Did the action help? Three answers, each with its reason."""

from __future__ import annotations

import pytest

from pipeline.theme_effect import Count, Verdict, measure_effect


@pytest.mark.parametrize(
    ("before", "after", "verdict"),
    [
        (Count(80, 2000), Count(10, 1000), Verdict.WORKS),
        (Count(80, 2000), Count(42, 1000), Verdict.DOES_NOT),
        (Count(80, 2000), Count(1, 50), Verdict.TOO_EARLY),
        (Count(6, 2000), Count(2, 1000), Verdict.TOO_EARLY),
        (Count(80, 2000), Count(0, 0), Verdict.TOO_EARLY),
        (Count(0, 0), Count(0, 0), Verdict.TOO_EARLY),
    ],
)
def test_verdict_says_no_more_than_the_counts(before, after, verdict):
    """ "It does not help" needs rows enough to have seen a halving."""
    assert measure_effect(before, after).verdict == verdict


def test_interval_holds_the_ratio():
    """A quarter of the rate, with its uncertainty."""
    effect = measure_effect(Count(80, 2000), Count(10, 1000))
    assert effect.ratio == pytest.approx(0.25)
    assert effect.ratio_low < 0.25 < effect.ratio_high < 1


def test_repeat_rate_counts_customers_once():
    """Of three who complained before, one complains again, twice."""
    effect = measure_effect(Count(4, 100), Count(3, 100), ["a", "a", "b", "c"], ["a", "a", "d"])
    assert (effect.repeat.n, effect.repeat.value) == (3, pytest.approx(1 / 3))


def test_impossible_counts_are_refused():
    """More rows of a theme than complaints is an error of the caller."""
    with pytest.raises(ValueError, match="5 rows of 3 complaints"):
        measure_effect(Count(5, 3), Count(0, 1))
