"""Live is not ready."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient

from models.results import FeedbackResult
from serve.app import create_app
from serve.settings import ServeSettings
from tests.serve.serving import BASE_URL, LOCAL, ConstantModel, serving, wait_until


def start(tmp_path: Path, model: Any = None, folder: Path | None = None) -> TestClient:
    """Build an application without waiting for its model."""
    app = create_app(ServeSettings(keys_file=tmp_path / "keys.json", model=folder), model)
    return TestClient(app, BASE_URL, client=LOCAL)


class SlowModel(ConstantModel):
    """Does not get warm before it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.may_warm_up = threading.Event()

    def analyze(self, rows: Sequence[Any]) -> list[FeedbackResult]:
        """Wait, then score."""
        self.may_warm_up.wait(20)
        return super().analyze(rows)


def test_a_worker_is_live_before_it_is_ready(tmp_path: Path) -> None:
    """An orchestrator must neither kill a worker that loads nor send it traffic."""
    model = SlowModel()
    with start(tmp_path, model) as client:
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 503
        response = client.post("/v1/classify", json={"text": "好"})
        model.may_warm_up.set()
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"


def test_the_model_is_warm_before_the_first_customer(tmp_path: Path) -> None:
    """Lazily built tables would make the first answers slow."""
    model = ConstantModel()
    with serving(tmp_path, model):
        assert len(model.batches) > 1


def test_a_model_that_cannot_be_loaded_leaves_the_worker_live_and_not_ready(
    tmp_path: Path,
) -> None:
    """A restart would not help; a person has to look, and finds the reason."""
    with start(tmp_path, folder=tmp_path / "nothing") as client:
        wait_until(lambda: "加载失败" in client.get("/health/ready").text)
        assert client.get("/health/live").status_code == 200


def test_the_model_in_service_is_named(client: TestClient) -> None:
    """An answer that is acted on can be traced to what gave it."""
    info = client.get("/v1/model").json()
    assert info["model_version"] == "constant-1"
    assert info["limits"] == {"body_bytes": 1_048_576, "items": 256, "text_chars": 2_000}
