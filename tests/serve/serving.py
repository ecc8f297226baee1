"""What the API's tests share: a model that knows one answer, and an application around it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import httpx
import uvicorn
from fastapi.testclient import TestClient

from models.artifact import DEFAULT_FOLDER
from models.deadlines import SHANGHAI
from models.results import Evidence, FeedbackResult
from serve.app import create_app
from serve.settings import AlertSettings, ServeSettings

ROOT = Path(__file__).parents[2]
POISON = "毒丸"
BASE_URL = "http://127.0.0.1:8000"
LOCAL = ("127.0.0.1", 50_000)


class ConstantModel:
    """Answers every row alike, fails on `POISON`, and remembers the sizes of its batches."""

    NOW: ClassVar = datetime(2026, 11, 16, 9, 30, tzinfo=SHANGHAI)

    def __init__(self, version: str = "constant-1") -> None:
        self.version = version
        self.batches: list[int] = []
        self.rows: list[Mapping[str, Any]] = []

    def analyze(self, rows: Sequence[Mapping[str, Any]]) -> list[FeedbackResult]:
        """Score rows."""
        self.batches.append(len(rows))
        self.rows += rows
        return [self._answer(row) for row in rows]

    def _answer(self, row: Mapping[str, Any]) -> FeedbackResult:
        if POISON in row["text"]:
            raise ValueError(f"cannot read {row['text']}")
        created_at = row["created_at"]
        return FeedbackResult(
            feedback_id=row.get("feedback_id", ""),
            text=row["text"],
            intent="complaint",
            type="product",
            types=("product", "service"),
            subtype="malfunction",
            confidence=0.9,
            confidence_band="high",
            needs_review=False,
            evidence=(Evidence("product", 0, 1), Evidence("service", 0, 1)),
            urgency="low",
            urgency_score=10.0,
            urgency_reasons=("闪退",),
            severity="一般",
            acknowledge_due=created_at + timedelta(hours=2),
            respond_due=created_at + timedelta(days=3),
            resolve_due=created_at + timedelta(hours=48),
            department="技术部",
            redactions={"phone": 1},
            model_version=self.version,
        )


@contextmanager
def serving(
    folder: Path,
    model: Any = None,
    *,
    loads: Path | None = None,
    client: tuple[str, int] = LOCAL,
    alerts: AlertSettings | None = None,
    **settings: Any,
) -> Iterator[TestClient]:
    """Start an application whose key file lies in a folder, and wait until it is ready.

    The model is the one given, or the one that the application loads by itself from a folder.
    """
    settings = {"keys_file": folder / "keys.json", "model": loads, **settings}
    given = None if loads else model or ConstantModel()
    app = create_app(ServeSettings(**settings), given, alerts)
    with TestClient(app, BASE_URL, raise_server_exceptions=False, client=client) as test_client:
        wait_until(lambda: test_client.get("/health/ready").status_code == 200)
        yield test_client


def wait_until(is_so: Callable[[], bool], timeout_s: float = 300.0) -> None:
    """Wait for something that a thread brings about."""
    deadline = time.monotonic() + timeout_s
    while not is_so():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def pointers(problem: Mapping[str, Any]) -> list[str]:
    """Which fields a problem blames."""
    return [error["pointer"] for error in problem["errors"]]


def post_raw(client: TestClient, body: bytes, **headers: str) -> Any:
    """Post bytes as they are."""
    return client.post(
        "/v1/classify", content=body, headers={"content-type": "application/json", **headers}
    )


def as_json(value: Any) -> bytes:
    """Write JSON the way careless clients do, NaN and lone surrogates included."""
    return json.dumps(value).encode()


@contextmanager
def listening(app: Any, **options: Any) -> Iterator[int]:
    """Let an application listen in a thread of this process; gives the port."""
    config = uvicorn.Config(app, port=0, ws="none", log_config=None, **options)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        thread.join()


@contextmanager
def running(folder: Path, n_workers: int, **settings: str) -> Iterator[httpx.Client]:
    """Start `run_server` as `huiyin serve` does; gives a client, which knows the process's id."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    code = f"from serve.server import run_server; run_server(port={port}, workers={n_workers})"
    own = {"HUIYIN_MODEL": str(DEFAULT_FOLDER), "HUIYIN_KEYS_FILE": str(folder / "keys.json")}
    environment = {**os.environ, **own, **settings}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, env=environment, stderr=log
        )
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            client.headers["x-request-id"] = f"server-{server.pid}"
            wait_until(lambda: is_ready(client), timeout_s=600)
            yield client
    finally:
        server.terminate()
        server.wait(120)


def is_ready(client: httpx.Client) -> bool:
    """Ask, also while nobody listens yet."""
    try:
        return client.get("/health/ready").status_code == 200
    except httpx.TransportError:
        return False


def ask(client: httpx.Client, text: str = "一打开就闪退，气死我了") -> httpx.Response:
    """Ask over a connection of its own, so that any worker may take it; ask again if it breaks."""
    for _ in range(20):
        try:
            return client.post("/v1/classify", json={"text": text}, headers={"connection": "close"})
        except httpx.TransportError:
            time.sleep(0.1)
    raise AssertionError("nobody answers")


def worker_pids(client: httpx.Client) -> list[int]:
    """Find the worker processes of a server that `running` started."""
    server = int(client.headers["x-request-id"].removeprefix("server-"))
    children = Path(f"/proc/{server}/task/{server}/children").read_text(encoding="ascii").split()
    return sorted(int(pid) for pid in children if "spawn_main" in command_line(int(pid)))


def command_line(pid: int) -> str:
    """Read how a process was started; empty when it has gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(encoding="utf-8")
    except OSError:
        return ""
