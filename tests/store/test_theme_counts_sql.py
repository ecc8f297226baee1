"""What the database counts for a theme's page is what the rows themselves give."""

from __future__ import annotations

import pandas as pd
import pytest
from sqlalchemy import event, insert, select

from pipeline.store.saving import save_scored
from pipeline.store.tables import feedback
from pipeline.store.theme_counts import refresh_members
from pipeline.store.theme_edits import merge
from pipeline.store.theme_pairs import read_pairs
from pipeline.store.theme_places import count_complaints, read_places
from pipeline.store.theme_registry import list_themes
from pipeline.store.theme_rows import lock
from pipeline.store.theme_tables import mention, theme
from pipeline.theme_breakdown import DIMENSIONS, break_down, co_occurring
from serve.review.map_reading import _phrases
from serve.review.theme_reading import read_phrases
from tests.store.scored_sample import MONDAY, scored_frame, scored_row
from tests.store.theme_sample import WEEK_2, WEEK_3, place, plant

NAMES = ["汤洒了", "送餐慢", "屏幕碎了"]
N_BOTH = 9


@pytest.fixture(autouse=True)
def planted(store):
    """Three themes; nine rows of the first mention the second too, the saved ones unevenly."""
    plant(store, NAMES, {WEEK_2: [0, 0, 4], WEEK_3: [12, 10, 2]})
    mentions = [
        {**row, "start": 5, "end": 9, "theme_id": "T0002", "auto_theme_id": "T0002"}
        for row in _rows(store, mention)
        if row["theme_id"] == "T0001"
    ][:N_BOTH]
    with store.begin() as connection:
        lock(connection)
        connection.execute(insert(mention), mentions)
        refresh_members(connection, ["T0002"])
    rows = [_scored(place(n, WEEK_3, i)[0], i) for n in (0, 1) for i in range(10)]
    rows += [_scored(f"other-{i}", i) for i in range(30)]
    rows.append(_scored("praised", 1) | {"intent": "praise"})
    save_scored(store, scored_frame(*rows))


def _scored(feedback_id, i):
    where = {"product": ["外卖", "到店", None][i % 3], "region": "北京" if i < 4 else "上海"}
    return scored_row(feedback_id=feedback_id, created_at=MONDAY, **where)


def _rows(store, table):
    with store.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def _members(store):
    roots = {row["id"]: row["root_id"] for row in _rows(store, theme)}
    found: dict[str, set[str]] = {}
    for row in _rows(store, mention):
        found.setdefault(roots[row["theme_id"]], set()).add(row["feedback_id"])
    return found


def _pairs(store):
    members = _members(store)
    with store.read() as connection:
        return {root: read_pairs(connection, root, [WEEK_2, WEEK_3], 60) for root in members}


def test_segments_are_those_of_the_rows(store):
    """Missing products, praise and rows that were not saved count in neither."""
    complaints = [row for row in _rows(store, feedback) if row["intent"] == "complaint"]
    frame, members = pd.DataFrame(complaints), _members(store)
    with store.read() as connection:
        found = read_places(connection, list(members), [WEEK_3])
        assert count_complaints(connection, [WEEK_3]) == len(frame)
    expected = {id_: break_down(frame, members[id_], DIMENSIONS) for id_ in ("T0001", "T0002")}
    assert found == expected  # the third theme has no row that was saved


def test_pairs_are_those_of_the_rows_and_follow_edits(store):
    """What was kept for the last page does not outlive a merge."""
    expected = co_occurring(_members(store), 60)
    assert [(pair.first, pair.second, pair.n) for pair in expected] == [("T0001", "T0002", N_BOTH)]
    assert {id_: list(pairs) for id_, pairs in _pairs(store).items()} == {
        "T0001": expected,
        "T0002": expected,
        "T0003": [],
    }
    merge(store, "T0001", "T0002", who="甲")
    assert _pairs(store) == {"T0002": (), "T0003": ()}


def test_phrases_come_with_their_words_and_counts(store):
    """Of all weeks, of one, and of the map."""
    assert [(p.key, p.text, p.n) for p in read_phrases(store, ["T0003"])] == [
        ("屏幕碎了0", "屏幕碎了0", 3),
        ("屏幕碎了1", "屏幕碎了1", 2),
        ("屏幕碎了2", "屏幕碎了2", 1),
    ]
    assert [p.n for p in read_phrases(store, ["T0003"], WEEK_2)] == [2, 1, 1]
    assert _phrases(store, WEEK_3, ["T0003"]) == [
        ("T0003", "屏幕碎了0", "屏幕碎了0", 1),
        ("T0003", "屏幕碎了1", "屏幕碎了1", 1),
    ]


def test_quiet_theme_keeps_the_quotes_of_its_last_week(store):
    """A theme that nobody mentions this week still shows what it is about."""
    with store.begin() as connection:
        connection.execute(mention.delete().where(mention.c.feedback_id.like("CF47-2-%")))
        refresh_members(connection, ["T0003"])
    found = {view.id: view for view in list_themes(store)}["T0003"]
    assert (found.n, found.quotes[0].feedback_id[:4]) == (0, "CF46")


def test_a_page_of_a_theme_reads_no_text_to_count(store):
    """Every count of mentions comes from an index alone, however long the clauses are."""
    if store.is_postgres:
        return  # its planner chooses by the number of rows; the indexes are the same
    asked: list[tuple[str, object]] = []

    def note(_, __, statement, parameters, *rest):
        asked.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    with store.read() as connection:
        read_pairs(connection, "T0001", [WEEK_2, WEEK_3], 61)
    event.remove(store.engine, "before_cursor_execute", note)
    with store.read() as connection:
        plans = [
            line[3]
            for statement, parameters in asked
            if "mention" in statement
            for line in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    mentions = [line for line in plans if "mention" in line]
    assert mentions
    assert [line for line in mentions if "COVERING INDEX" not in line] == []
