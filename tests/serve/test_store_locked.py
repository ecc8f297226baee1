"""Another program holds SQLite's write lock: rows are scored all the same, writes wait or say so."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from pipeline.store import engine
from pipeline.store.engine import open_store
from pipeline.store.saving import save_scored
from tests.serve.serving import serving
from tests.store.scored_sample import scored_row
from tests.store.theme_sample import WEEK_3, plant

FIELDS = {"type": "service", "urgency": "high"}


@pytest.fixture
def store_file(tmp_path: Path) -> Path:
    """A row of feedback and a theme."""
    file = tmp_path / "store.db"
    store = open_store(f"sqlite:///{file}")
    save_scored(store, pd.DataFrame([scored_row(1)]))
    plant(store, ["一打开就闪退"], {WEEK_3: [3]})
    store.close()
    return file


@contextmanager
def impatient(
    file: Path, timeout_s: float, monkeypatch: pytest.MonkeyPatch
) -> Iterator[TestClient]:
    """Serve with a store, opened already, that waits this long for the lock."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", timeout_s)
    with serving(file.parent, store=f"sqlite:///{file}", review=False) as client:
        assert client.get("/v1/themes").status_code == 200
        yield client


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Hold the write lock, as a long `huiyin score` may."""
    with closing(sqlite3.connect(file, timeout=60, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


def correct(client: TestClient) -> Any:
    """Correct two fields, under a key."""
    body = {"feedback_id": "CF0001", "fields": FIELDS, "who": "张三"}
    return client.post("/v1/corrections", json=body, headers={"Idempotency-Key": "ticket-1"})


def rows_of(file: Path) -> dict[str, int]:
    """Count what a correction and an edit would add to."""
    with closing(sqlite3.connect(file)) as database:
        tables = ("correction", "theme_event", "idempotency")
        return {t: database.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in tables}


def test_a_write_says_so_and_leaves_nothing_behind(
    store_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with Retry-After; the same request, sent again under its key, is then done once."""
    with impatient(store_file, 0.2, monkeypatch) as client:
        before = rows_of(store_file)
        with locked(store_file):
            change = {"version": 1, "name": "启动即崩溃"}
            for response in (correct(client), client.patch("/v1/themes/T0001", json=change)):
                assert response.status_code == 503
                assert response.json()["type"] == "urn:huiyin:problem:store-unavailable"
                assert int(response.headers["retry-after"]) > 0
            assert client.post("/v1/classify", json={"text": "好"}).status_code == 200
            assert client.get("/v1/themes/T0001").json()["theme"]["name"] == "一打开就闪退"
        assert rows_of(store_file) == before
        first, again = correct(client), correct(client)
        assert (first.status_code, again.content) == (201, first.content)
        assert rows_of(store_file)["correction"] == before["correction"] + len(FIELDS)


def test_a_write_that_waits_keeps_no_row_waiting(
    store_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are scored while it waits, and it is done once the lock is free."""
    with impatient(store_file, 60, monkeypatch) as client, ThreadPoolExecutor(1) as pool:
        with locked(store_file):
            writing = pool.submit(correct, client)
            scored = [client.post("/v1/classify", json={"text": "好"}) for _ in range(20)]
            assert not writing.done()
        assert {response.status_code for response in scored} == {200}
        assert writing.result().status_code == 201
