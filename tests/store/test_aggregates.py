"""What the page counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.store.aggregates import backlog, shares, volumes, weeks
from pipeline.store.feedback import mark_answered, save_scored
from tests.store.scored_sample import MONDAY, scored_frame, scored_row

DAY = timedelta(days=1)


def test_volume_by_type_and_week(store):
    """The page's first chart."""
    save_scored(
        store,
        scored_frame(
            scored_row(1, type="quality", needs_review=True),
            scored_row(2, type="quality"),
            scored_row(3, created_at=MONDAY - 7 * DAY),
            scored_row(4, created_at=MONDAY + 7 * DAY),
        ),
    )
    found = {v.key: (v.n, v.n_review) for v in volumes(store, first_week="2026-W47")}
    assert found == {("2026-W47", "quality"): (2, 1), ("2026-W48", "account"): (1, 0)}
    assert weeks(store) == ("2026-W46", "2026-W47", "2026-W48")


def test_week_begins_on_monday_in_shanghai(store):
    """Sunday 23:59 and Monday 00:00 in Shanghai both lie on a Sunday in UTC."""
    midnight = MONDAY.replace(hour=0)
    save_scored(
        store,
        scored_frame(
            scored_row(1, created_at=midnight),
            scored_row(2, created_at=midnight - timedelta(minutes=1)),
        ),
    )
    assert weeks(store) == ("2026-W46", "2026-W47")


def test_satisfaction_by_region(store):
    """Means come with how many answered, or nobody can judge them."""
    save_scored(
        store,
        scored_frame(
            scored_row(1, region="华东", csat=5, nps=10, ces=2),
            scored_row(2, region="华东", csat=2, nps=3, ces=None),
            scored_row(3, region=None, csat=None, nps=9, ces=None),
        ),
    )
    by_region = {share.value: share for share in shares(store, "region")}
    east, unknown = by_region["华东"], by_region[""]
    assert (east.n, east.n_csat, east.csat, east.csat_satisfied) == (2, 2, 3.5, 0.5)
    assert (east.n_nps, east.nps, east.n_ces, east.ces) == (2, 0.0, 1, 2.0)
    assert (unknown.n_csat, unknown.csat, unknown.nps, unknown.ces) == (0, None, 100.0, None)


def test_backlog_counts_open_overdue_and_due_soon(store):
    """The four numbers at the top of the page."""
    save_scored(
        store,
        scored_frame(
            scored_row(1, urgency="high", respond_due=MONDAY - DAY),
            scored_row(2, urgency="high", respond_due=MONDAY + DAY),
            scored_row(3, urgency="high", respond_due=MONDAY - DAY),
            scored_row(4, urgency="low", respond_due=MONDAY + 9 * DAY),
        ),
    )
    mark_answered(store, ["CF0003"], MONDAY)
    high, medium, low = backlog(store, MONDAY, soon=MONDAY + 2 * DAY)
    assert (high.n_open, high.n_overdue, high.n_due_soon) == (2, 1, 1)
    assert high.oldest_due == MONDAY - DAY
    assert (medium.n_open, medium.oldest_due) == (0, None)
    assert (low.n_open, low.n_overdue, low.n_due_soon) == (1, 0, 0)
    assert backlog(store, MONDAY, department="技术部")[0].n_open == 0


def test_unknown_dimension_is_refused(store):
    """A column name never comes from outside into SQL."""
    with pytest.raises(ValueError, match="expected columns of week"):
        volumes(store, ["text"])
    with pytest.raises(ValueError, match="expected one of all, channel"):
        shares(store, "text")
