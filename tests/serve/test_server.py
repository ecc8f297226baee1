"""The server process, asked over a real socket."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.errors import ArtifactError
from serve.server import run_server
from tests.pipeline.tiny_model import make_tiny_model
from tests.serve.serving import wait_until

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


@contextmanager
def running(folder: Path, n_workers: int) -> Iterator[httpx.Client]:
    """Start `run_server` as `huiyin serve` does, with the tiny model."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    code = f"from serve.server import run_server; run_server(port={port}, workers={n_workers})"
    settings = {
        "HUIYIN_MODEL": str(make_tiny_model(folder / "model")),
        "HUIYIN_KEYS_FILE": str(folder / "keys.json"),
    }
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, **settings}, stderr=log
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            wait_until(lambda: is_ready(client))
            yield client
    finally:
        server.terminate()
        server.wait(60)


def is_ready(client: httpx.Client) -> bool:
    """Ask, also while nobody listens yet."""
    try:
        return client.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def counted(client: httpx.Client) -> float:
    """Rows that were counted, by all workers."""
    lines = client.get("/metrics").text.splitlines()
    return sum(float(x.split()[1]) for x in lines if x.startswith("huiyin_urgency_rows_total"))


def ask_anew(client: httpx.Client) -> Any:
    """Ask over a connection of its own, so that any worker may take it."""
    body, headers = {"text": "一打开就闪退，气死我了"}, {"connection": "close"}
    return client.post("/v1/classify", json=body, headers=headers)


def test_the_server_answers_and_its_log_is_json_without_the_text(tmp_path: Path) -> None:
    """What a user meets first: a socket, an answer, a readable log."""
    with running(tmp_path, 1) as client:
        response = ask_anew(client)
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
            assert ask_anew(client).status_code == 200
        assert counted(client) == 12


def test_a_missing_model_is_said_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear line at the start, not a server that is never ready."""
    monkeypatch.setenv("HUIYIN_MODEL", str(tmp_path / "nothing"))
    with pytest.raises(ArtifactError, match="nothing"):
        run_server(port=0)
