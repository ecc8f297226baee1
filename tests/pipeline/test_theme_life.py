"""A theme's life: the tests name changes, and seldom name chance."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.theme_life import LifeSettings, Past, Status, adjust, judge_lives

TOTALS = [200] * 9


def status(*counts: int, born: int = -1, **marks: bool) -> Status:
    totals = [200] * len(counts)
    return judge_lives([Past(counts, born, **marks)], totals)[0].status


def test_theme_of_this_week_is_new():
    """There is nothing to compare with."""
    assert status(0, 0, 9, born=2) == Status.NEW


def test_week_after_the_first_names_no_change():
    """The first week was noticed for being large; a smaller second one is no decline."""
    assert status(0, 30, 3, born=1) == Status.STABLE


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((10, 9, 11, 10, 30), Status.GROWING),
        ((30, 29, 31, 30, 5), Status.DECLINING),
        ((10, 9, 11, 10, 12), Status.STABLE),
        ((10, 9, 11, 0, 0), Status.QUIET),
        ((1, 0, 1, 1, 0), Status.STABLE),
    ],
)
def test_counts_decide(counts, expected):
    """Small counts move much by chance alone."""
    assert status(*counts) == expected


def test_busy_week_alone_is_no_growth():
    """Three times the complaints, three times the theme: its share is what it was."""
    life = judge_lives([Past((10, 10, 10, 30), -1)], [100, 100, 100, 300])[0]
    assert (life.status, life.expected) == (Status.STABLE, 30)


def test_closed_theme_is_resolved_and_one_that_came_back_regressed():
    """People's word and the comeback stand above the tests."""
    assert status(9, 9, 9, is_resolved=True) == Status.RESOLVED
    assert status(9, 0, 9, is_regressed=True) == Status.REGRESSED


def test_rare_but_rising_is_listed():
    """Five after none in eight weeks of two hundred rows; a large theme is not rare."""
    lives = judge_lives([Past((1, 0, 0, 0, 0, 0, 0, 1, 5), -1), Past((9,) * 8 + (40,), -1)], TOTALS)
    assert [life.is_rare_rising for life in lives] == [True, False]


def test_counts_for_other_weeks_are_refused():
    """A column too few would shift every week."""
    with pytest.raises(ValueError, match="2 counts for 3 weeks"):
        judge_lives([Past((1, 2), 0)], [10, 10, 10])


def test_adjusted_values_are_those_of_the_paper():
    """Benjamini and Hochberg's own first steps."""
    assert adjust([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.04, 0.04])
    assert adjust([]) == []


def test_false_alarm_rate_is_as_stated():
    """When nothing changes, at most 5 % of weeks name any theme (400 weeks of 30 themes, seeded)."""
    rng = np.random.default_rng(7)
    n_weeks, rates = 400, rng.uniform(0.005, 0.1, 30)
    alarms = 0
    for _ in range(n_weeks):
        totals = rng.integers(150, 450, 9)
        counts = rng.poisson(rates[:, None] * totals[None, :])
        lives = judge_lives([Past(tuple(row), -1) for row in counts.tolist()], totals.tolist())
        alarms += any(life.status in (Status.GROWING, Status.DECLINING) for life in lives)
    assert alarms / n_weeks <= LifeSettings().alpha + 0.01


def test_real_growth_is_found_at_the_same_level():
    """A rate that doubles from 5 % of 300 rows is found in most weeks."""
    rng = np.random.default_rng(8)
    found = 0
    for _ in range(100):
        rising = (*rng.poisson(15, 8).tolist(), int(rng.poisson(30)))
        rest = [Past(tuple(rng.poisson(15, 9).tolist()), -1) for _ in range(9)]
        lives = judge_lives([Past(rising, -1), *rest], [300] * 9)
        found += lives[0].status == Status.GROWING
    assert found >= 70
