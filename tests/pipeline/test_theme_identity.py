"""Which cluster is which theme: one to one, never below the floor."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.theme_found import Found, Known, phrase_key
from pipeline.theme_identity import Fate, IdentitySettings, match_clusters
from pipeline.theme_likeness import Profile, likeness
from pipeline.theme_placing import new_id, place_mentions

AXES = np.eye(8)
CENTRE = np.zeros(8)
SETTINGS = IdentitySettings()


def profile(id_: str, axis: int, *phrases: str, other: int | None = None, weight: float = 0.5):
    vector = AXES[axis] if other is None else AXES[axis] + weight * AXES[other]
    return Profile(id_, vector, dict.fromkeys(phrases, 1))


def test_like_clusters_continue_and_unlike_ones_are_born():
    """The plain case."""
    themes = [profile("T0001", 0), profile("T0002", 1)]
    clusters = [profile("a", 1), profile("b", 2)]
    first, second = match_clusters(clusters, themes, CENTRE, SETTINGS)
    assert (first.fate, first.theme_id) == (Fate.CONTINUATION, "T0002")
    assert (second.fate, second.theme_id) == (Fate.BIRTH, None)


def test_best_total_wins_not_the_first_come():
    """Greedy matching would give T0001 to the first cluster and leave the second nothing."""
    themes = [profile("T0001", 0), profile("T0002", 0, other=1)]
    clusters = [profile("a", 0, other=1, weight=0.4), profile("b", 0)]
    found = match_clusters(clusters, themes, CENTRE, SETTINGS)
    assert [match.theme_id for match in found] == ["T0002", "T0001"]


def test_known_words_carry_the_id_where_directions_fail():
    """A new encoder turns every vector; the words are still the same."""
    theme = profile("T0001", 0, "汤洒了", "粥洒了")
    (match,) = match_clusters([profile("a", 5, "汤洒了", "粥洒了")], [theme], CENTRE, SETTINGS)
    assert match.theme_id == "T0001"


def test_second_cluster_of_a_theme_is_a_piece_of_it():
    """The clusterer breaks a theme in two this week; its id does not break."""
    clusters = [profile("a", 0), profile("b", 0, other=1)]
    found = match_clusters(clusters, [profile("T0001", 0)], CENTRE, SETTINGS)
    assert [match.fate for match in found] == [Fate.CONTINUATION, Fate.PIECE]
    assert {match.theme_id for match in found} == {"T0001"}


def test_piece_unlike_the_rest_splits_off():
    """Near the theme, far from its cluster, in words that nobody had used."""
    theme = Profile("T0001", AXES[0] + AXES[1])
    clusters = [profile("a", 0), profile("b", 1)]
    found = match_clusters(clusters, [theme], CENTRE, SETTINGS)
    assert sorted(match.fate for match in found) == [Fate.CONTINUATION, Fate.SPLIT]
    assert {match.parent for match in found} == {None, "T0001"}


def test_cluster_over_two_themes_says_that_they_merge():
    """One keeps the cluster; the other is named, and keeps its id."""
    themes = [profile("T0001", 0), profile("T0002", 0, other=1)]
    (match,) = match_clusters([profile("a", 0, other=1)], themes, CENTRE, SETTINGS)
    assert (match.theme_id, match.also) == ("T0002", ("T0001",))


def test_new_failing_does_not_take_a_silent_themes_id():
    """Its nearest theme has a cluster; another one, further off, is free this week."""
    themes = [profile("T0001", 0), profile("T0002", 2, other=0)]
    clusters = [profile("a", 0), profile("b", 0, other=1, weight=2)]
    found = match_clusters(clusters, themes, CENTRE, SETTINGS)
    assert [match.theme_id for match in found] == ["T0001", None]


def test_cluster_that_people_vouch_for_goes_to_its_theme():
    """Whatever it looks like; and its theme takes no other one."""
    themes = [profile("T0001", 0), profile("T0002", 1)]
    clusters = [profile("a", 1), profile("b", 0)]
    found = match_clusters(clusters, themes, CENTRE, SETTINGS, {0: "T0001"})
    assert (found[0].fate, found[0].theme_id) == (Fate.CONTINUATION, "T0001")
    assert found[1].fate is not Fate.CONTINUATION


def test_outburst_of_new_words_is_another_failing():
    """Ten times the theme's largest week, hardly like it, in words that nobody had used."""
    theme = Profile("T0001", AXES[0] + AXES[1] + AXES[2], {"洒": 3}, weekly=3)
    words = {f"闪退{i}": 10 for i in range(3)}
    (match,) = match_clusters([Profile("a", AXES[0], words)], [theme], CENTRE, SETTINGS)
    assert (match.fate, match.parent) == (Fate.SPLIT, "T0001")
    (match,) = match_clusters([Profile("a", AXES[0], {"闪退": 3})], [theme], CENTRE, SETTINGS)
    assert match.theme_id == "T0001"


