"""Where the page is off it costs nothing and says how it is turned on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.serve.serving import serving


def test_without_a_store_it_says_what_to_run(client: TestClient) -> None:
    """On every address below it, in the reader's language."""
    answer = client.get("/review/themes")
    assert answer.status_code == 503
    assert "HUIYIN_STORE" in answer.text
    english = client.get("/review", headers={"cookie": "huiyin_lang=en"})
    assert "The review page is off" in english.text


def test_several_workers_are_told_to_start_another(tmp_path: Path) -> None:
    """A websocket may reach a process that did not make the page."""
    store = f"sqlite:///{tmp_path / 'a.db'}"
    with serving(tmp_path, store=store, review=False) as client:
        assert "--workers 1" in client.get("/review").text
    assert not (tmp_path / "a.db").exists()


@pytest.mark.slow
def test_nothing_of_it_is_loaded_where_it_is_off(tmp_path: Path) -> None:
    """NiceGUI takes a second and 30 MB, which an API alone should not pay."""
    code = (
        "import sys; from serve.app import create_app; from serve.settings import ServeSettings;"
        f"create_app(ServeSettings(keys_file={str(tmp_path / 'keys.json')!r}));"
        "assert not {'nicegui', 'socketio', 'sqlalchemy'} & sys.modules.keys()"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
