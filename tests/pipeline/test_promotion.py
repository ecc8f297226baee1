"""Promoting past the gate, with the real MLflow on SQLite and models of a few kilobytes."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from tiny_model import make_tiny_model

from models.errors import DataError
from pipeline.compare_models import compare_models
from pipeline.compare_words import as_document, as_text
from pipeline.frozen_data import digest_text, log_frozen
from pipeline.gate import GateParams
from pipeline.promotion import GATE_TAG, PromotionRefusedError, promote_past_gate
from pipeline.registry import list_versions, read_history, register
from pipeline.tracking import TrackingSettings, make_client, start_run
from tests.tiny import tiny_corpus

pytestmark = pytest.mark.slow
STRICT = GateParams(
    class_tolerance=0.0, certainty=0.5, min_class_rows=2, min_rows=2, n_draws=100, speed_loss=0.99
)
MILD = GateParams(min_rows=10_000, n_draws=100, speed_loss=0.99)


def corpus() -> pd.DataFrame:
    """The authored rows, a third of them held out for measuring."""
    rows = tiny_corpus()
    return rows.assign(split=rows["split"].replace("valid", "test"))


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> TrackingSettings:
    """A champion and a challenger with other random weights; they answer otherwise."""
    folder = tmp_path_factory.mktemp("promotion")
    settings = TrackingSettings(mlflow_uri=f"sqlite:///{folder}/mlflow.db", user="李雷")
    for seed in (1, 2):
        with start_run(f"seed-{seed}", settings=settings) as run:
            log_frozen(run, corpus())
            run.log_metrics({"label_issues": {"rate": 0.01 * seed}})
            register(run, make_tiny_model(folder / f"seed-{seed}", seed))
    return settings


def champion(settings: TrackingSettings) -> int:
    """Who serves."""
    return next(v.version for v in list_versions(settings) if "champion" in v.aliases)


def test_a_worse_challenger_is_refused_and_the_refusal_recorded(settings: TrackingSettings) -> None:
    """The champion stays, and the registry's page shows why."""
    with pytest.raises(PromotionRefusedError, match=r"第 2 版没有上线[\s\S]*--force --reason"):
        promote_past_gate(2, params=STRICT, settings=settings)
    assert champion(settings) == 1
    assert list_versions(settings)[0].tags[GATE_TAG] == "refused against version 1"
    shown = make_client(settings).get_model_version("huiyin", "2").description
    assert shown.startswith("结论 不可上线")


def test_what_a_person_wrote_of_a_version_stays(settings: TrackingSettings) -> None:
    """The verdict fills an empty description only."""
    client = make_client(settings)
    client.update_model_version("huiyin", "2", "学了十一月的更正")
    with pytest.raises(PromotionRefusedError):
        promote_past_gate(2, params=STRICT, settings=settings)
    assert client.get_model_version("huiyin", "2").description == "学了十一月的更正"


def test_force_needs_a_reason_and_leaves_a_trace(settings: TrackingSettings) -> None:
    """Whoever overrides the gate answers for it."""
    with pytest.raises(ValueError, match="needs a reason"):
        promote_past_gate(2, is_forced=True, settings=settings)
    promote_past_gate(2, is_forced=True, reason="老板要", params=STRICT, settings=settings)
    last = read_history(settings=settings)[-1]
    assert (last.version, last.reason, last.who) == (2, "老板要", "李雷")
    assert last.forced
    promote_past_gate(1, params=MILD, settings=settings)
    assert champion(settings) == 1
    assert read_history(settings=settings)[-1].forced == ()


def test_a_comparison_reads_as_text_and_as_a_document(settings: TrackingSettings) -> None:
    """The same figures for people and for programs."""
    match = compare_models("champion", "newest", params=MILD, settings=settings)
    document = as_document(match)
    assert document["sets"]["test"]["rows"] == 20
    assert document["after"]["issue_rate"] == 0.02
    assert "冻结的测试集 20 条" in as_text(match)


def test_corrections_that_were_learnt_from_do_not_count(settings: TrackingSettings) -> None:
    """A model that was taught the answers would pass any exam."""
    rows = corpus()
    match = compare_models("1", "2", rows, params=MILD, settings=settings)
    corrections = match.comparison.sets[1]
    assert corrections.rows == 20
    assert corrections.left_out == len(rows) - 20


def test_folders_compare_on_the_prepared_corpus(settings: TrackingSettings, tmp_path: Path) -> None:
    """Before anything was registered, two folders can be compared all the same."""
    one, two = (str(make_tiny_model(tmp_path / name, seed)) for seed, name in ((1, "a"), (2, "b")))
    with pytest.raises(DataError, match="run dvc repro"):
        compare_models(one, two, corpus=tmp_path / "none.parquet", params=MILD, settings=settings)
    corpus().to_parquet(tmp_path / "corpus.parquet")
    match = compare_models(
        one, two, corpus=tmp_path / "corpus.parquet", params=MILD, settings=settings
    )
    assert match.comparison.sets[0].rows == 20


def test_the_same_words_have_the_same_digest() -> None:
    """Full width, spaces and a phone number must not hide a test row."""
    assert digest_text("ＡＰＰ闪退  电话13812345678") == digest_text("APP闪退 电话13987654321")
