"""Sweeps: nested runs, never worse than the start, and taken up where they stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from models.artifact import Artifact
from models.taxonomy import Taxonomy
from pipeline.distill import data_sources
from pipeline.sweep import RANGES, make_judge, study_name, sweep
from pipeline.tracking import TrackingSettings, make_client, start_run
from pipeline.train import TrainParams
from tests.tiny import LEXICON, TAXONOMY, tiny_corpus

pytestmark = pytest.mark.slow
START = TrainParams(epochs=4, batch_size=64, learning_rate=5e-3)


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> TrackingSettings:
    """One database for the module."""
    folder = tmp_path_factory.mktemp("sweep")
    return TrackingSettings(mlflow_uri=f"sqlite:///{folder}/mlflow.db", experiment="sweep")


@pytest.fixture
def parent(settings: TrackingSettings) -> Iterator[str]:
    """An open run for the trials to nest in."""
    with start_run("train", settings=settings) as run:
        yield run.run_id


def by_dropout(params: TrainParams) -> dict[str, float]:
    """Stand in for training: less dropout is better."""
    return {"score": 1 - params.feature_dropout - params.hidden_dropout}


def test_trials_are_children_of_the_open_run(
    settings: TrackingSettings, parent: str, tmp_path: Path
) -> None:
    """The run page shows them below the training they belong to."""
    sweep("nested", START, by_dropout, 3, tmp_path / "s.db", settings)
    client = make_client(settings)
    experiment = client.get_experiment_by_name("sweep").experiment_id
    children = client.search_runs([experiment], f"tags.`mlflow.parentRunId` = '{parent}'")
    assert len(children) == 3
    assert all("train.epochs" in c.data.params and "score" in c.data.metrics for c in children)


@pytest.mark.usefixtures("parent")
def test_the_start_is_tried_first_and_never_beaten_by_worse(
    settings: TrackingSettings, tmp_path: Path
) -> None:
    """A sweep may find nothing; it must not make things worse."""
    found = sweep("first", START, by_dropout, 6, tmp_path / "s.db", settings)
    assert found.first_score == pytest.approx(by_dropout(START)["score"])
    assert found.score >= found.first_score
    assert by_dropout(found.params)["score"] == pytest.approx(found.score)
    assert found.params.seed == START.seed
    for name, (low, high, _) in RANGES.items():
        assert low <= getattr(found.params, name) <= high


@pytest.mark.usefixtures("parent")
def test_a_stopped_sweep_goes_on(settings: TrackingSettings, tmp_path: Path) -> None:
    """The trial that was cut off is done again as another; finished ones are kept."""
    seen: list[TrainParams] = []

    def stop_at_third(params: TrainParams) -> dict[str, float]:
        seen.append(params)
        if len(seen) == 3:
            raise KeyboardInterrupt
        return by_dropout(params)

    with pytest.raises(KeyboardInterrupt):
        sweep("stopped", START, stop_at_third, 5, tmp_path / "s.db", settings)
    found = sweep("stopped", START, stop_at_third, 5, tmp_path / "s.db", settings)
    assert (found.n_done, found.n_new) == (5, 3)
    assert len({p.model_dump_json() for p in seen}) == len(seen)
    assert sweep("stopped", START, by_dropout, 5, tmp_path / "s.db", settings).n_new == 0


@pytest.mark.usefixtures("parent")
def test_a_start_that_was_cut_off_is_tried_again(
    settings: TrackingSettings, tmp_path: Path
) -> None:
    """Otherwise there would be nothing to compare the best with."""

    def stop(params: TrainParams) -> dict[str, float]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep("cut", START, stop, 2, tmp_path / "s.db", settings)
    found = sweep("cut", START, by_dropout, 2, tmp_path / "s.db", settings)
    assert found.first_score == pytest.approx(by_dropout(START)["score"])


def test_no_trials_are_refused(tmp_path: Path) -> None:
    """A study without trials has no best one."""
    with pytest.raises(ValueError, match="n_trials must be at least 1"):
        sweep("none", START, by_dropout, 0, tmp_path / "s.db")


def test_other_rows_or_another_base_begin_another_study(artifact: Artifact) -> None:
    """Scores on different rows cannot be compared."""
    names = {study_name(digest, artifact, START) for digest in ("a" * 32, "b" * 32)}
    names.add(study_name("a" * 32, artifact, START.model_copy(update={"seed": 1})))
    assert len(names) == 3


def test_the_judge_trains_for_real(artifact: Artifact, taxonomy: Taxonomy) -> None:
    """Scores are those of the calibration rows."""
    judge = make_judge(tiny_corpus(), artifact, taxonomy, data_sources(TAXONOMY, LEXICON))
    figures = judge(START)
    assert 0 < figures["score"] <= 1
    assert figures == judge(START)
