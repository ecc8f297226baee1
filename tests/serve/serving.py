"""What the API's tests share: a model that knows one answer, and an application around it."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from models.results import Evidence, FeedbackResult
from serve.app import create_app
from serve.settings import ServeSettings

POISON = "毒丸"
BASE_URL = "http://127.0.0.1:8000"
LOCAL = ("127.0.0.1", 50_000)


class ConstantModel:
    """Answers every row alike, fails on `POISON`, and remembers the sizes of its batches."""

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
    folder: Path, model: Any = None, *, client: tuple[str, int] = LOCAL, **settings: Any
) -> Iterator[TestClient]:
    """Start an application whose key file lies in a folder, and wait until it is ready."""
    settings = {"keys_file": folder / "keys.json", **settings}
    app = create_app(ServeSettings(**settings), model or ConstantModel())
    with TestClient(app, BASE_URL, raise_server_exceptions=False, client=client) as test_client:
        wait_until(lambda: test_client.get("/health/ready").status_code == 200)
        yield test_client


def wait_until(is_so: Callable[[], bool], timeout_s: float = 60.0) -> None:
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
