"""A model folder: loads as it was saved, or is refused with the name of what is wrong."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from models.analysis import FeedbackModel
from models.artifact import DATA_FILES, load_artifact
from models.errors import ArtifactError
from tests.tiny import tiny_corpus

FILES = ("model.safetensors", "heads.safetensors", "tokenizer.json", "modules.json", *DATA_FILES)
ROWS = [{"text": text} for text in tiny_corpus()["text"]]


@pytest.fixture
def folder(tiny_model: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(tiny_model, tmp_path / "copy"))


def edit_manifest(folder: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    edit(manifest)
    path.write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")


def test_a_copied_folder_gives_the_same_predictions(
    folder: Path, feedback_model: FeedbackModel
) -> None:
    """A model is its folder: nothing depends on where it lies."""
    at = datetime(2026, 11, 23, 9)
    assert FeedbackModel.load(folder).analyze(ROWS, at) == feedback_model.analyze(ROWS, at)


@pytest.mark.parametrize("name", FILES)
def test_a_changed_byte_is_refused_by_name(folder: Path, name: str) -> None:
    """A damaged model must not score a single row."""
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(ArtifactError, match=f"{name}: is not the file that was saved"):
        load_artifact(folder)


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_refused_by_name(folder: Path, name: str) -> None:
    """A half-copied folder is the commonest damage."""
    (folder / name).unlink()
    with pytest.raises(ArtifactError, match=f"{name}: cannot be read"):
        load_artifact(folder)


@pytest.mark.parametrize("part", ["calibration", "labels", "student"])
def test_an_edited_manifest_is_refused(folder: Path, part: str) -> None:
    """Thresholds decide labels as much as weights do, and the version names the content."""
    edit_manifest(folder, lambda manifest: manifest[part].update(extra=1))
    with pytest.raises(ArtifactError, match="manifest.json: is not the file that was saved"):
        load_artifact(folder)


@pytest.mark.parametrize("value", [0, 2, "1", None])
def test_another_format_is_refused(folder: Path, value: object) -> None:
    """An older or newer package wrote it; retraining helps."""
    edit_manifest(folder, lambda manifest: manifest.update(format=value))
    with pytest.raises(ArtifactError, match="expected 1: retrain"):
        load_artifact(folder)


@pytest.mark.parametrize("key", ["files", "labels", "version"])
def test_a_manifest_without_a_part_is_refused(folder: Path, key: str) -> None:
    """One clear line, no traceback."""
    edit_manifest(folder, lambda manifest: manifest.pop(key))
    with pytest.raises(ArtifactError):
        load_artifact(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '"x"'])
def test_a_manifest_that_is_no_object_is_refused(folder: Path, text: str) -> None:
    """A file that was cut off or replaced."""
    (folder / "manifest.json").write_text(text, encoding="utf-8")
    with pytest.raises(ArtifactError, match="manifest.json"):
        load_artifact(folder)


def test_a_folder_that_is_no_model_is_refused(tmp_path: Path) -> None:
    """The path was mistyped."""
    with pytest.raises(ArtifactError, match="nowhere: no model folder"):
        load_artifact(tmp_path / "nowhere")


def test_the_folder_holds_no_pickle(tiny_model: Path) -> None:
    """Loading a model must never run code that came with it."""
    files = [path for path in tiny_model.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} <= {".json", ".safetensors", ".yaml", ".txt"}
    assert not [path for path in files if path.read_bytes()[:1] == b"\x80"]


def test_the_version_names_the_content(tiny_model: Path) -> None:
    """Twelve hex digits: two models of one version are one model."""
    name, _, digest = load_artifact(tiny_model).version.rpartition("-")
    assert name == "huiyin"
    assert len(digest) == 12
