"""New heads on an old table, from a company's own labels."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from models.analysis import FeedbackModel
from models.artifact import Artifact
from models.taxonomy import Taxonomy
from pipeline.distill import data_sources
from pipeline.train import Trained, TrainParams, save, train
from tests.tiny import LEXICON, TAXONOMY, tiny_corpus

PARAMS = TrainParams(epochs=3, batch_size=16)
AT = datetime(2026, 11, 23, 9)


@pytest.fixture(scope="module")
def trained(artifact: Artifact, taxonomy: Taxonomy) -> Trained:
    """Heads for the tiny model's table."""
    return train(tiny_corpus(), artifact, taxonomy, PARAMS)


@pytest.fixture(scope="module")
def folder(trained: Trained, artifact: Artifact, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The model folder of these heads."""
    folder = tmp_path_factory.mktemp("trained") / "candidate"
    save(trained, artifact, folder, data_sources(TAXONOMY, LEXICON), {"corpus": "abc"})
    return folder


def test_the_saved_folder_scores(folder: Path) -> None:
    """It is a whole model."""
    results = FeedbackModel.load(folder).analyze([{"text": "客服骂人"}], AT)
    assert results[0].model_version == FeedbackModel.load(folder).version


def test_table_and_vocabulary_are_the_bases(folder: Path, artifact: Artifact) -> None:
    """Only the heads are new: no transformer is needed."""
    encoder = FeedbackModel.load(folder).artifact.encoder
    assert encoder.vocabulary == artifact.encoder.vocabulary
    assert encoder.table.tobytes() == artifact.encoder.table.tobytes()


def test_the_heads_are_new(folder: Path, artifact: Artifact) -> None:
    """Something was learnt."""
    heads = FeedbackModel.load(folder).artifact.heads
    assert not np.array_equal(heads.text_weights, artifact.heads.text_weights)


def test_the_manifest_names_the_base(folder: Path, artifact: Artifact) -> None:
    """Where the table came from."""
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["base"] == artifact.version
    assert manifest["corpus"] == "abc"
    assert manifest["version"] != artifact.version


def test_the_same_labels_give_the_same_heads(
    trained: Trained, artifact: Artifact, taxonomy: Taxonomy
) -> None:
    """A retrained model must be repeatable."""
    again = train(tiny_corpus(), artifact, taxonomy, PARAMS)
    assert again.calibration == trained.calibration
    for name, values in trained.heads.items():
        assert again.heads[name].tobytes() == values.tobytes()


def test_pairs_come_from_the_labels_at_hand(artifact: Artifact, taxonomy: Taxonomy) -> None:
    """A company may use a pair that the base never saw."""
    corpus = tiny_corpus()
    corpus.loc[0, ["intent", "cause"]] = ["inquiry", ""]
    space = train(corpus, artifact, taxonomy, PARAMS.model_copy(update={"epochs": 1})).space
    at = space.intents.index("inquiry"), space.subtypes.index("malfunction")
    assert space.allowed[at]
    assert not artifact.space.allowed[at]
