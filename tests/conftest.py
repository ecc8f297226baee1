"""What tests share: a tiny model built once, and hypothesis without a stopwatch."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from models.analysis import FeedbackModel
from models.artifact import Artifact
from models.taxonomy import Taxonomy
from tests.tiny import TAXONOMY, build_tiny_model

os.environ.setdefault("HF_HUB_OFFLINE", "1")

# Machines that test are busy: a slow example is no failure.
settings.register_profile("huiyin", deadline=None, print_blob=True)
settings.load_profile("huiyin")


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a real, small model; copy it before changing anything."""
    return build_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="session")
def feedback_model(tiny_model: Path) -> FeedbackModel:
    """The tiny model, loaded."""
    return FeedbackModel.load(tiny_model)


@pytest.fixture(scope="session")
def artifact(feedback_model: FeedbackModel) -> Artifact:
    """The tiny model's parts."""
    return feedback_model.artifact


@pytest.fixture(scope="session")
def taxonomy() -> Taxonomy:
    """The codebook as data."""
    return Taxonomy.load(TAXONOMY)
