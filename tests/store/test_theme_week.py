"""Adding weeks: themes keep their ids, weeks can be added twice, late or empty."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from models.deadlines import SHANGHAI
from models.encoders import unit_rows
from models.errors import DataError
from models.theme_report import Theme
from pipeline.report_decisions import action_effects
from pipeline.report_period import Period
from pipeline.store.engine import Store
from pipeline.store.theme_births import rename_if_changed
from pipeline.store.theme_edits import (
    assign,
    close,
    confirm,
    describe,
    merge,
    reject,
    rename,
    reopen,
    split,
    undo,
)
from pipeline.store.theme_effects import theme_effect
from pipeline.store.theme_mentions import export_mentions, list_mentions
from pipeline.store.theme_registry import get_theme, list_events, list_themes, list_weeks
from pipeline.store.theme_week import WeekOutcome, fit_week
from pipeline.theme_life import Status

WEEKS = [f"2026-W{n}" for n in range(40, 48)]
# Much in common within a failing, nothing between them: any clusterer sees three themes.
SPILT = [f"汤洒了{word}" for word in "甲乙丙丁戊己"]
LATE = [f"送餐慢{word}" for word in "甲乙丙丁戊己"]
SCREEN = [f"屏幕碎裂{word}" for word in "甲乙丙丁戊己"]


class BagEncoder:
    """Characters hashed to fixed random directions: like texts lie together."""

    dim = 64

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        return unit_rows(np.stack([self._vector(text) for text in texts]))

    def _vector(self, text: str) -> np.ndarray:
        seeds = [zlib.crc32(char.encode()) for char in text]
        return np.sum([np.random.default_rng(s).normal(size=self.dim) for s in seeds], axis=0)


def scored(week: str, *groups: list[str], tag: str = "") -> pd.DataFrame:
    texts = [text for group in groups for text in group]
    start = Period.of_week(week).start
    return pd.DataFrame(
        {
            "feedback_id": [f"{week}-{tag}{i:05d}" for i in range(len(texts))],
            "text": texts,
            "intent": "complaint",
            "created_at": [start + timedelta(seconds=i) for i in range(len(texts))],
        }
    )


def fit(store: Store, week: str, *groups: list[str], tag: str = "") -> WeekOutcome:
    return fit_week(store, scored(week, *groups, tag=tag), week, BagEncoder())


def id_of(store: Store, text: str, week: str | None = None) -> str | None:
    found = [m for t in list_themes(store) for m in list_mentions(store, t.id, week, limit=10**6)]
    ids = {m.theme_id for m in found if m.text == text}
    assert len(ids) <= 1, (text, ids)
    return ids.pop() if ids else None


def test_themes_keep_their_ids_next_week(store):
    """The oldest wish of all: last week's T0001 is this week's T0001."""
    first = fit(store, WEEKS[0], SPILT, LATE)
    second = fit(store, WEEKS[1], LATE[::-1], SCREEN, SPILT)
    assert first.born == ("T0001", "T0002")
    assert second.continued == first.born
    assert second.born == ("T0003",)
    assert id_of(store, SCREEN[0]) == "T0003"


def test_same_week_twice_changes_nothing(store):
    """A job that is run again, with its rows in another order."""
    fit(store, WEEKS[0], SPILT, LATE)
    rows = scored(WEEKS[1], SPILT, LATE, SCREEN)
    outcome = fit_week(store, rows, WEEKS[1], BagEncoder())
    before = [list_themes(store), list_weeks(store), list_events(store)]
    again = fit_week(store, rows.iloc[::-1], WEEKS[1], BagEncoder())
    assert again.is_unchanged
    assert again.born == outcome.born
    assert [list_themes(store), list_weeks(store), list_events(store)] == before


def test_week_with_more_rows_replaces_itself(store):
    """Rows that came in late: nothing is doubled, ids stay."""
    fit(store, WEEKS[0], SPILT, LATE)
    names = {view.id: view.name for view in list_themes(store)}
    outcome = fit(store, WEEKS[0], SPILT, LATE, SPILT[:1], LATE[:1])
    assert outcome.born == ()
    assert {view.id: (view.name, view.n) for view in list_themes(store)} == {
        id_: (name, 7) for id_, name in names.items()
    }


def test_row_that_moves_to_another_week_counts_once(store):
    """A date put right: the row must not be in both weeks."""
    rows = scored(WEEKS[0], SPILT, LATE)
    fit_week(store, rows, WEEKS[0], BagEncoder())
    later = rows.head(6).assign(created_at=rows.head(6)["created_at"] + timedelta(days=7))
    fit_week(store, later, WEEKS[1], BagEncoder())
    spilt = id_of(store, SPILT[0])
    assert [(w.week, w.n) for w in get_theme(store, spilt).weeks] == [(WEEKS[1], 6)]


def test_late_week_joins_the_known_themes(store):
    """The week before arrives after the week."""
    fit(store, WEEKS[1], SPILT, LATE)
    outcome = fit(store, WEEKS[0], SPILT, LATE)
    assert (outcome.born, len(outcome.continued)) == ((), 2)
    assert {view.born_week for view in list_themes(store)} == {WEEKS[0]}


def test_quiet_week_is_no_error(store):
    """No complaint: the themes stay, with nothing."""
    fit(store, WEEKS[0], SPILT, LATE)
    praise = scored(WEEKS[1], ["很好"]).assign(intent="praise")
    outcome = fit_week(store, praise, WEEKS[1], BagEncoder())
    assert (outcome.n_complaints, outcome.n_mentions) == (0, 0)
    assert [view.n for view in list_themes(store)] == [0, 0]


def test_one_complaint_is_rare_in_an_empty_store(store):
    """One voice is no theme yet."""
    outcome = fit(store, WEEKS[0], ["汤洒了"])
    assert (outcome.born, outcome.n_rare) == ((), 1)


def test_one_complaint_joins_its_known_theme(store):
    """Too few for a cluster, but the words are known."""
    fit(store, WEEKS[0], SPILT, LATE)
    assert fit(store, WEEKS[1], SPILT[2:3]).continued == (id_of(store, SPILT[0]),)


@pytest.mark.parametrize("n", [1_000, pytest.param(50_000, marks=pytest.mark.slow)])
def test_many_copies_are_one_theme(store, n):
    """A campaign: one text, fifty thousand times."""
    outcome = fit(store, WEEKS[0], ["汤洒了"] * n)
    assert (outcome.n_mentions, len(outcome.born)) == (n, 1)


def test_wrong_file_does_not_empty_the_week(store):
    """Rows of another week are a mistake, not a quiet week."""
    fit(store, WEEKS[0], SPILT)
    with pytest.raises(DataError, match="no row was created in 2026-W41.*2026-09-28"):
        fit_week(store, scored(WEEKS[0], SPILT), WEEKS[1], BagEncoder())


def test_naive_moments_are_shanghais(store):
    """The input contract: naive means Asia/Shanghai."""
    monday = datetime(2026, 9, 28, 0, 30)  # still Sunday in UTC
    rows = scored(WEEKS[0], SPILT).assign(created_at=monday)
    assert fit_week(store, rows, WEEKS[0], BagEncoder()).n_complaints == len(SPILT)
    assert Period.of_week(WEEKS[0]).start.tzinfo is SHANGHAI


def test_return_after_silence_is_noted(store):
    """The same id, and the trail says that it was away."""
    fit(store, WEEKS[0], SPILT, LATE)
    for week in WEEKS[1:5]:
        fit(store, week, LATE)
    outcome = fit(store, WEEKS[5], SPILT, LATE)
    assert outcome.returned == (id_of(store, SPILT[0]),)


def test_resolved_theme_that_comes_back_is_regressed(store):
    """The same theme reopens; past weeks still show it resolved."""
    fit(store, WEEKS[0], SPILT, LATE)
    spilt = id_of(store, SPILT[0])
    close(store, spilt, who="甲")
    fit(store, WEEKS[1], LATE)
    outcome = fit(store, WEEKS[2], SPILT, LATE)
    assert outcome.regressed == (spilt,)
    statuses = [get_theme(store, spilt, week).theme.status for week in WEEKS[:3]]
    assert statuses == [Status.RESOLVED, Status.RESOLVED, Status.REGRESSED]


def test_what_else_a_closed_theme_holds_is_no_comeback(store):
    """What is left of it since the closing is where the way back begins."""
    fit(store, WEEKS[0], SPILT * 3, LATE * 3)
    spilt = id_of(store, SPILT[0])
    close(store, spilt, who="甲")
    weeks = [
        fit(store, week, spilt_rows, LATE * 3)
        for week, spilt_rows in zip(
            WEEKS[1:4], (SPILT[:5], SPILT + SPILT[:1], SPILT * 3), strict=True
        )
    ]
    assert [week.regressed for week in weeks] == [(), (), (spilt,)]


def test_theme_that_is_back_counts_from_its_closing(store):
    """Rows before the closing against those since; the comeback's week is no new beginning."""
    fit(store, WEEKS[0], SPILT, LATE)
    spilt = id_of(store, SPILT[0])
    close(store, spilt, who="甲")
    fit(store, WEEKS[1], LATE)
    fit(store, WEEKS[2], SPILT, LATE)
    effect = theme_effect(store, spilt, WEEKS[2])
    assert (effect.before.n, effect.after.n) == (12, 18)
    assert [a.since for a in action_effects(store, list_themes(store), WEEKS[2])] == [WEEKS[0]]


