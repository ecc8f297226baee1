"""What people do to themes, on both databases: it counts at once, and can be taken back."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from pipeline.store.engine import Store
from pipeline.store.theme_edits import (
    EditConflictError,
    EditRefusedError,
    UnknownThemeError,
    assign,
    close,
    confirm,
    describe,
    fishbone,
    five_whys,
    merge,
    parse_place,
    reject,
    rename,
    reopen,
    set_action,
    split,
    undo,
)
from pipeline.store.theme_mentions import list_mentions
from pipeline.store.theme_registry import get_theme, list_events, list_themes
from pipeline.theme_life import Status
from tests.store.theme_sample import WEEK_1, WEEK_2, place, plant

A, B, C = "T0001", "T0002", "T0003"


@pytest.fixture(autouse=True)
def themes(store: Store) -> list[str]:
    """Three themes over two weeks."""
    return plant(store, ["汤洒了", "送餐慢", "餐具漏发"], {WEEK_1: [6, 5, 4], WEEK_2: [7, 6, 0]})


def sizes(store: Store, week: str | None = None) -> dict[str, int]:
    return {view.id: view.n for view in list_themes(store, week)}


def test_renamed_theme_has_its_new_name(store):
    """The name that the team gave is the one everybody reads."""
    rename(store, A, " 汤汁洒漏 ", who="甲")
    view = get_theme(store, A).theme
    assert (view.name, view.is_named, view.version) == ("汤汁洒漏", True, 2)


def test_two_themes_cannot_share_a_name(store):
    """A report with two lines of one name helps nobody."""
    with pytest.raises(EditRefusedError, match="已被 T0002 使用"):
        rename(store, A, "送餐慢", who="甲")


@pytest.mark.parametrize("name", ["", "漏", "汤" * 21, "汤\n洒"])
def test_unfit_name_is_refused(store, name):
    """Names go into headings and file names."""
    with pytest.raises(EditRefusedError, match="2 到 20 个"):
        rename(store, A, name, who="甲")


def test_edit_of_an_old_version_is_refused_and_names_the_other(store):
    """Two reviewers at once: the second one must look again, and hears who was faster."""
    rename(store, A, "汤汁洒漏", who="甲", version=1)
    with pytest.raises(EditConflictError, match="甲 刚刚改过.*请刷新后重试") as caught:
        rename(store, A, "汤洒一袋", who="乙", version=1)
    assert (caught.value.expected, caught.value.actual) == (1, 2)


def test_of_two_editors_at_the_same_moment_one_wins(store):
    """The check and the change are one step, in both databases."""
    results: list[str] = []
    gate = threading.Barrier(2)

    def edit(name: str) -> None:
        gate.wait()
        try:
            rename(store, A, name, who=name, version=1)
            results.append("done")
        except EditConflictError:
            results.append("conflict")

    threads = [threading.Thread(target=edit, args=(name,)) for name in ("汤洒甲", "汤洒乙")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["conflict", "done"]


def test_merged_theme_counts_with_its_target_in_every_week(store):
    """A row that mentions both counts once; the merged theme is not listed any more."""
    merge(store, A, B, who="甲")
    assert sizes(store) == {B: 13, C: 0}
    assert sizes(store, WEEK_1) == {B: 11, C: 4}


def test_merged_theme_leads_to_its_target(store):
    """A bookmark of the old id must not end at nothing."""
    merge(store, A, B, who="甲")
    detail = get_theme(store, A)
    assert (detail.theme.id, detail.merged_into, detail.members) == (B, B, (A,))
    with pytest.raises(EditRefusedError, match="已并入 T0002"):
        rename(store, A, "别的名字", who="甲")


def test_undone_merge_gives_both_back(store):
    """Nothing moved, so nothing is lost."""
    before = list_themes(store)
    merge(store, A, B, who="甲")
    undo(store, who="乙")
    assert [(v.id, v.name, v.n) for v in list_themes(store)] == [
        (v.id, v.name, v.n) for v in before
    ]


def test_split_takes_the_chosen_mentions(store):
    """The new theme has them in every week, the old one has not."""
    chosen = [place(0, WEEK_1, 0), place(0, WEEK_2, 0), place(0, WEEK_2, 1)]
    created = split(store, A, chosen, "汤盖没盖紧", who="甲").created
    assert sizes(store) == {A: 5, B: 6, C: 0, created: 2}
    assert sizes(store, WEEK_1) == {A: 5, B: 5, C: 4, created: 1}
    assert [link.kind for link in get_theme(store, created).links] == ["split"]


def test_undone_split_gives_the_mentions_back(store):
    """The new id is gone from the list and never used again."""
    created = split(store, A, [place(0, WEEK_2, 0)], "汤盖没盖紧", who="甲").created
    undo(store, who="甲")
    assert sizes(store) == {A: 7, B: 6, C: 0}
    assert split(store, A, [place(0, WEEK_2, 0)], "汤盖没盖紧", who="甲").created > created


def test_assigned_mention_moves(store):
    """One clause in the wrong place is put right."""
    assign(store, B, [place(0, WEEK_2, 0)], who="甲")
    assert sizes(store) == {A: 6, B: 7, C: 0}
    moved = list_mentions(store, feedback_id=place(0, WEEK_2, 0)[0])
    assert [(m.theme_id, m.is_human) for m in moved] == [(B, True)]


def test_rejected_mention_is_rare_until_undone(store):
    """Thrown out of one theme is not thrown into another."""
    reject(store, A, [place(0, WEEK_2, 0)], who="甲")
    assert [m.feedback_id for m in list_mentions(store)] == [place(0, WEEK_2, 0)[0]]
    undo(store, who="甲")
    assert list_mentions(store) == []


def test_rejected_mention_stays_out_after_a_merge(store):
    """A mention thrown out of the target must not come back with the theme it is merged with."""
    assign(store, B, [place(0, WEEK_2, 0)], who="甲")
    reject(store, B, [place(0, WEEK_2, 0)], who="甲")
    assert sizes(store)[A] == 7
    merge(store, A, B, who="甲")
    assert sizes(store)[B] == 12


def test_mention_of_another_theme_cannot_be_confirmed(store):
    """The page may be old; say where the mention is now."""
    with pytest.raises(EditRefusedError, match="属于 T0001"):
        confirm(store, B, [place(0, WEEK_2, 0)], who="甲")


def test_unknown_mention_is_named(store):
    """After a refit a clause may be cut differently."""
    with pytest.raises(UnknownThemeError, match="CF9:0:2"):
        confirm(store, A, [("CF9", 0, 2)], who="甲")


def test_unknown_theme_is_named(store):
    """A typing error in an id."""
    with pytest.raises(UnknownThemeError, match="T9999"):
        rename(store, "T9999", "没有的", who="甲")


def test_action_whys_and_fishbone_are_kept(store):
    """What the team decided is on the theme's page."""
    set_action(store, A, who="甲", owner="乙", action="换封口盒", due=date(2026, 12, 1))
    five_whys(store, A, ["盖子松", " ", "换了供应商"], who="甲")
    fishbone(store, A, "料", who="甲")
    detail = get_theme(store, A)
    assert (detail.theme.owner, detail.theme.due) == ("乙", date(2026, 12, 1))
    assert (detail.whys, detail.fishbone) == (("盖子松", "换了供应商"), "料")


