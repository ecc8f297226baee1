"""A way of speaking is no failing; a failing that nobody foresaw is one."""

from __future__ import annotations

import numpy as np

from models.theme_background import coherences, spreads, ways_of_speaking

N = 16
EVERY_CAUSE, NO_CAUSE, ONE_CAUSE = np.eye(N), np.full((N, N), 1 / N), np.eye(N)[[0] * N]
UNLIKE = np.eye(3 * N)[:N]
ALIKE = np.eye(3 * N)[[N] * N]
OTHERS = np.eye(3 * N)[2 * N :]


def speaking(chances: np.ndarray, embeddings: np.ndarray) -> bool:
    """Whether a group is a way of speaking, beside as many rare mentions."""
    labels = np.repeat([0, -1], N)
    found = ways_of_speaking(
        labels, np.ones(2 * N), np.vstack([chances, NO_CAUSE]), np.vstack([embeddings, OTHERS])
    )
    return found == {0}


def test_mentions_of_many_causes_that_mean_unlike_things_are_a_way_of_speaking():
    """不知道怎么退, 不知道电池好不好, 不知道有没有早餐."""
    assert speaking(EVERY_CAUSE, UNLIKE)


def test_a_failing_that_nobody_foresaw_stays_a_theme():
    """No known cause is likely, yet all mentions mean the same."""
    assert not speaking(NO_CAUSE, ALIKE)


def test_a_known_cause_told_in_many_ways_stays_a_theme():
    """Broad themes lie apart in meaning, but speak of one cause."""
    assert not speaking(ONE_CAUSE, UNLIKE)


def test_without_axes_nothing_is_known_to_be_a_way_of_speaking():
    """Then there are no chances."""
    assert ways_of_speaking(np.zeros(N, dtype=int), np.ones(N), np.zeros((N, 0)), UNLIKE) == set()


def test_measures_run_from_nothing_to_one():
    """A cause for each mention spreads fully; one vector explains itself."""
    labels, weights = np.zeros(N, dtype=int), np.ones(N)
    assert spreads(labels, weights, EVERY_CAUSE)[0] == 1
    assert spreads(labels, weights, ONE_CAUSE)[0] < 1e-9
    both = np.vstack([ALIKE, OTHERS])
    assert coherences(np.repeat([0, -1], N), np.ones(2 * N), both)[0] == 1
