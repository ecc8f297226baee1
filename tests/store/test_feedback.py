"""Marking rows as answered and closed, the inbox, and forgetting."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from pipeline.store import aggregates
from pipeline.store.failures import NoSuchRowError
from pipeline.store.feedback import (
    InboxFilter,
    forget,
    forget_customer,
    get,
    inbox,
    mark_answered,
    mark_closed,
    reopen,
    save_scored,
)
from pipeline.store.search import search
from pipeline.store.theme_tables import mention, theme_week
from tests.store.scored_sample import MONDAY, scored_frame, scored_row
from tests.store.theme_sample import WEEK_3, place, plant

DAY = timedelta(days=1)


def _ids(page):
    return [row.feedback_id for row in page.rows]


def test_inbox_has_the_urgent_first_then_the_earliest_due(store):
    """Whoever works from the top always does the right thing next."""
    save_scored(
        store,
        scored_frame(
            scored_row(1, urgency="low", respond_due=MONDAY + DAY),
            scored_row(2, urgency="high", respond_due=MONDAY + 3 * DAY),
            scored_row(3, urgency="high", respond_due=MONDAY + 2 * DAY),
            scored_row(4, urgency="medium", respond_due=MONDAY + DAY),
            scored_row(5, intent="praise", urgency="low"),
        ),
    )
    page = inbox(store, MONDAY + 2.5 * DAY)
    assert _ids(page) == ["CF0003", "CF0002", "CF0004", "CF0001"]
    assert (page.n_overdue, page.next) == (3, None)


def test_inbox_pages_show_each_row_once(store):
    """Rows due at the same moment must not fall between two pages."""
    save_scored(store, scored_frame(*(scored_row(i) for i in range(7))))
    seen: list[str] = []
    after = None
    while True:
        page = inbox(store, MONDAY, limit=3, after=after)
        seen += _ids(page)
        after = page.next
        if after is None:
            break
    assert sorted(seen) == [f"CF{i:04d}" for i in range(7)]


def test_inbox_can_be_narrowed(store):
    """A department sees its own rows."""
    save_scored(
        store,
        scored_frame(
            scored_row(1, department="技术部"),
            scored_row(2, urgency="high"),
            scored_row(3, created_at=MONDAY - 7 * DAY),
        ),
    )
    assert _ids(inbox(store, MONDAY, where=InboxFilter(department="技术部"))) == ["CF0001"]
    assert _ids(inbox(store, MONDAY, where=InboxFilter(urgency="high"))) == ["CF0002"]
    assert _ids(inbox(store, MONDAY, where=InboxFilter(week="2026-W46"))) == ["CF0003"]
    assert _ids(inbox(store, MONDAY, where=InboxFilter(is_overdue=True))) == ["CF0003"]


def test_answered_row_leaves_the_inbox_and_keeps_its_first_answer(store):
    """Two people who answer at once must not fight over the moment."""
    save_scored(store, scored_frame(scored_row(1), scored_row(2)))
    assert mark_answered(store, ["CF0001"], MONDAY + DAY, "小李") == ("CF0001",)
    assert mark_answered(store, ["CF0001"], MONDAY + 2 * DAY, "小王") == ()
    assert _ids(inbox(store, MONDAY)) == ["CF0002"]
    found = get(store, "CF0001")
    assert found is not None
    assert (found.answered_at, found.answered_by) == (MONDAY + DAY, "小李")


def test_service_level_counts_what_was_in_time(store):
    """Answered a day late is answered, but not within the service level."""
    save_scored(store, scored_frame(scored_row(1), scored_row(2), scored_row(3)))
    mark_answered(store, ["CF0001"], MONDAY + DAY)
    mark_answered(store, ["CF0002"], MONDAY + 6 * DAY)
    mark_closed(store, ["CF0001"], MONDAY + DAY)
    (total,) = aggregates.volumes(store, [])
    assert (total.n, total.n_wanting) == (3, 3)
    assert (total.n_answered, total.n_answered_in_time) == (2, 1)
    assert (total.n_closed, total.n_closed_in_time) == (1, 1)


def test_reopened_row_is_as_before(store):
    """A click on the wrong row can be taken back."""
    save_scored(store, scored_frame(scored_row()))
    before = aggregates.volumes(store, [])
    mark_answered(store, ["CF0001"], MONDAY, "小李")
    mark_closed(store, ["CF0001"], MONDAY, "小李")
    reopen(store, ["CF0001"])
    assert _ids(inbox(store, MONDAY)) == ["CF0001"]
    assert aggregates.volumes(store, []) == before


def test_unknown_row_changes_nothing(store):
    """One wrong id in a list must not leave half of it done."""
    save_scored(store, scored_frame(scored_row()))
    with pytest.raises(NoSuchRowError, match="no feedback 'CF9999'; nothing was changed"):
        mark_answered(store, ["CF0001", "CF9999"], MONDAY)
    assert _ids(inbox(store, MONDAY)) == ["CF0001"]


def test_forgotten_customer_leaves_no_trace(store):
    """The law lets a customer ask for it: words and counts go too."""
    save_scored(
        store,
        scored_frame(scored_row(1, customer_id="a1"), scored_row(2, customer_id="b2")),
    )
    assert forget_customer(store, "a1") == 1
    assert get(store, "CF0001") is None
    assert search(store, "退款").n == 1
    assert aggregates.volumes(store, [])[0].n == 1


def test_forgotten_row_leaves_no_quote_in_a_theme(store):
    """A theme's page must not go on showing the customer's words."""
    id_ = place(0, WEEK_3, 1)[0]
    plant(store, ["退款不到账"], {WEEK_3: [3]})
    save_scored(store, scored_frame(scored_row(feedback_id=id_)))
    assert forget(store, [id_, "CF9999"]) == 1
    with store.read() as connection:
        said = list(connection.execute(select(mention.c.feedback_id)).scalars())
        (week,) = connection.execute(select(theme_week)).all()
    assert id_ not in said
    assert (week.n_rows, len(said)) == (2, 2)
    assert id_ not in str(week.quotes)
