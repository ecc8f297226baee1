"""What people did guides the clustering of the next week."""

from __future__ import annotations

from pipeline.store.theme_edits import assign, confirm, describe, merge, reject, split, undo
from pipeline.store.theme_guides import read_guidance
from pipeline.store.theme_mentions import list_mentions
from pipeline.store.theme_registry import list_themes
from tests.store.test_theme_week import LATE, SCREEN, SPILT, WEEKS, fit, id_of
from tests.store.theme_sample import WEEK_1, WEEK_2, place, plant

A, B = "T0001", "T0002"


def guidance(store, week=WEEK_2):
    with store.read() as connection:
        return read_guidance(connection, week)


def test_nothing_was_done(store):
    """Then nothing guides."""
    plant(store, ["汤洒了", "送餐慢"], {WEEK_1: [3, 3]})
    found = guidance(store)
    assert (found.seeds, found.together, found.apart) == ({}, [], [])


def test_confirmed_assigned_and_described_words_are_seeds(store):
    """Under the id of the theme."""
    plant(store, ["汤洒了", "送餐慢"], {WEEK_1: [3, 3]})
    confirm(store, A, [place(0, WEEK_1, 0)], who="甲")
    assign(store, B, [place(0, WEEK_1, 1)], who="甲")
    created = describe(store, "验证码问题", ["收不到验证码"], who="甲").created
    assert guidance(store).groups() == {
        A: ("汤洒了0",),
        B: ("汤洒了1",),
        created: ("收不到验证码",),
    }


def test_merged_themes_are_one_group(store):
    """Under the id of the one that stands; two again once that is undone."""
    plant(store, ["汤洒了", "送餐慢"], {WEEK_1: [3, 3]})
    merge(store, A, B, who="甲")
    assert guidance(store).groups() == {
        B: tuple(sorted(f"{name}{i}" for name in ("汤洒了", "送餐慢") for i in range(3)))
    }
    undo(store, who="甲")
    assert guidance(store).groups() == {}


def test_split_themes_are_two_groups(store):
    """The old one keeps what it mostly says."""
    plant(store, ["汤洒了"], {WEEK_1: [3]})
    created = split(store, A, [place(0, WEEK_1, 0)], "盖子没盖紧", who="甲").created
    found = guidance(store)
    assert found.groups() == {A: ("汤洒了1", "汤洒了2"), created: ("汤洒了0",)}
    assert found.apart == [("汤洒了1", "汤洒了0")]


def test_rejected_words_are_kept_apart(store):
    """From the theme they were thrown out of."""
    plant(store, ["汤洒了"], {WEEK_1: [3]})
    reject(store, A, [place(0, WEEK_1, 0)], who="甲")
    assert guidance(store).apart == [("汤洒了1", "汤洒了0")]


def test_opposite_verdicts_on_the_same_words_break_nothing(store):
    """Two reviewers, two rows, the same words: what is confirmed counts."""
    plant(store, ["汤洒了"], {WEEK_1: [4]})
    confirm(store, A, [place(0, WEEK_1, 0)], who="甲")
    reject(store, A, [place(0, WEEK_1, 3)], who="乙")
    found = guidance(store)
    assert (found.apart, "汤洒了0" in found.groups()[A]) == ([], True)


def test_one_mention_of_a_described_theme_is_found(store):
    """One voice is no theme, unless people said what to look for."""
    created = describe(store, "屏幕问题", ["屏幕碎裂", "屏幕碎裂了"], who="甲").created
    outcome = fit(store, WEEKS[0], SPILT, LATE, SCREEN[:1])
    assert (created in outcome.continued, id_of(store, SCREEN[0])) == (True, created)


def test_all_kinds_of_edits_at_once_are_followed(store):
    """A week after a merge, a split and a rejection."""
    fit(store, WEEKS[0], SPILT, LATE, SCREEN)
    spilt, late, screen = (id_of(store, words[0]) for words in (SPILT, LATE, SCREEN))
    merge(store, late, screen, who="甲")
    places = [(f"{WEEKS[0]}-{i:05d}", 0, len(SPILT[i])) for i in range(3)]
    created = split(store, spilt, places[:2], "盖子没盖紧", who="甲").created
    reject(store, spilt, places[2:], who="甲")
    outcome = fit(store, WEEKS[1], SPILT, LATE, SCREEN)
    sizes = {view.id: view.n for view in list_themes(store, WEEKS[1])}
    assert outcome.born == ()
    assert (sizes[spilt], sizes[screen]) == (3, 12)
    assert {m.text for m in list_mentions(store, created, WEEKS[1])} >= set(SPILT[:2])
