"""Forgetting a row takes its words out of the themes too."""

from __future__ import annotations

from pipeline.store.theme_edits import confirm
from pipeline.store.theme_forget import forget_mentions
from pipeline.store.theme_mentions import list_mentions
from pipeline.store.theme_registry import get_theme
from tests.store.theme_sample import WEEK_1, place, plant


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
