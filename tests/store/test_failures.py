"""A store that is locked, gone or foreign, in one clear line."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError

from models.errors import StoreError
from pipeline.store import engine
from pipeline.store.engine import open_store
from pipeline.store.failures import StoreBusyError, StoreGoneError, explain
from pipeline.store.feedback import get, save_scored
from tests.store.scored_sample import scored_frame, scored_row


def test_writer_that_waits_too_long_is_told_so(tmp_path, monkeypatch):
    """The API answers 503 with Retry-After, not 500."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_S", 0.05)
    store = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with store.begin(), pytest.raises(StoreBusyError, match="another program is writing"):
        save_scored(store, scored_frame(scored_row()))
    store.close()


def test_reader_does_not_wait_for_a_writer(store):
    """The page stays up while a million rows come in."""
    save_scored(store, scored_frame(scored_row()))
    with store.begin() as connection:
        connection.execute(text("UPDATE feedback SET text = 'x'"))
        found = get(store, "CF0001")
    assert found is not None
    assert found.result.text != "x"


def test_writers_at_once_lose_nothing(store):
    """Four workers save the same and other rows; all are there once, and so are the counts."""
    from pipeline.store.aggregates import volumes

    def save(first):
        try:
            save_scored(store, scored_frame(*(scored_row(i) for i in range(first, first + 20))))
        except StoreError as error:  # pragma: no cover - shown by the assertion below
            failed.append(error)

    failed: list[StoreError] = []
    threads = [threading.Thread(target=save, args=(i * 10,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert volumes(store, [])[0].n == 50


def test_failed_block_stores_nothing(store):
    """Half a change is no change."""
    with pytest.raises(RuntimeError), store.begin() as connection:
        connection.execute(text("UPDATE meta SET number = 99"))
        raise RuntimeError
    with store.read() as connection:
        assert connection.execute(text("SELECT number FROM meta")).scalar() == 0


def test_database_that_is_no_database_is_named(tmp_path):
    """A path to the wrong file is a common mistake."""
    file = tmp_path / "scored.csv"
    file.write_text("feedback_id,text\n" * 100)
    with pytest.raises(StoreError, match=r"scored\.csv.*no store of Huiyin's"):
        open_store(f"sqlite:///{file}")


def test_foreign_table_is_refused(tmp_path):
    """Another program's feedback must not be taken for ours."""
    file = tmp_path / "other.db"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE feedback (id)")
    connection.close()
    with pytest.raises(StoreError, match="not Huiyin's; give the store a database of its own"):
        open_store(f"sqlite:///{file}")


def test_server_that_is_not_there_is_named_without_its_password():
    """The message may land in a log."""
    with pytest.raises(StoreGoneError, match="cannot be reached") as caught:
        open_store("postgresql://someone:secret@127.0.0.1:1/huiyin")
    assert "secret" not in str(caught.value)


def test_lost_connections_are_opened_again(kind, store):
    """A database that was restarted needs no restart of ours."""
    if kind == "postgres":
        end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        other = engine.create_engine(store.engine.url)
        get(store, "CF0001")
        with other.connect() as connection:
            connection.execute(text(end))
        other.dispose()
    else:
        store.close()
    assert get(store, "CF0001") is None


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("mysql://host/db", "expected a SQLite or PostgreSQL URL"),
        ("sqlite://", "the store needs a file"),
        ("huiyin.db", "cannot be read; expected sqlite:///"),
    ],
)
def test_url_of_another_kind_is_refused(url, message):
    """Say what to write instead."""
    with pytest.raises(StoreError, match=message):
        open_store(url)


def test_url_comes_from_the_environment(tmp_path, monkeypatch):
    """A deployment sets it once."""
    monkeypatch.setenv("HUIYIN_STORE", f"sqlite:///{tmp_path / 'sub' / 'named.db'}")
    store = open_store()
    assert make_url(store.url).database == str(tmp_path / "sub" / "named.db")
    store.close()


def test_error_does_not_quote_a_row():
    """PostgreSQL's details hold what customers wrote."""
    error = IntegrityError("INSERT …", {}, Exception("duplicate key\nDETAIL: (退款不到账) exists"))
    assert "退款" not in str(explain("sqlite:///x", error))
