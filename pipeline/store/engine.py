"""Opening the store. Nothing else makes engines.

SQLite runs in WAL mode: readers never wait, and writers wait for one another up to ten seconds.
A writing transaction takes the lock at its start, because one that reads first and asks for it
later is refused at once, whatever the time-out.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from models.errors import StoreError
from pipeline.store.failures import store_errors

BUSY_TIMEOUT_S = 10
_PAUSE_S = 0.02
_WRITES = "huiyin_writes"


class StoreSettings(BaseSettings):
    """Where the store is, from `HUIYIN_*` in the environment.

    Attributes:
        store: SQLAlchemy URL; the default is a file in the working folder.
    """

    model_config = SettingsConfigDict(env_prefix="HUIYIN_", frozen=True)

    store: str = "sqlite:///huiyin.db"


@dataclass(frozen=True, slots=True, eq=False)
class Store:
    """An open store; safe to share between threads, not to be carried over a fork.

    Attributes:
        engine: SQLAlchemy's, for what the modules of this package do.
        url: Where it is, without the password.
    """

    engine: Engine
    url: str

    @property
    def is_postgres(self) -> bool:
        """True for PostgreSQL, False for SQLite."""
        return self.engine.dialect.name == "postgresql"

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Open a writing transaction: all of the block is stored, or nothing.

        Yields:
            The connection.

        Raises:
            StoreError: If the database refuses; StoreBusyError when a repetition may help.
        """
        with store_errors(self.url), self.engine.connect() as connection:
            writer = connection.execution_options(**{_WRITES: True})
            with writer.begin():
                yield writer

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a reading transaction, which waits for no writer and blocks none.

        Yields:
            The connection.

        Raises:
            StoreError: If the database refuses.
        """
        with store_errors(self.url), self.engine.connect() as connection, connection.begin():
            yield connection

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def open_store(url: str | None = None, *, migrate: bool = True) -> Store:
    """Open the store, and make or migrate it where needed.

    Args:
        url: SQLAlchemy URL of a SQLite file or a PostgreSQL database; None reads `HUIYIN_STORE`.
        migrate: False refuses an older store instead of migrating it.

    Returns:
        The store at this version's schema.

    Raises:
        StoreError: If it cannot be reached, is no store, or was written by a newer version.
    """
    from pipeline.store.versions import bring_up_to_date

    parsed = _parse(url or StoreSettings().store)
    name = parsed.render_as_string(hide_password=True)
    store = Store(_make_engine(parsed, name), name)
    try:
        bring_up_to_date(store, migrate=migrate)
    except BaseException:
        store.close()
        raise
    return store


def _parse(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise StoreError(
            "the store's URL cannot be read; expected sqlite:///huiyin.db or "
            "postgresql+psycopg://user@host/database"
        ) from None
    name = parsed.render_as_string(hide_password=True)
    backend = parsed.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return parsed.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise StoreError(f"{name}: expected a SQLite or PostgreSQL URL, got {backend}")
    if not parsed.database or parsed.database == ":memory:":
        raise StoreError(f"{name}: the store needs a file; write sqlite:///huiyin.db")
    return parsed


def _make_engine(url: URL, name: str) -> Engine:
    # Parameters stay out of errors: they are what customers wrote.
    options: dict[str, Any] = {"hide_parameters": True, "json_serializer": _to_json}
    if url.get_backend_name() == "sqlite":
        _make_folder(Path(str(url.database)), name)
        engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, **options)
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    try:
        connect = {"connect_timeout": BUSY_TIMEOUT_S, "options": "-c timezone=UTC"}
        return create_engine(url, pool_pre_ping=True, connect_args=connect, **options)
    except ImportError:
        raise StoreError(
            f"{name}: PostgreSQL's driver is missing; pip install 'huiyin[postgres]'"
        ) from None


def _make_folder(file: Path, name: str) -> None:
    try:
        file.resolve().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{name}: cannot make its folder ({error.strerror})") from error


def _to_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _set_up_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # we begin ourselves; the driver would not before DDL
    _switch_to_wal(connection)
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-65536")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()


def _switch_to_wal(connection: Any) -> None:
    # Once a file: SQLite refuses at once, whatever the time-out, while another process that opens
    # the new file with us does the same.
    give_up = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if not _is_busy(error) or time.monotonic() > give_up:
                raise
            time.sleep(_PAUSE_S)
        else:
            return


def _is_busy(error: sqlite3.OperationalError) -> bool:
    # The low byte is the kind of error; the rest says more of it.
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
