"""Who may call, how often and how many at once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.datastructures import Headers

from models.results import FeedbackResult
from serve.bucket import Bucket
from serve.guarding import is_local
from serve.keys import create_key
from tests.serve.serving import ConstantModel, serving, wait_until

ROW = {"text": "好"}
REMOTE = ("203.0.113.9", 50_000)


def classify(client: TestClient, token: str | None = None) -> Any:
    """Send one row."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return client.post("/v1/classify", json=ROW, headers=headers)


def test_without_keys_another_machine_is_refused(tmp_path: Path) -> None:
    """A fresh installation must not be open to the network by accident."""
    with serving(tmp_path, client=REMOTE) as client:
        assert classify(client).status_code == 403
        assert client.get("/metrics").status_code == 403


@pytest.mark.parametrize(
    ("address", "headers", "expected"),
    [
        ("127.0.0.1", {"host": "127.0.0.1:8000"}, True),
        ("127.8.8.8", {"host": "localhost"}, True),
        ("::1", {"host": "[::1]:8000"}, True),
        ("::ffff:127.0.0.1", {"host": "localhost:80"}, True),
        ("10.0.0.1", {"host": "localhost"}, False),
        ("127.0.0.1", {"host": "evil.example"}, False),
        ("127.0.0.1", {}, False),
        ("127.0.0.1", {"host": "localhost", "x-forwarded-for": "127.0.0.1"}, False),
        ("127.0.0.1", {"host": "localhost", "forwarded": "for=1.2.3.4"}, False),
        ("testclient", {"host": "localhost"}, False),
    ],
)
def test_only_a_direct_loopback_call_is_local(
    address: str, headers: dict[str, str], expected: bool
) -> None:
    """A proxy or a rebound host name would lend loopback's trust to the whole world."""
    assert is_local((address, 1), Headers(headers)) is expected


def test_a_key_opens_its_scope_to_any_machine(tmp_path: Path) -> None:
    """This is what keys are for; and from now on loopback needs one too."""
    token = create_key(tmp_path / "keys.json", "intake", ["classify"])
    with serving(tmp_path, client=REMOTE) as client:
        assert classify(client, token).status_code == 200
    with serving(tmp_path) as client:
        assert classify(client).status_code == 401


@pytest.mark.parametrize("token", ["x", "hy_", "hy_0_0", "", "密"])
def test_a_wrong_key_is_401_and_says_how_to_send_one(tmp_path: Path, token: str) -> None:
    """RFC 6750 asks for the WWW-Authenticate header."""
    create_key(tmp_path / "keys.json", "intake", ["classify"])
    with serving(tmp_path) as client:
        headers = {b"Authorization": f"Bearer {token}".encode()}
        response = client.post("/v1/classify", json=ROW, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_key_without_the_scope_is_403(tmp_path: Path) -> None:
    """A reviewer's key must not feed rows in; an admin's may do all."""
    review = create_key(tmp_path / "keys.json", "page", ["review"])
    admin = create_key(tmp_path / "keys.json", "boss", ["admin"])
    with serving(tmp_path) as client:
        assert classify(client, review).status_code == 403
        assert classify(client, admin).status_code == 200


def test_health_needs_no_key(tmp_path: Path) -> None:
    """An orchestrator's probe has none."""
    create_key(tmp_path / "keys.json", "intake", ["classify"])
    with serving(tmp_path, client=REMOTE) as client:
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 200


def test_an_unknown_address_does_not_tell_strangers_that_it_is_unknown(tmp_path: Path) -> None:
    """What is not listed is closed."""
    create_key(tmp_path / "keys.json", "intake", ["classify"])
    with serving(tmp_path) as client:
        assert client.get("/v2/secret").status_code == 401


def test_a_key_above_its_rate_is_429_and_others_are_not(tmp_path: Path) -> None:
    """One caller's loop must not starve the rest."""
    one, two = (create_key(tmp_path / "keys.json", n, ["classify"]) for n in ("one", "two"))
    with serving(tmp_path, rate_per_s=0.01) as client:
        assert [classify(client, one).status_code for _ in range(2)] == [200, 429]
        assert classify(client, one).headers["retry-after"] == "100"
        assert classify(client, two).status_code == 200


def test_a_bucket_refills_with_time() -> None:
    """A caller who waits as long as it was told gets through."""
    bucket = Bucket(rate_per_s=2.0, n_tokens=2.0, at=0.0)
    assert [bucket.take(0.0) for _ in range(3)] == [0.0, 0.0, 0.5]
    assert bucket.take(0.5) == 0.0


class HeldModel(ConstantModel):
    """Works only when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.may_work = threading.Event()
        self.may_work.set()

    def analyze(self, rows: Sequence[Any]) -> list[FeedbackResult]:
        """Wait, then score."""
        self.may_work.wait(20)
        return super().analyze(rows)


def test_above_the_concurrency_limit_is_503_at_once(tmp_path: Path) -> None:
    """A queue without end would eat the memory and answer nobody in time."""
    model = HeldModel()
    # In the thread, because a model that waits on the event loop would wait for ever.
    limits = {"max_concurrency": 2, "inline_chars": 0}
    with serving(tmp_path, model, **limits) as client, ThreadPoolExecutor(2) as pool:
        model.may_work.clear()
        waiting = [pool.submit(classify, client) for _ in range(2)]
        wait_until(lambda: "huiyin_queued_rows 2.0" in client.get("/metrics").text)
        refused = classify(client)
        model.may_work.set()
        assert [future.result().status_code for future in waiting] == [200, 200]
    assert refused.status_code == 503
    assert refused.headers["retry-after"] == "1"
