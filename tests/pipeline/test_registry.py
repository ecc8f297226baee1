"""Registering, promoting, rolling back and finding models, with the real MLflow on SQLite."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from tiny_model import make_tiny_model

from models.errors import ArtifactError, StoreError
from models.results import RESULT_FIELDS
from pipeline.registered import MODEL_NAME, Registry
from pipeline.registry import list_versions, promote, read_history, register, resolve, rollback
from pipeline.tracking import TrackingSettings, load_mlflow, start_run

ROOT = Path(__file__).parents[2]
N_VERSIONS = 3
PREDICT_ELSEWHERE = """
import json, mlflow, pandas
model = mlflow.pyfunc.load_model("models:/huiyin@champion")
frame = model.predict(pandas.DataFrame({"text": ["闪退了", "很好用"], "csat": [1, 5]}))
print(json.dumps({"columns": list(frame.columns), "versions": list(frame["model_version"])}))
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> TrackingSettings:
    """Three versions in one registry; tests that move an alias each take one of their own."""
    folder = tmp_path_factory.mktemp("registry")
    settings = TrackingSettings(mlflow_uri=f"sqlite:///{folder}/mlflow.db", user="李雷")
    for n in range(1, N_VERSIONS + 1):
        register_tiny(folder / f"base-{n}", settings)
    return settings


def register_tiny(folder: Path, settings: TrackingSettings) -> None:
    """Train, log and register in miniature."""
    make_tiny_model(folder)
    with start_run(folder.name, settings=settings) as run:
        run.log_metrics({"type.f1": 0.5})
        register(run, folder, tags={"data": "abc"})


def read_name(folder: Path) -> str:
    """Read which of the models a folder is."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    return str(manifest["version"]).rpartition("-")[0]


def aliases_of(settings: TrackingSettings) -> dict[str, int]:
    """Read where every alias points."""
    return {alias: v.version for v in list_versions(settings) for alias in v.aliases}


def test_the_first_model_is_the_champion_and_stays_it(settings: TrackingSettings) -> None:
    """Serving must work after the first training, and no training may replace what serves."""
    assert aliases_of(settings)["champion"] == 1


def test_versions_are_listed_newest_first(settings: TrackingSettings) -> None:
    """`huiyin models list` shows what was trained last at the top."""
    versions = list_versions(settings)
    assert [v.version for v in versions] == [3, 2, 1]
    assert [v.model_version.rpartition("-")[0] for v in versions] == ["base-3", "base-2", "base-1"]


def test_a_version_shows_metrics_and_tags(settings: TrackingSettings) -> None:
    """One must see which is better without opening each run."""
    newest = list_versions(settings)[0]
    assert newest.metrics == {"type.f1": 0.5}
    assert newest.tags["data"] == "abc"


def test_a_promotion_is_recorded(settings: TrackingSettings) -> None:
    """Who put this model before customers, when and why, is asked after the first complaint."""
    promote(1, "audit", settings=settings)
    change = promote(2, "audit", reason="召回更高", who="韩梅梅", settings=settings)
    assert (change.version, change.previous) == (2, 1)
    assert (change.who, change.reason) == ("韩梅梅", "召回更高")
    assert [c.who for c in read_history("audit", settings)] == ["李雷", "韩梅梅"]


def test_a_promotion_of_nothing_names_what_exists(settings: TrackingSettings) -> None:
    """The next command should work."""
    with pytest.raises(StoreError, match="no version 9; there are versions 1, 2, 3"):
        promote(9, settings=settings)


def test_rollback_goes_back_step_by_step(settings: TrackingSettings) -> None:
    """Two bad promotions in a row are taken back by two rollbacks, not toggled."""
    for version in (1, 2, 3):
        promote(version, "steps", settings=settings)
    assert rollback("steps", reason="误判变多", settings=settings).version == 2
    assert rollback("steps", settings=settings).version == 1
    assert aliases_of(settings)["steps"] == 1


def test_rollback_without_a_past_says_so(settings: TrackingSettings) -> None:
    """It must not guess: version numbers are no history of champions."""
    promote(2, "young", settings=settings)
    with pytest.raises(StoreError, match="no earlier version is recorded"):
        rollback("young", settings=settings)


def test_rollback_after_a_move_by_hand(settings: TrackingSettings) -> None:
    """Somebody used MLflow's own page; the last recorded champion is the way back."""
    promote(2, "page", settings=settings)
    Registry(settings).client.set_registered_model_alias(MODEL_NAME, "page", "3")
    assert rollback("page", settings=settings).version == 2


