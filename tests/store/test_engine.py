"""Opening, migrating and refusing a store."""

from __future__ import annotations

import sqlite3
import threading

import pytest
from sqlalchemy import create_engine, text

from models.errors import StoreError
from pipeline.store import tables, theme_tables  # noqa: F401 - fill the metadata
from pipeline.store.engine import open_store
from pipeline.store.metadata import metadata
from pipeline.store.versions import known_versions, script_directory, upgrade


def test_store_is_made_and_opened_again(store_url):
    """The first command a user gives needs no set-up step."""
    open_store(store_url).close()
    store = open_store(store_url, migrate=False)
    with store.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM feedback")).scalar() == 0
    store.close()


def test_migrations_make_the_tables_of_the_code(store):
    """A column in the code that no migration makes would fail at the user's, not here."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    def is_ours(thing, name, kind, reflected, other):
        return not (kind == "table" and name.startswith(("feedback_search", "huiyin_version")))

    options = {"compare_type": False, "include_object": is_ours}
    with store.read() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_newer_store_is_refused(store):
    """An old program must not write into tables that it does not know."""
    with store.begin() as connection:
        connection.execute(text("UPDATE huiyin_version SET version_num = '9999'"))
    url = store.engine.url.render_as_string(hide_password=False)
    with pytest.raises(StoreError, match="9999.*newer version: update Huiyin"):
        open_store(url)


def test_older_store_is_refused_without_migrating(store_url):
    """A reader without rights gets told, not an SQL error."""
    with pytest.raises(StoreError, match=f"schema none, this Huiyin needs {known_versions()[-1]}"):
        open_store(store_url, migrate=False)


def test_versions_of_files_and_of_alembic_agree():
    """The cheap look at file names must see what Alembic sees."""
    assert known_versions()[-1] == script_directory().get_current_head()


def test_older_store_is_migrated_with_its_rows(store_url):
    """An update must never ask anybody to score again."""
    engine = create_engine(store_url)
    with engine.begin() as connection:
        upgrade(connection, "0001")
        connection.execute(text("UPDATE meta SET number = 7"))
    engine.dispose()
    store = open_store(store_url)
    with store.read() as connection:
        found = connection.execute(text("SELECT number FROM meta WHERE key = 'next_row'"))
        assert found.scalar() == 7
        version = connection.execute(text("SELECT version_num FROM huiyin_version"))
        assert version.scalar() == known_versions()[-1]
    store.close()


def test_store_opened_by_many_at_once_is_made_once(store_url):
    """Four API workers start together on an empty database."""

    def open_it():
        try:
            opened.append(open_store(store_url))
        except StoreError as error:
            failed.append(error)

    opened, failed = [], []
    threads = [threading.Thread(target=open_it) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in opened:
        store.close()
    assert failed == []
    assert len(opened) == 4


def test_new_file_that_another_program_is_writing_is_waited_for(tmp_path):
    """SQLite refuses the change to WAL at once then, whatever the time-out."""
    path = tmp_path / "store.db"
    writer = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, writer.execute, ["COMMIT"])
    release.start()
    open_store(f"sqlite:///{path}").close()
    release.join()
    writer.close()
