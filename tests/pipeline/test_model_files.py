"""Finding a trained model's files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from models.errors import StoreError
from pipeline.model_files import fetch_model, find_folder
from pipeline.tracking import TrackingSettings, load_mlflow

MLMODEL = "flavors:\n  python_function:\n    data: data/base\n"


def make_model(folder: Path) -> Path:
    """Make what a trained model looks like from outside."""
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text("{}", encoding="utf-8")
    return folder


def make_logged(folder: Path) -> Path:
    """Make what MLflow stores of it."""
    make_model(folder / "data" / "base")
    (folder / "MLmodel").write_text(MLMODEL, encoding="utf-8")
    return folder


@pytest.fixture
def settings(tmp_path: Path) -> TrackingSettings:
    """A remote server that no test reaches."""
    return TrackingSettings(mlflow_uri="http://127.0.0.1:9", cache=tmp_path / "cache")


@pytest.fixture
def n_downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stand in for the download; the real one is in the registry's test with a server."""
    logged = make_logged(tmp_path / "remote")
    asked: list[str] = []

    def download(artifact_uri: str, dst_path: str, tracking_uri: str) -> str:
        asked.append(artifact_uri)
        return str(shutil.copytree(logged, Path(dst_path) / "artifacts"))

    monkeypatch.setattr(load_mlflow().artifacts, "download_artifacts", download)
    return asked


def test_a_folder_with_a_manifest_is_a_model(tmp_path: Path) -> None:
    """Serving takes a folder and needs no registry at all."""
    folder = make_model(tmp_path / "base")
    assert find_folder(folder) == folder


def test_a_wrong_folder_names_the_models_beside_it(tmp_path: Path) -> None:
    """Most often the name is mistyped or is that of the folder above."""
    folder = make_model(tmp_path / "base")
    with pytest.raises(StoreError, match=f"bass: is no folder; expected .*{folder}"):
        find_folder(tmp_path / "bass")
    with pytest.raises(StoreError, match=f"has no manifest.json; expected .*{folder}"):
        find_folder(tmp_path)


def test_files_on_this_machine_are_used_in_place(
    tmp_path: Path, settings: TrackingSettings
) -> None:
    """A copy of every model would fill a laptop."""
    logged = make_logged(tmp_path / "有 空格")
    assert fetch_model(logged.as_uri(), "huiyin-1", settings) == logged / "data" / "base"


def test_files_that_are_gone_say_why(tmp_path: Path, settings: TrackingSettings) -> None:
    """MLflow's database holds absolute paths, which a moved folder breaks."""
    with pytest.raises(StoreError, match=r"files are gone from .*cannot be moved"):
        fetch_model((tmp_path / "old").as_uri(), "huiyin-1", settings)


def test_another_models_files_are_refused(tmp_path: Path, settings: TrackingSettings) -> None:
    """A registry may hold models that are none of ours."""
    logged = make_logged(tmp_path / "theirs")
    (logged / "MLmodel").write_text("flavors:\n  sklearn: {}\n", encoding="utf-8")
    with pytest.raises(StoreError, match="was not registered by Huiyin"):
        fetch_model(logged.as_uri(), "huiyin-1", settings)


def test_remote_files_are_downloaded_once(
    settings: TrackingSettings, n_downloads: list[str]
) -> None:
    """Eight workers starting must not fetch the model eight times."""
    address = "mlflow-artifacts:/1/models/m-1/artifacts"
    first = fetch_model(address, "huiyin-1", settings)
    assert fetch_model(address, "huiyin-1", settings) == first
    assert n_downloads == [address]


def test_each_address_has_its_own_place(settings: TrackingSettings, n_downloads: list[str]) -> None:
    """Version 1 of a registry made anew is another model than version 1 of the old."""
    first = fetch_model("mlflow-artifacts:/1/models/m-1/artifacts", "huiyin-1", settings)
    second = fetch_model("mlflow-artifacts:/1/models/m-2/artifacts", "huiyin-1", settings)
    assert first != second
