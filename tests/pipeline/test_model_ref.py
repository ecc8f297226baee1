"""The three ways to name a model."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.model_ref import resolve_model


def test_nothing_means_the_shipped_model() -> None:
    """`FeedbackModel.load(None)` takes it."""
    assert resolve_model(None) is None


@pytest.mark.parametrize("ref", ["models/artifacts/candidate", "/srv/model", "."])
def test_a_path_is_a_folder(ref: str) -> None:
    """Whether it is a model is checked when it is loaded."""
    assert resolve_model(ref) == Path(ref)


def test_a_registered_name_asks_the_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    """And only then: MLflow takes seconds to import."""
    monkeypatch.setattr("pipeline.registry.resolve", lambda ref: Path("/found") / ref[-8:])
    assert resolve_model("models:/huiyin@champion") == Path("/found/champion")
