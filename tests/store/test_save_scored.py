"""Storing scored rows: each once, masked, and with what people did with it."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
import pyarrow.parquet as pq
import pytest

from models.errors import DataError
from models.results import Evidence
from pipeline.store import aggregates
from pipeline.store.feedback import (
    get,
    get_many,
    mark_answered,
    save_scored,
    save_scored_file,
)
from pipeline.store.search import search
from tests.store.scored_sample import MONDAY, scored_frame, scored_row


def test_row_comes_back_as_it_was(store):
    """The page must show what the model said, to the letter."""
    row = scored_row(
        channel="app",
        region="华东",
        csat=2,
        contact_count=3,
        redactions={"mobile": 1},
        version=None,
    )
    save_scored(store, scored_frame(row))
    found = get(store, "CF0001")
    assert found is not None
    result = found.result
    assert result.text == row["text"]
    assert result.types == ("account", "service")
    assert result.evidence == (Evidence("account", 0, 7),)
    assert result.redactions == {"mobile": 1}
    assert result.respond_due == row["respond_due"]
    assert result.respond_due.isoformat() == "2026-11-21T09:00:00+08:00"
    assert (found.week, found.channel, found.region) == ("2026-W47", "app", "华东")
    assert (found.csat, found.nps, found.contact_count, found.version) == (2.0, None, 3, None)


def test_week_scored_twice_doubles_nothing(store):
    """A job that is run again must not double the week in rows, counts or search."""
    frame = scored_frame(*(scored_row(i, csat=4) for i in range(5)))
    assert save_scored(store, frame).n_new == 5
    again = save_scored(store, frame)
    assert (again.n_new, again.n_again) == (0, 5)
    assert search(store, "退款").n == 5
    (share,) = aggregates.shares(store)
    assert (share.n, share.n_csat, share.csat) == (5, 5, 4.0)


def test_rescored_row_has_new_labels_and_keeps_its_answer(store):
    """A better model changes what is said of a row, not what people did about it."""
    save_scored(store, scored_frame(scored_row()))
    mark_answered(store, ["CF0001"], MONDAY + timedelta(hours=1), "小李")
    new = scored_row(type="service", department="客服部", text="客服一直不回")
    save_scored(store, scored_frame(new))
    found = get(store, "CF0001")
    assert found is not None
    assert (found.result.type, found.answered_by) == ("service", "小李")
    assert found.answered_at == MONDAY + timedelta(hours=1)
    assert [v.key for v in aggregates.volumes(store, ["type"])] == [("service",)]
    assert (search(store, "退款").n, search(store, "客服").n) == (0, 1)


def test_corrected_date_moves_the_row(store):
    """Search by week goes by the row's number, which therefore follows the date."""
    save_scored(store, scored_frame(scored_row()))
    save_scored(store, scored_frame(scored_row(created_at=MONDAY - timedelta(days=7))))
    assert search(store, "退款", week="2026-W47").n == 0
    assert search(store, "退款", week="2026-W46").n == 1
    assert aggregates.weeks(store) == ("2026-W46",)


def test_last_of_two_rows_with_one_id_counts(store):
    """A frame put together by hand may repeat an id."""
    save_scored(store, scored_frame(scored_row(), scored_row(text="第二次")))
    assert [row.result.text for row in get_many(store, ["CF0001"])] == ["第二次"]
    assert aggregates.volumes(store, [])[0].n == 1


def test_text_is_masked_even_if_the_frame_was_not(store):
    """Whatever makes the frame, no telephone number lies in the store."""
    save_scored(store, scored_frame(scored_row(text="打我13812345678，快退款")))
    found = get(store, "CF0001")
    assert found is not None
    assert found.result.text == "打我[手机号]，快退款"
    assert (found.result.evidence, found.result.redactions) == ((), {"mobile": 1})


def test_what_postgres_cannot_hold_is_replaced(store):
    """A NUL must not stop the other rows; offsets stay right."""
    save_scored(store, scored_frame(scored_row(text="退款\0不到账")))
    found = get(store, "CF0001")
    assert found is not None
    assert found.result.text == "退款\ufffd不到账"


def test_parquet_file_gives_the_same_rows_as_the_frame(store, tmp_path):
    """Millions of rows come from the file, never all in memory."""
    import pyarrow as pa

    from models.results import FeedbackResult
    from pipeline.scored import RESULT_SCHEMA, scored_batch

    row = scored_row()
    row["evidence"] = tuple(Evidence(**span) for span in row["evidence"])
    created = row.pop("created_at")
    rows = pa.record_batch({"created_at": pa.array([created], pa.timestamp("us", "Asia/Shanghai"))})
    batch = scored_batch(rows, [FeedbackResult(**row)])
    assert batch.schema.names[: len(RESULT_SCHEMA)] == RESULT_SCHEMA.names
    pq.write_table(pa.Table.from_batches([batch]), tmp_path / "scored.parquet")
    save_scored_file(store, tmp_path / "scored.parquet")
    from_file = get(store, "CF0001")
    save_scored(store, pd.read_parquet(tmp_path / "scored.parquet"))
    assert from_file == get(store, "CF0001")


def test_missing_column_is_named(store):
    """The message says what to make the table with."""
    with pytest.raises(DataError, match="no column urgency; expected what `huiyin score` writes"):
        save_scored(store, scored_frame(scored_row()).drop(columns="urgency"))


def test_bad_cell_is_named_with_its_row(store):
    """One line must be enough to find the cell among millions."""
    with pytest.raises(DataError, match="row 'CF0001', column 'respond_due'"):
        save_scored(store, scored_frame(scored_row(respond_due=pd.NaT)))
