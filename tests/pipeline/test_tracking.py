"""Logging runs to the real MLflow on SQLite."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from models.errors import StoreError
from pipeline.tracked_run import digest_frame, flatten
from pipeline.tracking import TrackingSettings, load_mlflow, make_client, start_run, store_errors

ROWS = pd.DataFrame(
    {"text": ["很好用", "闪退了"], "types": [["quality"], ["product"]], "csat": [5, 1]}
)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> TrackingSettings:
    """One database for the module: making its tables takes seconds."""
    folder = tmp_path_factory.mktemp("tracking")
    return TrackingSettings(mlflow_uri=f"sqlite:///{folder}/sub/mlflow.db", experiment="试验")


@pytest.fixture(scope="module")
def logged(settings: TrackingSettings, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """One run with one of everything."""
    from matplotlib.figure import Figure

    file = tmp_path_factory.mktemp("files") / "audit.txt"
    file.write_text("好", encoding="utf-8")
    with start_run("训练", tags={"stage": "train"}, settings=settings) as run:
        run.log_params({"train": {"epochs": 3, "labels": ["投诉", "咨询"]}, "seed": 7})
        run.log_params({f"many.p{i}": i for i in range(150)})
        run.log_metrics({"type": {"f1": {"product": 0.5}}, "intent.f1.咨询": 0.25})
        run.log_metrics({"loss": 2.0}, step=1)
        run.log_metrics({"loss": 1.0}, step=2)
        digest = run.log_dataset(ROWS, "train", "data/raw/rows.csv", "training")
        run.log_figure(Figure(), "plots/confusion.png")
        run.log_json({"最差": "质量"}, "audit.json")
        run.log_file(file, "documents")
        run.log_file(file.parent, "folder")
    client = make_client(settings)
    return SimpleNamespace(run=client.get_run(run.run_id), client=client, digest=digest)


def read_artifact(logged: Any, path: str) -> Path:
    """Find an artifact of the logged run on disk."""
    address = str(logged.run.info.artifact_uri).removeprefix("file://")
    return Path(address) / path


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A company points every command at its own server without touching code."""
    monkeypatch.setenv("HUIYIN_MLFLOW_URI", "http://mlflow:5000")
    monkeypatch.setenv("HUIYIN_EXPERIMENT", "夏季")
    settings = TrackingSettings()
    assert (settings.mlflow_uri, settings.experiment) == ("http://mlflow:5000", "夏季")


def test_without_settings_runs_go_to_a_file_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first training must work with nothing set up."""
    monkeypatch.delenv("HUIYIN_MLFLOW_URI", raising=False)
    assert TrackingSettings().mlflow_uri == "sqlite:///mlflow.db"


def test_nested_values_are_named_by_their_path() -> None:
    """MLflow knows flat names only, and a name must say which section it is from."""
    assert flatten({"a": {"b": {"c": 1}}, "d": [2]}) == {"a.b.c": 1, "d": [2]}


def test_a_digest_sees_the_last_cell() -> None:
    """MLflow's own digest stops at row 10,000 and would call changed data unchanged."""
    frame = pd.DataFrame({"text": ["好"] * 12_000})
    changed = frame.copy()
    changed.loc[11_999, "text"] = "坏"
    assert digest_frame(frame) != digest_frame(changed)


def test_a_digest_ignores_the_index() -> None:
    """The same rows after a filter are the same data."""
    assert digest_frame(ROWS) == digest_frame(ROWS.set_index(pd.Index([8, 9])))


def test_parameters_are_logged_by_path(logged: Any) -> None:
    """Runs are compared by parameter; lists must stay readable, and 150 need several requests."""
    params = logged.run.data.params
    assert params["train.epochs"] == "3"
    assert params["train.labels"] == '["投诉", "咨询"]'
    assert params["many.p149"] == "149"


def test_metrics_are_logged_by_path(logged: Any) -> None:
    """Figures per label must be found one by one, Chinese labels too."""
    metrics = logged.run.data.metrics
    assert (metrics["type.f1.product"], metrics["intent.f1.咨询"]) == (0.5, 0.25)


def test_steps_make_a_curve(logged: Any) -> None:
    """A learning curve needs every point, not only the last."""
    history = logged.client.get_metric_history(logged.run.info.run_id, "loss")
    assert [(point.step, point.value) for point in history] == [(1, 2.0), (2, 1.0)]


