"""Every test of the store runs on SQLite and on PostgreSQL.

`store_url` names an empty database, `store` an open one. A schema is made once a session and
copied, because migrating for each test would take most of the time.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from pipeline.store.engine import Store, open_store
from tests.postgres import create_database, drop_database, postgres_server

_TEMPLATE = "huiyin_template"
_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The server's URL."""
    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite store."""
    file = tmp_path_factory.mktemp("store") / "template.db"
    open_store(f"sqlite:///{file}").close()
    return file


@pytest.fixture(scope="session")
def postgres_template(postgres: str) -> str:
    """Name of a migrated, empty PostgreSQL store."""
    open_store(create_database(postgres, _TEMPLATE)).close()
    return _TEMPLATE


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which of the two databases."""
    return str(request.param)


@pytest.fixture
def store_url(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.db'}"
        return
    server = request.getfixturevalue("postgres")
    name = f"test_{next(_numbers)}"
    yield create_database(server, name)
    drop_database(server, name)


@pytest.fixture
def store(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Store]:
    """An open, empty store."""
    if kind == "sqlite":
        file = tmp_path / "store.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), file)
        opened = open_store(f"sqlite:///{file}")
        yield opened
        opened.close()
        return
    server = request.getfixturevalue("postgres")
    template = request.getfixturevalue("postgres_template")
    name = f"test_{next(_numbers)}"
    opened = open_store(create_database(server, name, template))
    yield opened
    opened.close()
    drop_database(server, name)