def test_theme_that_people_took_up_again_has_no_effect(store):
    """Nothing was mended: the closing is over."""
    fit(store, WEEKS[0], SPILT, LATE)
    spilt = id_of(store, SPILT[0])
    close(store, spilt, who="甲")
    reopen(store, spilt, who="甲")
    fit(store, WEEKS[1], SPILT, LATE)
    assert theme_effect(store, spilt, WEEKS[1]) is None


def test_name_that_a_person_gave_survives(store):
    """And the machine's name stays as it is too."""
    fit(store, WEEKS[0], SPILT, LATE)
    spilt, late = id_of(store, SPILT[0]), id_of(store, LATE[0])
    rename(store, spilt, "餐品洒漏", who="甲")
    name = get_theme(store, late).theme.name
    fit(store, WEEKS[1], SPILT, LATE)
    fit(store, WEEKS[0], SPILT, LATE, SCREEN)
    assert get_theme(store, spilt).theme.name == "餐品洒漏"
    assert get_theme(store, late).theme.name == name


def test_machines_name_follows_only_what_is_said(store):
    """Other words for one theme: a new name once nobody says the old one; never over a person's."""
    fit(store, WEEKS[0], SPILT, LATE)
    spilt, late = id_of(store, SPILT[0]), id_of(store, LATE[0])
    rename(store, late, "送餐太慢", who="甲")
    cluster = Theme("T1", "屏幕碎裂", ("屏幕",), (), 6, 0.5, "", "", {}, 1)
    with store.begin() as connection:
        assert rename_if_changed(connection, spilt, cluster, SPILT[:1]) is None
        assert rename_if_changed(connection, late, cluster, SCREEN) is None
        assert rename_if_changed(connection, spilt, cluster, SCREEN) == "屏幕碎裂"