def test_small_cluster_like_a_theme_is_not_born():
    """Twice the mentions make it a theme; what is unlike everything needs no more than usual."""
    known = Known([profile("T0001", 0)], {"T0001": "T0001"})
    four, eight = (found(list("甲乙丙丁戊己庚辛")[:n], [3] * n, [0] * n) for n in (4, 8))
    strict = IdentitySettings(unlike=0.0)
    assert place_mentions(four, known, 4, strict).themes == [None] * 4
    assert place_mentions(eight, known, 4, strict).themes == [new_id(0)] * 8
    assert place_mentions(four, known, 4).themes == [new_id(0)] * 4


def test_splinters_born_in_one_week_are_one_theme():
    """The larger one bears it; what is unlike both is born by itself."""
    clusters = [profile("a", 0, "洒"), profile("b", 0, "漏", "泼", other=1), profile("c", 2)]
    found = match_clusters(clusters, [], CENTRE, SETTINGS)
    assert [match.twin for match in found] == [1, None, None]
    week = Found(
        "甲乙丙",
        np.arange(3),
        list("洒漏迟"),
        np.stack([c.vector for c in clusters]),
        np.arange(3),
        np.full(3, 0.9),
        [()] * 3,
    )
    assert place_mentions(week, Known(), 1).themes == [new_id(0), new_id(0), new_id(2)]


def test_nothing_matches_nothing():
    """An empty week, an empty store."""
    assert match_clusters([], [profile("T0001", 0)], CENTRE, SETTINGS) == []
    assert match_clusters([profile("a", 0)], [], CENTRE, SETTINGS)[0].fate is Fate.BIRTH


vectors = st.lists(st.lists(st.floats(-1, 1), min_size=8, max_size=8), min_size=1, max_size=5)


@given(vectors, vectors)
def test_no_theme_continues_in_two_clusters(one, two):
    """Whatever the vectors; and likeness stays between 0 and 1."""
    clusters = [Profile(str(i), np.array(v)) for i, v in enumerate(one)]
    themes = [Profile(f"T{i:04d}", np.array(v)) for i, v in enumerate(two)]
    alike = likeness(clusters, themes, CENTRE)
    assert ((alike >= 0) & (alike <= 1)).all()
    found = match_clusters(clusters, themes, CENTRE, SETTINGS)
    owners = [match.theme_id for match in found if match.fate is Fate.CONTINUATION]
    assert len(owners) == len(set(owners))


def found(words: list[str], axes: list[int], labels: list[int]) -> Found:
    rows = [f"CF{i}" for i in range(len(words))]
    n = max(labels, default=-1) + 1
    vectors = np.stack([AXES[axis] for axis in axes])
    scores = np.full(len(words), 0.9)
    return Found(rows, np.arange(len(words)), words, vectors, np.array(labels), scores, [()] * n)


def test_known_words_stay_with_their_theme_whatever_the_cluster():
    """The same words mean the same theme next week."""
    known = Known(
        [profile("T0001", 0), profile("T0002", 1)],
        {"T0001": "T0001", "T0002": "T0002"},
        {"慢": {"T0002": 3}},
    )
    placing = place_mentions(found(["洒", "慢"], [0, 0], [0, 0]), known, 1)
    assert placing.themes == ["T0001", "T0002"]


def test_mention_goes_to_the_theme_that_is_clearly_nearer_than_its_cluster():
    """The clusterer put one of T0002's mentions among T0001's, and one into a new cluster."""
    known = Known([profile("T0001", 0), profile("T0002", 1)], {"T0001": "T0001", "T0002": "T0002"})
    week = found(list("甲乙丙丁戊己"), [0, 0, 1, 3, 3, 1], [0, 0, 0, 1, 1, 1])
    fixed = place_mentions(week, known, 1).themes
    assert fixed == ["T0001", "T0001", "T0002", new_id(1), new_id(1), "T0002"]
    swayed = place_mentions(week, known, 1, IdentitySettings(stay=2.0)).themes
    assert swayed == [*["T0001"] * 3, *[new_id(1)] * 3]


def test_birth_below_the_least_rows_is_no_theme():
    """What known themes take away may leave too little to be born."""
    week = found(["甲", "乙", "丙"], [3, 3, 3], [0, 0, 0])
    assert place_mentions(week, Known(), 3).themes == [new_id(0)] * 3
    assert place_mentions(week, Known(), 4).themes == [None] * 3


def test_peoples_word_on_the_same_words_counts_most():
    """Thrown out or put elsewhere once, the same in every other row."""
    leaves = [profile("T0001", 0), profile("T0002", 1)]
    roots = {"T0001": "T0001", "T0002": "T0002"}
    said = {"洒": [("X", "assign", "T0002")], "漏": [("X", "reject", "T0001")]}
    placing = place_mentions(
        found(["洒", "漏", "泼"], [0, 0, 0], [0, 0, 0]), Known(leaves, roots, {}, said), 1
    )
    assert placing.themes == ["T0002", None, "T0001"]


def test_keys_forget_intensity_case_and_digits():
    """What the collapse of near duplicates forgets."""
    assert phrase_key("等了30分钟APP还在转") == phrase_key("等了45分钟app还在转")