def test_a_metric_must_be_a_number(logged: Any, settings: TrackingSettings) -> None:
    """A label among the metrics is a mistake to name, not a crash inside MLflow."""
    with (
        pytest.raises(ValueError, match=r"metric type\.best: expected a number, got 'product'"),
        start_run("bad", settings=settings) as run,
    ):
        run.log_metrics({"type": {"best": "product"}})


def test_data_are_logged_with_digest_source_and_purpose(logged: Any) -> None:
    """Lineage: which rows made this model must be answerable a year on."""
    (entry,) = logged.run.inputs.dataset_inputs
    assert (entry.dataset.name, entry.dataset.digest) == ("train", digest_frame(ROWS))
    assert "data/raw/rows.csv" in entry.dataset.source
    assert [tag.value for tag in entry.tags] == ["training"]
    assert logged.digest == entry.dataset.digest


def test_a_plot_is_an_artifact(logged: Any) -> None:
    """The run page shows it."""
    assert read_artifact(logged, "plots/confusion.png").stat().st_size > 0


def test_a_document_keeps_its_chinese(logged: Any) -> None:
    r"""People read it in MLflow's page, where \u8d28 says nothing."""
    assert "质量" in read_artifact(logged, "audit.json").read_text(encoding="utf-8")


def test_files_and_folders_are_copied(logged: Any) -> None:
    """Reports are files already."""
    assert read_artifact(logged, "documents/audit.txt").is_file()
    assert read_artifact(logged, "folder/audit.txt").is_file()


def test_tags_are_set_at_the_start(logged: Any) -> None:
    """A run is found by its stage."""
    assert logged.run.data.tags["stage"] == "train"


def test_artifacts_lie_beside_the_database(logged: Any, settings: TrackingSettings) -> None:
    """MLflow would put them in the folder where the command ran, and lose them at the next."""
    folder = Path(settings.mlflow_uri.removeprefix("sqlite:///")).parent
    assert read_artifact(logged, "").is_relative_to(folder)


def test_a_run_that_raises_is_marked_as_failed(logged: Any, settings: TrackingSettings) -> None:
    """Half a training must not look like a result."""
    with pytest.raises(RuntimeError), start_run("broken", settings=settings) as run:
        raise RuntimeError
    assert logged.client.get_run(run.run_id).info.status == "FAILED"


def test_a_nested_run_belongs_to_its_parent(logged: Any, settings: TrackingSettings) -> None:
    """A sweep is one row that opens, not a hundred."""
    with (
        start_run("sweep", settings=settings) as parent,
        start_run("trial", nested=True, settings=settings) as child,
    ):
        pass
    tags = logged.client.get_run(child.run_id).data.tags
    assert tags["mlflow.parentRunId"] == parent.run_id


@pytest.fixture
def other_target() -> Iterator[str]:
    """MLflow pointed elsewhere by the notebook that calls us."""
    mlflow = load_mlflow()
    mlflow.set_tracking_uri("sqlite:///elsewhere.db")
    yield "sqlite:///elsewhere.db"
    mlflow.set_tracking_uri(None)


def test_the_callers_target_is_restored(
    logged: Any, settings: TrackingSettings, other_target: str
) -> None:
    """MLflow's target is a global and an environment variable; a notebook has its own."""
    with start_run("ours", settings=settings):
        pass
    assert load_mlflow().get_tracking_uri() == other_target
    assert os.environ["MLFLOW_TRACKING_URI"] == other_target


def test_a_missing_database_is_not_made_by_reading(tmp_path: Path) -> None:
    """A mistyped path must not become an empty registry."""
    file = tmp_path / "typo.db"
    with pytest.raises(StoreError, match="no such database; train a model first"):
        make_client(TrackingSettings(mlflow_uri=f"sqlite:///{file}"))
    assert not file.exists()


def test_an_error_hides_the_password() -> None:
    """Errors end in logs and tickets."""
    from mlflow.exceptions import MlflowException

    settings = TrackingSettings(mlflow_uri="postgresql://me:geheim@db/mlflow")
    with (
        pytest.raises(StoreError, match=r"postgresql://db/mlflow: broken") as caught,
        store_errors(settings),
    ):
        raise MlflowException("broken")
    assert "geheim" not in str(caught.value)


@pytest.mark.slow
def test_a_server_that_is_down_is_one_line() -> None:
    """MLflow's seven retries would hold the command for four minutes first."""
    settings = TrackingSettings(mlflow_uri="http://127.0.0.1:9")
    with (
        pytest.raises(StoreError, match=r"MLflow at http://127\.0\.0\.1:9"),
        start_run("never", settings=settings),
    ):
        pass