def test_merged_themes_stay_merged(store):
    """Mentions like those of the merged theme go to its target, in new weeks and old ones."""
    fit(store, WEEKS[0], SPILT, LATE)
    spilt, late = id_of(store, SPILT[0]), id_of(store, LATE[0])
    merge(store, spilt, late, who="甲")
    outcome = fit(store, WEEKS[1], SPILT, LATE)
    fit(store, WEEKS[0], SPILT, LATE, SPILT[:1])
    assert (outcome.born, outcome.continued) == ((), (late,))
    assert {view.id: view.n for view in list_themes(store)} == {late: 12}


def test_merge_undone_later_parts_what_came_since(store):
    """The machine keeps its own opinion, so undoing after a new week works too."""
    fit(store, WEEKS[0], SPILT, LATE)
    spilt, late = id_of(store, SPILT[0]), id_of(store, LATE[0])
    merge(store, spilt, late, who="甲")
    fit(store, WEEKS[1], SPILT, LATE)
    undo(store, who="甲")
    assert {view.id: view.n for view in list_themes(store)} == {spilt: 6, late: 6}


def test_split_themes_stay_split(store):
    """Like mentions follow the new theme, whatever the clusterer puts together."""
    fit(store, WEEKS[0], SPILT, LATE)
    old = id_of(store, SPILT[0])
    chosen = [m for m in list_mentions(store, old) if m.text in SPILT[:3]]
    places = [(m.feedback_id, m.start, m.end) for m in chosen]
    new = split(store, old, places, "盖子没盖紧", who="甲").created
    fit(store, WEEKS[1], SPILT, LATE)
    fit(store, WEEKS[0], SPILT, LATE, SPILT[:1])
    assert {m.text for m in list_mentions(store, new, WEEKS[1])} == set(SPILT[:3])
    assert {m.text for m in list_mentions(store, new, WEEKS[0])} == set(SPILT[:3])
    assert id_of(store, SPILT[3]) == old


