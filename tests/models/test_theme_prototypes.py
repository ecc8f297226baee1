"""Who joins what people confirmed."""

import numpy as np

from models.encoders import unit_rows
from models.theme_prototypes import choose_members, join_prototypes


def cloud(centre: np.ndarray, n: int, seed: int, spread: float = 0.05) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(n, len(centre)))
    return unit_rows(centre + spread * noise)


def confirm(n: int, *groups: range) -> np.ndarray:
    found = np.full(n, -1)
    for k, group in enumerate(groups):
        found[list(group)] = k
    return found


AXES = np.eye(30)


def test_near_mentions_join_and_far_ones_do_not() -> None:
    """Five examples stand for a failing, not for the whole batch."""
    vectors = np.vstack([cloud(AXES[0], 20, 1), cloud(AXES[1], 20, 2)])
    labels, _ = join_prototypes(vectors, confirm(40, range(5)))
    assert labels.tolist() == [0] * 20 + [-1] * 20


def test_a_mention_joins_the_nearer_of_two_groups() -> None:
    """No mention is in two confirmed groups."""
    vectors = np.vstack([cloud(AXES[0] + AXES[2], 10, 1), cloud(AXES[1] + AXES[2], 10, 2)])
    labels, _ = join_prototypes(vectors, confirm(20, range(5), range(10, 15)))
    assert labels.tolist() == [0] * 10 + [1] * 10


def test_what_people_said_outweighs_the_distance() -> None:
    """A confirmed stray stays where people put it."""
    vectors = np.vstack([cloud(AXES[0], 10, 1), cloud(AXES[1], 10, 2)])
    labels, _ = join_prototypes(vectors, confirm(20, [*range(5), 19]))
    assert labels[19] == 0


def test_mentions_without_a_signal_join_nothing() -> None:
    """Background has zero vectors."""
    vectors = np.vstack([cloud(AXES[0], 6, 1), np.zeros((3, 30))])
    assert join_prototypes(vectors, confirm(9, range(2)))[0][6:].tolist() == [-1] * 3


def test_the_mention_that_other_texts_repeat_is_meant() -> None:
    """Of a row with two failings only the confirmed one counts."""
    spilt, late = cloud(AXES[0], 3, 1), cloud(AXES[1], 2, 2)
    vectors = np.vstack([spilt, late])
    chosen = choose_members(vectors, [(0, [3, 0]), (0, [1, 4]), (0, [2])])
    assert chosen.tolist() == [0, 0, 0, -1, -1]


def test_a_text_of_two_groups_gives_each_a_mention() -> None:
    """A row confirmed for both of its failings is an example of both."""
    vectors = np.vstack([cloud(AXES[0], 2, 1), cloud(AXES[1], 2, 2)])
    chosen = choose_members(vectors, [(0, [0, 2]), (1, [0, 2]), (0, [1]), (1, [3])])
    assert chosen.tolist() == [0, 0, 1, 1]


def test_one_mention_of_two_groups_goes_to_the_likelier() -> None:
    """A mention is in one theme at most."""
    vectors = np.vstack([cloud(AXES[0], 2, 1), cloud(AXES[1], 1, 2)])
    chosen = choose_members(vectors, [(1, [0]), (0, [0]), (0, [1]), (1, [2])])
    assert chosen.tolist() == [0, 0, 1]
