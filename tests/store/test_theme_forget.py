"""Forgetting a row takes its words out of the themes too."""

from __future__ import annotations

from sqlalchemy import select

from pipeline.store.feedback import forget
from pipeline.store.metadata import metadata
from pipeline.store.saving import save_scored
from pipeline.store.theme_edits import assign, confirm, describe, rename, split, undo
from pipeline.store.theme_forget import forget_mentions
from pipeline.store.theme_mentions import list_mentions
from pipeline.store.theme_registry import get_theme
from tests.store.scored_sample import scored_frame, scored_row
from tests.store.theme_sample import WEEK_1, WEEK_2, place, plant


def everything(store) -> str:
    """All cells of all tables."""
    with store.read() as connection:
        rows = [row for t in metadata.sorted_tables for row in connection.execute(select(t)).all()]
    return "\n".join(str(tuple(row)) for row in rows)


def test_forgotten_row_is_in_no_count_and_no_quote(store):
    """A customer's right; the theme stays, one row smaller."""
    plant(store, ["汤洒了"], {WEEK_1: [2]})
    where = place(0, WEEK_1, 0)
    confirm(store, "T0001", [where], who="甲")
    with store.begin() as connection:
        assert forget_mentions(connection, [where[0]]) == 1
    view = get_theme(store, "T0001").theme
    assert (view.n, [quote.feedback_id for quote in view.quotes]) == (1, [place(0, WEEK_1, 1)[0]])
    assert list_mentions(store, feedback_id=where[0]) == []


def test_forgotten_words_stand_nowhere(store):
    """Not in a name, a keyword, a quote, a count of phrases, a verdict or the trail."""
    plant(store, ["汤洒了", "送餐慢"], {WEEK_1: [3, 3], WEEK_2: [3, 3]})
    ids = [place(0, week, i)[0] for week in (WEEK_1, WEEK_2) for i in range(3)]
    save_scored(store, scored_frame(*(scored_row(feedback_id=i, text="汤洒了一地") for i in ids)))
    confirm(store, "T0001", [place(0, WEEK_1, 0)], who="甲")
    assign(store, "T0002", [place(0, WEEK_1, 1)], who="甲")
    split(store, "T0001", [place(0, WEEK_2, 2)], "盖子没盖紧", who="甲")
    assert "汤洒" in everything(store)
    assert forget(store, ids) == len(ids)
    assert "汤洒" not in everything(store)
    assert not any(id_ in everything(store) for id_ in ids)
    assert get_theme(store, "T0002").theme.name == "送餐慢"


def test_undoing_a_renaming_does_not_bring_forgotten_words_back(store):
    """The machine had named the theme after them."""
    plant(store, ["汤洒了"], {WEEK_1: [3]})
    rename(store, "T0001", "包装问题", who="甲")
    with store.begin() as connection:
        forget_mentions(connection, [place(0, WEEK_1, i)[0] for i in range(3)])
    undo(store, who="甲")
    assert "汤洒" not in everything(store)


def test_name_that_others_said_too_stays(store):
    """And so does what a person wrote: it is no customer's."""
    plant(store, ["汤洒了"], {WEEK_1: [6]})
    created = describe(store, "餐品洒漏", ["汤洒了"], who="甲").created
    with store.begin() as connection:
        forget_mentions(connection, [place(0, WEEK_1, 0)[0]])
    assert get_theme(store, "T0001").theme.name == "汤洒了"
    assert get_theme(store, created).theme.name == "餐品洒漏"
