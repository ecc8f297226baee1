"""The server process, asked over a real socket."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from models.errors import ArtifactError
from serve.server import run_server
from tests.serve.serving import ask, running

pytestmark = pytest.mark.slow


def counted(client: httpx.Client) -> float:
    """Rows that were counted, by all workers."""
    lines = client.get("/metrics").text.splitlines()
    return sum(float(x.split()[1]) for x in lines if x.startswith("huiyin_urgency_rows_total"))


def test_the_server_answers_and_its_log_is_json_without_the_text(tmp_path: Path) -> None:
    """What a user meets first: a socket, an answer, a readable log."""
    with running(tmp_path, 1) as client:
        response = ask(client)
    log = (tmp_path / "log").read_text(encoding="utf-8")
    assert response.status_code == 200
    assert "server" not in response.headers
    assert all(line.startswith('{"time"') for line in log.splitlines())
    assert '"path":"/v1/classify","status":200' in log
    assert "闪退" not in log


def test_the_counts_of_two_workers_are_added_up(tmp_path: Path) -> None:
    """A scrape reaches one worker and must tell of both."""
    with running(tmp_path, 2) as client:
        for _ in range(12):
            assert ask(client).status_code == 200
        assert counted(client) == 12


def test_a_missing_model_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear line at the start, not a server that is never ready."""
    monkeypatch.setenv("HUIYIN_MODEL", str(tmp_path / "nothing"))
    with pytest.raises(ArtifactError, match="nothing"):
        run_server(port=0)
