"""Writing a model folder: what goes in comes out, and the same content has the same version."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from models.analysis import FeedbackModel
from models.artifact import UNKNOWN, Artifact
from pipeline.distill import data_sources
from pipeline.model_folder import write_model_folder
from tests.tiny import LEXICON, TAXONOMY, tiny_corpus

AT = datetime(2026, 11, 23, 9)
ROWS = [{"text": text} for text in tiny_corpus()["text"]]


def write(artifact: Artifact, folder: Path, **facts: object) -> str:
    return write_model_folder(
        folder,
        artifact.encoder.vocabulary[:-1],
        artifact.encoder.table[:-1],
        {f.name: getattr(artifact.heads, f.name) for f in fields(artifact.heads)},
        artifact.space,
        artifact.calibration,
        data_sources(TAXONOMY, LEXICON),
        facts,
    )


def test_saving_and_loading_keeps_predictions(
    feedback_model: FeedbackModel, tmp_path: Path
) -> None:
    """Only the version may differ, as it names the manifest's facts too."""
    write(feedback_model.artifact, tmp_path / "m")
    again = FeedbackModel.load(tmp_path / "m").analyze(ROWS, AT)
    for new, old in zip(again, feedback_model.analyze(ROWS, AT), strict=True):
        assert (new.type, new.types, new.subtype, new.intent) == (
            *(old.type, old.types, old.subtype),
            old.intent,
        )
        assert (new.confidence, new.urgency_score) == (old.confidence, old.urgency_score)


def test_the_same_content_has_the_same_version(artifact: Artifact, tmp_path: Path) -> None:
    """No clock, no path and no random id goes in."""
    assert write(artifact, tmp_path / "a", data="x") == write(artifact, tmp_path / "b", data="x")
    files = sorted(p.relative_to(tmp_path / "a") for p in (tmp_path / "a").rglob("*.*"))
    for name in files:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_other_facts_make_another_version(artifact: Artifact, tmp_path: Path) -> None:
    """Trained on other data, it is another model."""
    assert write(artifact, tmp_path / "a", data="x") != write(artifact, tmp_path / "b", data="y")


def test_an_older_folder_is_replaced_whole(artifact: Artifact, tmp_path: Path) -> None:
    """A file of the old model must not stay among the new ones."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "old.txt").write_text("old")
    write(artifact, tmp_path / "m")
    assert not (tmp_path / "m" / "old.txt").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["m"]


def test_a_failed_write_leaves_the_older_folder(
    artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scoring goes on with the old model."""
    write(artifact, tmp_path / "m", data="old")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("pipeline.model_folder.write_manifest", fail)
    with pytest.raises(OSError, match="disk full"):
        write(artifact, tmp_path / "m", data="new")
    assert FeedbackModel.load(tmp_path / "m").artifact.manifest["data"] == "old"


def test_the_unknown_feature_stands_last_and_weighs_nothing(tiny_model: Path) -> None:
    """sentence-transformers maps every unknown feature to it."""
    tokenizer = json.loads((tiny_model / "tokenizer.json").read_text(encoding="utf-8"))
    table = load_file(tiny_model / "model.safetensors")["embedding.weight"]
    vocabulary = tokenizer["model"]["vocab"]
    assert vocabulary[UNKNOWN] == len(vocabulary) - 1 == len(table) - 1
    assert not table[-1].any()


def test_the_table_is_stored_in_half_precision(tiny_model: Path) -> None:
    """Half the bytes; the heads stay in single precision."""
    assert load_file(tiny_model / "model.safetensors")["embedding.weight"].dtype == np.float16
    assert {v.dtype for v in load_file(tiny_model / "heads.safetensors").values()} == {
        np.dtype(np.float32)
    }


def test_the_manifest_lists_every_file(tiny_model: Path) -> None:
    """A file outside the list could change unseen."""
    manifest = json.loads((tiny_model / "manifest.json").read_text(encoding="utf-8"))
    found = {p.relative_to(tiny_model).as_posix() for p in tiny_model.rglob("*") if p.is_file()}
    assert set(manifest["files"]) == found - {"manifest.json"}


def test_the_manifest_says_what_it_was_made_by(tiny_model: Path) -> None:
    """Another version of the segmenter could cut otherwise."""
    manifest = json.loads((tiny_model / "manifest.json").read_text(encoding="utf-8"))
    assert {"python", "numpy", "rjieba", "opencc"} <= set(manifest["made_by"])
