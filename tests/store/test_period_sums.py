"""Sums over days, rows as a frame, and several edits as one."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from models.deadlines import SHANGHAI
from pipeline.report_period import Period
from pipeline.store import theme_edits
from pipeline.store.joined import joined
from pipeline.store.period_rows import read_rows
from pipeline.store.period_sums import promises, repeat_share, sum_up
from pipeline.store.saving import save_scored
from pipeline.store.theme_registry import list_themes
from tests.store.scored_sample import MONDAY, scored_frame, scored_row
from tests.store.theme_sample import WEEK_1, plant

WEEK = Period.of_week("2026-W47")


def save(store, *rows):
    save_scored(store, scored_frame(*rows))


def test_rows_of_a_week_are_those_of_its_days(store):
    """From Monday's first second, before the next one's; moments in Shanghai's time."""
    last = WEEK.end - timedelta(seconds=1)
    save(
        store,
        scored_row(1, created_at=WEEK.start, csat=2.0),
        scored_row(2, created_at=last),
        scored_row(3, created_at=WEEK.end),
        scored_row(4, created_at=WEEK.start - timedelta(seconds=1)),
    )
    frame = read_rows(store, WEEK.start, WEEK.end)
    assert list(frame["feedback_id"]) == ["CF0001", "CF0002"]
    assert frame["created_at"].iloc[0].to_pydatetime() == WEEK.start
    assert frame["evidence"].iloc[0] == [{"label": "account", "start": 0, "end": 7}]


def test_older_rows_come_along_while_they_wait(store):
    """An overdue row of last month belongs into this week's list, an answered one does not."""
    old = MONDAY - timedelta(days=30)
    save(
        store,
        scored_row(1, created_at=old),
        scored_row(2, created_at=old, answered_at=old + timedelta(days=1)),
        scored_row(3, created_at=old, intent="praise"),
    )
    found = read_rows(store, WEEK.start, WEEK.end, with_open_before=True)
    assert list(found["feedback_id"]) == ["CF0001"]


def test_sums(store):
    """Counts, satisfied customers and promoters."""
    save(
        store,
        scored_row(1, csat=5.0, nps=10.0, urgency="high"),
        scored_row(2, csat=2.0, nps=3.0, intent="inquiry"),
        scored_row(3, nps=8.0),
    )
    sums = sum_up(store, WEEK.start, WEEK.end)
    assert (sums.n, sums.n_complaints, sums.n_urgent) == (3, 2, 1)
    assert (sums.satisfied.value, sums.satisfied.n) == (0.5, 2)
    assert sums.nps.value == 0.0


def test_promises_count_what_fell_due(store):
    """In time, late and never; praise wants no answer, and what is due later does not count yet."""
    due = {"respond_due": MONDAY + timedelta(days=2), "resolve_due": MONDAY + timedelta(days=3)}
    save(
        store,
        scored_row(1, **due, answered_at=MONDAY + timedelta(days=1)),
        scored_row(2, **due, answered_at=MONDAY + timedelta(days=4)),
        scored_row(3, **due),
        scored_row(4, **due, intent="praise"),
        scored_row(5, respond_due=WEEK.end, resolve_due=WEEK.end),
    )
    respond, resolve = promises(store, WEEK.start, WEEK.end)
    assert (respond.in_time.n, respond.in_time.value, respond.is_known) == (3, 1 / 3, True)
    assert (resolve.in_time.n, resolve.is_known) == (3, False)


def test_repeated_complaints(store):
    """The same customer and type within 30 days, or a counted contact; unknown customers are out."""
    save(
        store,
        scored_row(1, created_at=MONDAY - timedelta(days=20), customer_id="a"),
        scored_row(2, customer_id="a"),
        scored_row(3, customer_id="a", type="quality"),
        scored_row(4, created_at=MONDAY - timedelta(days=40), customer_id="b"),
        scored_row(5, customer_id="b"),
        scored_row(6, contact_count=3),
        scored_row(7),
    )
    found = repeat_share(store, WEEK.start, WEEK.end)
    assert (found.n, found.value) == (4, 0.5)


def test_joined_edits_are_stored_together_or_not_at_all(store):
    """The second edit fails, so the first never was; later edits see earlier ones."""
    plant(store, ["汤洒了", "送餐慢"], {WEEK_1: [6, 5]})

    def rename_both(first: str, second: str) -> None:
        with joined(store) as one:
            theme_edits.rename(one, "T0001", first, who="甲")
            theme_edits.rename(one, "T0002", second, who="甲")

    with pytest.raises(Exception, match="已被 T0001 使用"):
        rename_both("汤汁洒漏", "汤汁洒漏")
    assert {view.name for view in list_themes(store)} == {"汤洒了", "送餐慢"}
    rename_both("汤汁洒漏", "骑手太慢")
    assert {view.name for view in list_themes(store)} == {"汤汁洒漏", "骑手太慢"}


def test_a_moment_of_another_zone_is_the_same_moment(store):
    """Cron's machine may run in UTC."""
    save(store, scored_row(1))
    start = WEEK.start.astimezone(datetime.now().astimezone().tzinfo)
    assert sum_up(store, start, WEEK.end.astimezone(SHANGHAI)).n == 1
