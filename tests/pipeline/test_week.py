"""The weekly run: safe to run twice, and to be killed anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from models.deadlines import SHANGHAI
from models.errors import DataError
from pipeline.report_period import Period
from pipeline.store.engine import open_store
from pipeline.store.outbox import count_messages
from pipeline.store.period_sums import sum_up
from pipeline.store.theme_registry import list_events, list_themes
from pipeline.week import WeekJob, run_week, week_just_over
from tests.parts import write_parts

WEEK = Period.of_week("2026-W47")
TEXTS = ("笔记本散热太差,烫手", "快递太慢,等了五天", "客服一直不回消息", "很满意,下次再来")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty rows of the week, as an intake system exports them."""
    path = tmp_path_factory.mktemp("input") / "feedback.csv"
    rows = [
        {
            "text": f"{TEXTS[i % 4]},第{i}次说了",
            "created_at": f"2026-11-{16 + i % 7} 1{i % 10}:00",
            "region": "华东" if i % 3 else "华南",
            "csat": 1 + i % 5,
        }
        for i in range(40)
    ]
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


@pytest.fixture
def job(source: Path, tmp_path: Path, tiny_model: Path) -> WeekJob:
    """A run into an empty store, with notification."""
    return WeekJob(
        period=WEEK,
        output=tmp_path / "reports",
        store=f"sqlite:///{tmp_path / 'store.db'}",
        source=source,
        model=tiny_model,
        is_notified=True,
    )


def state(job: WeekJob) -> dict[str, object]:
    """All that a run may leave: rows, themes, messages, files."""
    store = open_store(job.store)
    files = sorted(job.output.glob("report-*")) + sorted(job.output.glob("digest-*"))
    found = {
        "rows": sum_up(store, WEEK.start, WEEK.end).n,
        "themes": [(view.id, view.name, view.n) for view in list_themes(store)],
        "events": len(list_events(store)),
        "messages": count_messages(store),
        "files": {path.name: path.read_bytes() for path in files},
    }
    store.close()
    return found


def test_a_run_leaves_rows_themes_report_and_digest(job):
    """Everything for Monday's meeting from one command."""
    done = run_week(job)
    left = state(job)
    assert left["rows"] == 40
    assert left["messages"] == {"waiting": 1}
    assert done.is_queued
    assert [line[:2] for line in done.digest] == ["1.", "2.", "3.", "4.", "5."]
    assert done.digest[0].startswith("1. 反馈 40 条")
    assert set(left["files"]) == {
        *(f"report-2026-W47.{kind}" for kind in ("html", "xlsx", "json")),
        "digest-2026-W47.txt",
    }


def test_second_run_changes_nothing(job):
    """Cron and a person may both start it."""
    run_week(job)
    before, told = state(job), []
    done = run_week(job, told.append)
    assert state(job) == before
    assert not done.is_queued
    assert any("已评过" in line for line in told)
    assert any("已入过" in line for line in told)
    assert any("无变化" in line for line in told)


@pytest.mark.parametrize("step", ["评分", "入库", "主题", "报告"])
def test_run_goes_on_after_a_break(job, step):
    """Whatever was done when the power went, the next run ends where an unbroken one does."""
    with pytest.raises(KeyboardInterrupt):
        run_week(job, breaking_at(step))
    run_week(job)
    broken = state(job)
    assert broken["rows"] == 40
    assert broken["messages"] == {"waiting": 1}
    run_week(job)
    assert state(job) == broken


def breaking_at(step: str) -> Callable[[str], None]:
    """Break off once a step has told that it is done."""

    def tell(line: str) -> None:
        if line.startswith(step):
            raise KeyboardInterrupt

    return tell


def test_new_store_gets_the_rows_although_the_step_was_done(job, tmp_path):
    """The list of steps is a help, not the truth: the store may have been replaced."""
    run_week(job)
    (tmp_path / "store.db").unlink()
    run_week(job)
    assert state(job)["rows"] == 40


def test_changed_input_is_scored_again(job, source, tmp_path):
    """A late row belongs to the week too."""
    run_week(job)
    more = tmp_path / "more.csv"
    frame = pd.read_csv(source)
    late = frame.iloc[:1].assign(text="屏幕有坏点,要求换货")
    pd.concat([frame, late]).to_csv(more, index=False)
    again = WeekJob(WEEK, job.output, job.store, more, model=job.model, is_notified=True)
    assert not run_week(again).is_queued
    assert state(again)["rows"] == 41


def test_scored_file_and_store_alone_do_as_well(job):
    """Rows may be scored elsewhere, or come in over the API."""
    run_week(job)
    scored = job.output / "scored-2026-W47.parquet"
    before = state(job)
    run_week(WeekJob(WEEK, job.output, job.store, scored=scored, model=job.model))
    run_week(WeekJob(WEEK, job.output, job.store, model=job.model))
    assert state(job) == before


def test_a_folder_of_parts_does_as_well(job, tmp_path):
    """So a week is scored by Spark, or by many processes."""
    run_week(job)
    run = write_parts(tmp_path / "run", pq.read_table(job.output / "scored-2026-W47.parquet"), 15)
    other = f"sqlite:///{tmp_path}/other.db"
    again = WeekJob(WEEK, tmp_path / "other", other, scored=run, model=job.model)
    run_week(again)
    assert state(again)["rows"] == 40


def test_week_without_rows_is_an_error_that_helps(job):
    """A wrong week must not send an empty digest."""
    empty = WeekJob(Period.of_week("2026-W30"), job.output, job.store, model=job.model)
    with pytest.raises(DataError, match="--week"):
        run_week(empty)


def test_steps_that_cannot_be_read_are_done_again(job):
    """A torn file costs time, never rows."""
    run_week(job)
    before = state(job)
    (job.output / "week-2026-W47.json").write_text("{", encoding="utf-8")
    run_week(job)
    assert state(job) == before
    steps = json.loads((job.output / "week-2026-W47.json").read_text(encoding="utf-8"))
    assert steps["score"]["done"]


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (datetime(2026, 11, 23, 0, 0, tzinfo=SHANGHAI), "2026-W47"),
        (datetime(2026, 11, 22, 23, 59, tzinfo=SHANGHAI), "2026-W46"),
        (datetime(2026, 11, 22, 16, 0, tzinfo=UTC), "2026-W47"),
        (datetime(2027, 1, 4, 6, 0, tzinfo=SHANGHAI), "2026-W53"),
    ],
)
def test_default_week_is_the_one_just_over_in_shanghai(now, week):
    """Cron's machine may run in UTC, and Monday there begins eight hours later."""
    assert week_just_over(now).key == week
