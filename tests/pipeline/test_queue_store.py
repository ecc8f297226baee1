"""The queue over the real store, on SQLite."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from models.errors import DataError
from pipeline.judgements import Judgement, Labels
from pipeline.queue_store import (
    read_candidates,
    read_conflicts,
    read_corrections,
    write_corrections,
)
from pipeline.store.engine import open_store
from pipeline.store.feedback import save_scored
from tests.store.scored_sample import scored_row

OLD = "complaint|account;service|payment|medium"
NEW = Labels("complaint", ("service",), "delay", "medium", "客服不回复")


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store with three rows."""
    url = f"sqlite:///{tmp_path}/store.db"
    rows = [scored_row(i, f"第{i}条反馈", confidence=0.2 * i) for i in (1, 2, 3)]
    store = open_store(url)
    save_scored(store, pd.DataFrame(rows))
    store.close()
    return url


def judgement(who: str, new: Labels, feedback_id: str = "CF0001") -> Judgement:
    """What somebody said."""
    return Judgement(feedback_id, "第1条反馈", "", new, OLD, "m", who, "2026-11-23T09:00:00+08:00")


def test_the_least_sure_rows_are_candidates(url: str) -> None:
    """In the form in which the queue reads a file."""
    rows = read_candidates(url)
    assert list(rows["feedback_id"]) == ["CF0001", "CF0002", "CF0003"]
    assert rows["types"][0] == ("account", "service")


def test_a_correction_becomes_a_training_row(url: str) -> None:
    """And its row is not asked again."""
    assert write_corrections(url, [judgement("李雷", NEW)]) == 0
    rows = read_corrections(url).to_dict("records")
    assert [(r["id"], r["type"], r["subtype"], r["cause"]) for r in rows] == [
        ("store-CF0001", "service", "delay", "客服不回复")
    ]
    assert "CF0001" not in set(read_candidates(url)["feedback_id"])


def test_two_people_who_differ_send_it_back(url: str) -> None:
    """Both opinions come along."""
    other = Labels("complaint", ("account",), "payment", "high")
    write_corrections(url, [judgement("李雷", NEW)])
    assert write_corrections(url, [judgement("韩梅梅", other)]) == 1
    (said,) = read_conflicts(url)
    assert {j.who for j in said} == {"李雷", "韩梅梅"}
    assert read_corrections(url).empty


def test_rows_of_another_store_are_refused(url: str) -> None:
    """Nothing is written by halves."""
    with pytest.raises(DataError, match="1 rows are not in this store, such as CF9"):
        write_corrections(url, [judgement("李雷", NEW), judgement("李雷", NEW, "CF9")])
    assert read_corrections(url).empty
