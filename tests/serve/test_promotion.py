"""Another model takes over: nothing is lost, nothing mixed, and a bad one changes nothing."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from models.analysis import FeedbackModel
from models.artifact import DEFAULT_FOLDER
from models.errors import ArtifactError
from models.results import FeedbackResult
from pipeline.model_watch import Pointer, Target, find_target, read_pointer, write_pointer
from pipeline.registry import promote, register
from pipeline.tracking import TrackingSettings, start_run
from serve.batching import Batcher
from serve.model_life import ModelLife
from serve.smoke import check_model
from tests.pipeline.tiny_model import make_tiny_model
from tests.serve.serving import (
    ConstantModel,
    ask,
    running,
    serving,
    wait_until,
    worker_pids,
)

N_ROWS = 100
NOW = ConstantModel.NOW


class Wish:
    """Says which model is wanted."""

    is_fixed = False

    def __init__(self, key: str) -> None:
        self.key = key

    def find(self) -> Target:
        """Say it."""
        return Target(self.key, "")

    def stop(self) -> None:
        """Nothing to end."""


def make_life(wish: Wish) -> ModelLife:
    """A life whose models answer with the version that is wished for; `bad` fails its check."""

    def check(model: Any) -> None:
        if model.version == "bad":
            raise ArtifactError("bad")

    return ModelLife(
        wish, lambda target: ConstantModel(target.key), lambda m: Batcher(m, 8, 10_000), check
    )


def rename(folder: Path, name: str, target: Path) -> Path:
    """Copy a model under another version; every digest still holds."""
    shutil.copytree(folder, target)
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    manifest["version"] = f"{name}-{manifest['version'].rpartition('-')[2]}"
    (target / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    return target


def test_a_request_under_way_is_finished_by_its_own_model() -> None:
    """No answer mixes two versions, and none is dropped, however often the model changes."""

    async def answer(life: ModelLife) -> list[FeedbackResult]:
        rows = [{"text": "好", "created_at": NOW} for _ in range(N_ROWS)]
        model = life.current
        outcomes: Sequence[Any] = await model.batcher.score(rows)
        assert {outcome.model_version for outcome in outcomes} == {model.version}
        return list(outcomes)

    async def promote_under_load() -> set[str]:
        wish = Wish("v0")
        life = make_life(wish)
        await life.look()
        waiting = []
        for n in range(1, 6):
            waiting += [asyncio.create_task(answer(life)) for _ in range(4)]
            await asyncio.sleep(0)
            wish.key = f"v{n}"
            await life.look()
        waiting.append(asyncio.create_task(answer(life)))
        answers = await asyncio.gather(*waiting)
        life.stop()
        return {results[0].model_version for results in answers}

    assert asyncio.run(promote_under_load()) >= {"v0", "v5"}


def test_a_model_that_fails_its_check_leaves_the_old_one_and_is_not_tried_at_once_again() -> None:
    """A bad promotion costs nothing but a line in the log."""

    async def try_bad() -> None:
        wish = Wish("good")
        life = make_life(wish)
        await life.look()
        wish.key = "bad"
        await life.look()
        assert (life.current.version, life.update_problem) == ("good", "model")
        wish.key = "good"
        await life.look()
        assert life.update_problem is None
        life.stop()

    asyncio.run(try_bad())


def test_the_shipped_model_passes_the_smoke_rows() -> None:
    """What everybody gets by default must come into service."""
    check_model(FeedbackModel.load())


@pytest.mark.parametrize("seed", [0, 1])
def test_a_model_that_guesses_fails_the_smoke_rows(tmp_path: Path, seed: int) -> None:
    """It loads, answers and has every field, and would be a disaster."""
    with pytest.raises(ArtifactError, match="plain rows"):
        check_model(FeedbackModel.load(make_tiny_model(tmp_path / "model", seed)))


def test_a_model_that_gives_personal_data_back_fails_the_smoke_rows() -> None:
    """A promise of every model, whatever its weights."""
    with pytest.raises(ArtifactError, match="row 8: personal data; row 8: urgency missed"):
        check_model(ConstantModel())


def test_a_folder_names_its_model(tmp_path: Path) -> None:
    """Another model in the same folder is another target."""
    folder = make_tiny_model(tmp_path / "model")
    before = find_target(str(folder))
    shutil.rmtree(folder)
    assert find_target(str(make_tiny_model(folder, seed=1))).key != before.key


def test_what_the_watcher_writes_can_be_read(tmp_path: Path) -> None:
    """Two processes meet in this file; a missing or broken one is no answer."""
    file = tmp_path / "watch" / "pointer.json"
    pointer = Pointer(1.5, Target("k", "/f"), "down")
    assert read_pointer(file) is None
    write_pointer(file, pointer)
    assert read_pointer(file) == pointer
    file.write_text("{", encoding="utf-8")
    assert read_pointer(file) is None


def test_another_model_in_the_folder_comes_into_service(tmp_path: Path) -> None:
    """Seen from outside: the version changes, and what replaces it badly is said in ready."""
    link = tmp_path / "model"
    link.symlink_to(rename(DEFAULT_FOLDER, "first", tmp_path / "a"))
    with serving(tmp_path, loads=link, model_poll_s=0.1) as client:
        assert version_of(client).startswith("first-")
        point(link, rename(DEFAULT_FOLDER, "second", tmp_path / "b"))
        wait_until(lambda: version_of(client).startswith("second-"))
        point(link, make_tiny_model(tmp_path / "c"))
        wait_until(lambda: client.get("/health/ready").json()["update_problem"] == "model")
        assert version_of(client).startswith("second-")
        metrics = client.get("/metrics").text
    assert "huiyin_model_update_failing 1.0" in metrics
    assert "huiyin_model_switches_total 2.0" in metrics


def test_a_shadow_counts_differences_only(tmp_path: Path) -> None:
    """The challenger is judged on real rows, and its answers reach nobody."""
    shadow = {"shadow_model": DEFAULT_FOLDER, "shadow_share": 1.0}
    with serving(tmp_path, model_poll_s=0.1, **shadow) as client:

        def is_compared() -> bool:
            answer = client.post("/v1/classify", json={"text": "很好，满意"}).json()
            assert answer["model_version"] == "constant-1"
            return "huiyin_shadow_rows_total 0.0" not in client.get("/metrics").text

        wait_until(is_compared)
        text = client.get("/metrics").text
    assert (
        'huiyin_shadow_differences_total{challenger="praise",field="intent",served="complaint"}'
        in text
    )


@pytest.mark.slow
def test_a_promotion_reaches_every_worker_while_one_is_killed(tmp_path: Path) -> None:
    """The registry, two workers, load, a promotion and a kill -9: every answer is whole."""
    registry = TrackingSettings(mlflow_uri=f"sqlite:///{tmp_path}/mlflow.db", user="李雷")
    with start_run("two", settings=registry) as run:
        for name in ("first", "second"):
            register(run, rename(DEFAULT_FOLDER, name, tmp_path / name))
    settings = {
        "HUIYIN_MODEL": "models:/huiyin@champion",
        "HUIYIN_MLFLOW_URI": registry.mlflow_uri,
        "HUIYIN_CACHE": str(tmp_path / "cache" / "models"),
        "HUIYIN_REVIEW": "false",
    }
    with running(tmp_path, 2, **settings) as client, load(str(client.base_url)) as answers:
        wait_until(lambda: len(answers) > 0)
        victim = worker_pids(client)[0]
        promote(2, reason="test", settings=registry)
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: is_replaced(client, victim) and versions(client) == {"second"})
    # The connections of the killed worker break; every answer that came is whole.
    assert {status for status, _ in answers} == {200}
    assert all(len(found) == 1 for _, found in answers)
    assert {name.rpartition("-")[0] for _, found in answers for name in found} == {
        "first",
        "second",
    }


def version_of(client: Any) -> str:
    """Ask which model answers."""
    return str(client.get("/v1/model").json()["model_version"])


def is_replaced(client: httpx.Client, victim: int) -> bool:
    """Look whether another worker stands in a killed one's place."""
    pids = worker_pids(client)
    return victim not in pids and len(pids) == 2


def point(link: Path, folder: Path) -> None:
    """Let a link name another folder, at once."""
    new = link.with_name("new-link")
    new.symlink_to(folder)
    new.replace(link)


def versions(client: httpx.Client) -> set[str]:
    """Ask over connections of their own, so that both workers are met."""
    found = [ask(client).json()["model_version"] for _ in range(12)]
    return {version.rpartition("-")[0] for version in found}


@contextlib.contextmanager
def load(url: str) -> Iterator[list[tuple[int, set[str]]]]:
    """Send small batches all the time; collects status and versions."""
    answers: list[tuple[int, set[str]]] = []
    over = threading.Event()

    def send() -> None:
        body = {"items": [{"text": "很好，满意"}] * 5}
        # Connections of their own meet both workers; a pause leaves the processor to the switch.
        with httpx.Client(base_url=url, headers={"connection": "close"}, timeout=30) as client:
            while not over.wait(0.02):
                with contextlib.suppress(httpx.TransportError):
                    response = client.post("/v1/classify", json=body)
                    content = response.json()
                    found = {r["model_version"] for r in content.get("results", [])}
                    found |= {content.get("model_version", "")}
                    answers.append((response.status_code, found))

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield answers
    finally:
        over.set()
        sender.join()
