"""Why a theme is there and whether an action helped, from saved feedback."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.store.saving import save_scored
from pipeline.store.theme_edits import set_action
from pipeline.store.theme_facts import theme_facts
from pipeline.store.theme_views import as_record
from pipeline.theme_effect import Verdict
from tests.store.scored_sample import MONDAY, scored_frame, scored_row
from tests.store.theme_sample import WEEK_1, WEEK_3, place, plant

WEEKS_BACK = {WEEK_1: 2, WEEK_3: 0}


@pytest.fixture(autouse=True)
def saved(store):
    """Twelve rows of a theme before an action, one after; other complaints besides."""
    sizes = {WEEK_1: 12, WEEK_3: 1}
    plant(store, ["汤洒了"], {week: [n] for week, n in sizes.items()})
    rows = []
    for week, n in sizes.items():
        created = MONDAY - timedelta(weeks=WEEKS_BACK[week])
        rows += [_row(place(0, week, i)[0], created, "外卖", f"{week}-{i}") for i in range(n)]
        rows += [_row(f"{week}-other-{i}", created, "到店", f"x{i}") for i in range(40)]
    save_scored(store, scored_frame(*rows))


def _row(feedback_id, created, product, customer):
    return scored_row(
        feedback_id=feedback_id,
        text="汤洒了一半",
        created_at=created,
        product=product,
        customer_id=customer,
        evidence=[{"label": "account", "start": 0, "end": 5}],
    )


def test_segment_effect_and_suggestion_are_worked_out(store):
    """All from the tables, no text read but the evidence."""
    set_action(store, "T0001", who="甲", action_on=(MONDAY - timedelta(days=3)).date())
    facts = theme_facts(store, "T0001")
    assert [(s.value, s.is_notable) for s in facts.segments if s.dimension == "product"] == [
        ("外卖", True),
        ("到店", False),
    ]
    assert facts.effect.verdict == Verdict.WORKS
    assert (facts.effect.repeat.n, facts.effect.repeat.value) == (12, 0.0)
    assert facts.suggestion.department == "财务部"
    assert facts.suggestion.words == ("汤洒",)
    assert as_record(facts)["effect"]["verdict"] == "有效"


def test_without_an_action_there_is_no_effect(store):
    """Nothing was done, so nothing can have helped."""
    assert theme_facts(store, "T0001").effect is None