def test_verdicts_on_mentions_survive(store):
    """Assigned, confirmed and rejected mentions stay where people put them."""
    fit(store, WEEKS[0], SPILT, LATE)
    spilt, late = id_of(store, SPILT[0]), id_of(store, LATE[0])
    first, second, third = [(f"{WEEKS[0]}-{i:05d}", 0, len(SPILT[i])) for i in range(3)]
    assign(store, late, [first], who="甲")
    confirm(store, spilt, [second], who="甲")
    reject(store, spilt, [third], who="甲")
    fit(store, WEEKS[0], SPILT, LATE, SCREEN)
    where = {m.feedback_id: m.theme_id for t in (spilt, late) for m in list_mentions(store, t)}
    assert (where[first[0]], where[second[0]], where.get(third[0])) == (late, spilt, None)
    assert third[0] in {m.feedback_id for m in list_mentions(store)}


def test_same_words_follow_a_verdict(store):
    """Put right once, right next week too."""
    fit(store, WEEKS[0], SPILT, LATE)
    late = id_of(store, LATE[0])
    assign(store, late, [(f"{WEEKS[0]}-00002", 0, 4)], who="甲")
    fit(store, WEEKS[1], SPILT, LATE)
    assert SPILT[2] in {m.text for m in list_mentions(store, late, WEEKS[1])}


def test_described_theme_takes_what_is_like_it(store):
    """A theme made of words finds its mentions."""
    created = describe(store, "屏幕问题", ["屏幕碎裂", "屏幕碎裂了"], who="甲").created
    outcome = fit(store, WEEKS[0], SPILT, SCREEN)
    assert outcome.continued == (created,)


def test_another_encoder_keeps_the_ids(store):
    """A retrained model: vectors of before are made anew from the words."""
    fit(store, WEEKS[0], SPILT, LATE)

    class Other(BagEncoder):
        dim = 48

    outcome = fit_week(store, scored(WEEKS[1], SPILT, LATE), WEEKS[1], Other())
    assert (outcome.born, len(outcome.continued)) == ((), 2)


def test_export_names_the_theme_that_stands(store):
    """Merged themes go under their target's id and name."""
    fit(store, WEEKS[0], SPILT, LATE)
    spilt, late = id_of(store, SPILT[0]), id_of(store, LATE[0])
    merge(store, spilt, late, who="甲")
    records = [record for batch in export_mentions(store) for record in batch]
    assert {record["theme_id"] for record in records} == {late}
    assert [*records[0]] == ["feedback_id", "theme_id", "theme_name", "start", "end", "score"]