def test_undone_action_is_the_one_before(store):
    """Dates too come back as dates."""
    set_action(store, A, who="甲", owner="乙", due=date(2026, 12, 1))
    set_action(store, A, who="甲", owner="丙")
    undo(store, who="甲", theme_id=A)
    view = get_theme(store, A).theme
    assert (view.owner, view.due) == ("乙", date(2026, 12, 1))


def test_closed_theme_is_resolved_from_that_week_on(store):
    """The week before shows what was known then."""
    close(store, A, who="甲")
    assert get_theme(store, A).theme.status == Status.RESOLVED
    assert get_theme(store, A, WEEK_1).theme.status == Status.NEW
    reopen(store, A, who="甲")
    assert get_theme(store, A).theme.status == Status.STABLE


def test_closing_twice_is_refused(store):
    """The second click is a mistake."""
    close(store, A, who="甲")
    with pytest.raises(EditRefusedError, match="本来就已关闭"):
        close(store, A, who="甲")


def test_edit_that_a_later_one_rests_on_cannot_be_undone(store):
    """The message names what to undo first; then it goes."""
    created = split(store, A, [place(0, WEEK_2, 0)], "汤盖没盖紧", who="甲")
    later = rename(store, created.created, "盖子松了", who="乙")
    with pytest.raises(EditRefusedError, match=f"请先撤销 {later.event_id}"):
        undo(store, who="甲", event_id=created.event_id)
    undo(store, who="甲", event_id=later.event_id)
    undo(store, who="甲", event_id=created.event_id)
    assert sizes(store) == {A: 7, B: 6, C: 0}


def test_undoing_a_merge_whose_name_was_taken_is_refused(store):
    """Both would have the same name."""
    merged = merge(store, A, B, who="甲")
    rename(store, B, "汤洒了", who="甲")
    with pytest.raises(EditRefusedError, match="已被 T0002 使用"):
        undo(store, who="甲", event_id=merged.event_id)


def test_nothing_is_undone_twice(store):
    """The second click is refused; and there may be nothing left."""
    edit = rename(store, A, "汤汁洒漏", who="甲")
    undo(store, who="甲")
    with pytest.raises(EditRefusedError, match="已经撤销过"):
        undo(store, who="甲", event_id=edit.event_id)
    with pytest.raises(UnknownThemeError, match="没有可以撤销的操作"):
        undo(store, who="甲")


def test_described_theme_is_listed_until_undone(store):
    """A theme made of words alone waits for its first mention."""
    created = describe(store, "验证码收不到", ["收不到验证码"], who="甲").created
    assert sizes(store)[created] == 0
    undo(store, who="甲")
    assert created not in sizes(store)


def test_every_edit_is_in_the_trail(store):
    """Who did what, the newest first, undone ones marked."""
    rename(store, A, "汤汁洒漏", who="甲")
    merge(store, C, A, who="乙")
    undo(store, who="丙")
    trail = [(e.title, e.who, e.is_undone) for e in list_events(store, A)]
    assert trail == [("撤销", "丙", False), ("合并", "乙", True), ("改名", "甲", False)]


def test_edit_needs_a_name_under_it(store):
    """An anonymous trail is none."""
    with pytest.raises(EditRefusedError, match="操作人"):
        rename(store, A, "汤汁洒漏", who=" ")


def test_place_is_read_from_its_end():
    """A feedback id may hold colons itself."""
    assert parse_place("a:b:0:4") == ("a:b", 0, 4)
    with pytest.raises(EditRefusedError, match="反馈编号:起点:终点"):
        parse_place("CF1:0")