def test_an_alias_resolves_to_its_folder(settings: TrackingSettings) -> None:
    """`huiyin score --model models:/huiyin@champion` needs the files, not MLflow."""
    folder = resolve("models:/huiyin@champion", settings)
    assert read_name(folder) == "base-1"


def test_a_number_resolves_to_its_folder(settings: TrackingSettings) -> None:
    """Comparing two versions names both."""
    folder = resolve("models:/huiyin/3", settings)
    assert read_name(folder) == "base-3"


def test_a_folder_resolves_without_a_registry(tmp_path: Path) -> None:
    """The shipped model is used where there is no MLflow."""
    (tmp_path / "manifest.json").write_text("{}")
    nowhere = TrackingSettings(mlflow_uri="sqlite:////nowhere/mlflow.db")
    assert resolve(tmp_path, nowhere) == tmp_path


@pytest.mark.parametrize(
    ("ref", "message"),
    [
        ("models:/huiyin@champoin", "no such version; there are versions 1, 2, 3; .*champion is 1"),
        ("models:/huiyin/7", "no such version; there are versions 1, 2, 3"),
        ("models:/huiying/1", "no model huiying is registered; there are: huiyin"),
        ("models:/huiyin", "expected models:/NAME@ALIAS or models:/NAME/NUMBER"),
    ],
)
def test_a_wrong_reference_names_what_exists(
    ref: str, message: str, settings: TrackingSettings
) -> None:
    """The next command should work."""
    with pytest.raises(StoreError, match=message):
        resolve(ref, settings)


def test_nothing_is_pickled(settings: TrackingSettings) -> None:
    """A pickle runs code when it is loaded, and breaks when a class moves."""
    logged = resolve("models:/huiyin/1", settings).parents[1]
    assert (logged / "MLmodel").is_file()
    assert not [file for file in logged.rglob("*") if file.suffix in (".pkl", ".pickle", ".py")]


def test_a_damaged_model_is_not_registered(settings: TrackingSettings, tmp_path: Path) -> None:
    """MLflow would only warn, and serving would find out."""
    folder = make_tiny_model(tmp_path / "damaged")
    (folder / "words.txt").write_text("", encoding="utf-8")
    with (
        pytest.raises(ArtifactError, match=r"words\.txt: is not the file that was saved"),
        start_run("damaged", settings=settings) as run,
    ):
        register(run, folder)
    assert len(list_versions(settings)) == N_VERSIONS


def test_registering_needs_the_open_run(settings: TrackingSettings) -> None:
    """Outside it MLflow would quietly open another run in another place."""
    with start_run("closed", settings=settings) as run:
        pass
    with pytest.raises(ValueError, match="not the innermost open one"):
        register(run, resolve("models:/huiyin/1", settings))


@pytest.mark.slow
def test_the_champion_loads_where_the_repository_is_not(
    settings: TrackingSettings, tmp_path: Path
) -> None:
    """A data scientist has the wheel and the registry, not this checkout."""
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "MLFLOW_TRACKING_URI": settings.mlflow_uri,
    }
    answer = subprocess.run(
        [sys.executable, "-c", PREDICT_ELSEWHERE],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(answer.stdout)
    assert tuple(found["columns"]) == RESULT_FIELDS
    assert found["versions"] == [list_versions(settings)[-1].model_version] * 2


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A tracking server of its own, in two processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1"]
    command += ["--port", str(port), "--backend-store-uri", f"sqlite:///{tmp_path}/server.db"]
    command += ["--artifacts-destination", str(tmp_path / "store")]
    environment = os.environ | {
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
    log = (tmp_path / "server.log").open("wb")
    with log, subprocess.Popen(command, stdout=log, stderr=log, env=environment) as process:
        try:
            wait_until_up(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def wait_until_up(address: str, timeout_s: float = 300) -> None:
    """Ask until the server answers."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/health"):
            return
        time.sleep(0.3)
    raise TimeoutError(f"{address} did not answer within {timeout_s} s")


@pytest.mark.slow
def test_a_remote_model_is_registered_and_downloaded(server: str, tmp_path: Path) -> None:
    """A company's server is elsewhere: its files must come through it, and only once."""
    settings = TrackingSettings(mlflow_uri=server, cache=tmp_path / "cache")
    register_tiny(tmp_path / "base-1", settings)
    folder = resolve("models:/huiyin@champion", settings)
    assert folder.is_relative_to(tmp_path / "cache")
    assert read_name(folder) == "base-1"
    assert load_mlflow().get_tracking_uri() != server
