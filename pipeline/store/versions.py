"""Which schema a store has, and how it comes to have this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from models.errors import StoreError

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from pipeline.store.engine import Store

# Not Alembic's own name: MLflow may keep its tables in the same database.
VERSION_TABLE = "huiyin_version"
_LOCK = 7_407_116  # any number that no other program locks


def bring_up_to_date(store: Store, *, migrate: bool) -> None:
    """Make or migrate the tables; does nothing where they are as this version wants them.

    Args:
        store: The store, just opened.
        migrate: False refuses instead of changing anything.

    Raises:
        StoreError: If the store is newer than this program, or older and may not be migrated.
    """
    # The common case stays cheap: Alembic takes 0.2 s to import.
    with store.read() as connection:
        found = _read_version(connection)
    newest = known_versions()[-1]
    if found == newest:
        return
    _check(store, found)
    if not migrate:
        raise StoreError(
            f"{store.url}: the store has schema {found or 'none'}, this Huiyin needs {newest}; "
            "open it once with the right to change it"
        )
    with store.begin() as connection:
        if store.is_postgres:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        _check(store, _read_version(connection))  # another process may have been faster
        upgrade(connection)


def known_versions() -> list[str]:
    """List the schema versions that this program knows.

    Returns:
        Revision ids, the oldest first; each is the number its file's name starts with.
    """
    files = (Path(__file__).parent / "migrations" / "versions").glob("v[0-9]*.py")
    return sorted(file.stem[1:5] for file in files)


def script_directory() -> ScriptDirectory:
    """Load the migrations.

    Returns:
        Alembic's view of them.
    """
    from alembic.script import ScriptDirectory

    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.set_main_option("path_separator", "os")
    return config


def _read_version(connection: Connection) -> str | None:
    tables = inspect(connection)
    if tables.has_table(VERSION_TABLE):
        found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608
        version: str | None = found.scalar()
        return version
    if tables.has_table("feedback"):
        raise StoreError(
            f"{connection.engine.url.render_as_string(hide_password=True)}: this database has a "
            "table `feedback` that is not Huiyin's; give the store a database of its own"
        )
    return None


def _check(store: Store, found: str | None) -> None:
    known = known_versions()
    if found is not None and found not in known:
        raise StoreError(
            f"{store.url}: the store has schema {found}, this Huiyin knows up to {known[-1]}; "
            "it was written by a newer version: update Huiyin"
        )


def upgrade(connection: Connection, version: str = "head") -> None:
    """Run the migrations.

    Args:
        connection: A writing transaction.
        version: Where to stop; tests make an older store with it.
    """
    import logging

    from alembic import command

    logging.getLogger("alembic").setLevel(logging.WARNING)
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, version)
