"""A model against labelled rows: every figure that was promised, and clear errors."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from models.analysis import FeedbackModel
from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.evaluate import as_text, evaluate, main, predict, read_gold, slices
from tests.tiny import tiny_corpus

PROMISED = (
    *("intent_macro_f1", "type_macro_f1", "subtype_macro_f1", "urgency_macro_f1"),
    *("types_micro_f1", "urgency_quadratic_kappa"),
)


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """Labelled rows as a person would save them."""
    tiny_corpus().to_csv(tmp_path / "gold.csv", index=False, encoding="utf-8-sig")
    return tmp_path / "gold.csv"


@pytest.fixture(scope="module")
def report(feedback_model: FeedbackModel, taxonomy: Taxonomy) -> dict[str, object]:
    """The tiny model on its own rows."""
    truth = tiny_corpus()
    return evaluate(truth, predict(feedback_model, list(truth["text"])), taxonomy)


@pytest.mark.parametrize("name", PROMISED)
def test_every_promised_figure_is_printed(report: dict[str, object], name: str) -> None:
    """Macro-F1 of four labels, micro-F1 of types, quadratic kappa."""
    assert f"{name} " in as_text(report)


@pytest.mark.parametrize("label", ["intent", "type", "subtype", "urgency"])
def test_every_confusion_table_is_printed(
    report: dict[str, object], taxonomy: Taxonomy, label: str
) -> None:
    """With all classes, those without a row too."""
    text = as_text(report)
    assert f"{label}: truth down, prediction across" in text
    assert f"{label} by class" in text
    assert all(name in text for name in taxonomy.subtype_names)


def test_confusion_counts_every_row_once(report: dict[str, object]) -> None:
    """A lost row would flatter the model."""
    tables = report["confusion"]
    assert isinstance(tables, dict)
    for table in tables.values():
        assert sum(sum(row.values()) for row in table.values()) == 60


def test_a_model_does_well_on_what_it_learnt(report: dict[str, object]) -> None:
    """The figures are of this model on these rows, not of a shuffled answer."""
    figures = report["figures"]
    assert isinstance(figures, dict)
    assert figures["type_accuracy"] > 0.6


def test_the_report_survives_json(report: dict[str, object]) -> None:
    """`--json` prints it."""
    assert json.loads(json.dumps(report)) == report


def test_only_slices_with_enough_rows_are_measured(
    feedback_model: FeedbackModel, report: dict[str, object]
) -> None:
    """Ten rows say nothing."""
    truth = tiny_corpus().assign(trade=["电商"] * 35 + ["银行"] * 25)
    found = slices(truth, predict(feedback_model, list(truth["text"])))
    assert {"trade=电商", "channel=app", "source=authored"} <= set(found)
    assert not {"trade=银行", "several types", "length>40"} & set(found)


def test_gold_is_read_as_it_was_saved(gold: Path, taxonomy: Taxonomy) -> None:
    """A byte order mark is no part of the first column's name."""
    assert list(read_gold(gold, taxonomy)["text"]) == list(tiny_corpus()["text"])


@pytest.mark.parametrize("column", ["text", "intent", "types", "urgency", "cause"])
def test_a_wrong_column_name_is_told_with_those_found(
    gold: Path, taxonomy: Taxonomy, column: str
) -> None:
    """The header may be in other words."""
    pd.read_csv(gold).rename(columns={column: "列"}).to_csv(gold, index=False)
    with pytest.raises(DataError, match=rf"gold.csv: columns \['{column}'\] are missing.*'列'"):
        read_gold(gold, taxonomy)


def test_a_wrong_label_is_told_by_row(gold: Path, taxonomy: Taxonomy) -> None:
    """Measuring against a misspelt label would count it as a mistake."""
    pd.read_csv(gold, keep_default_na=False).replace("inquiry", "question").to_csv(
        gold, index=False
    )
    with pytest.raises(DataError, match=r"gold.csv: \d+ wrong labels\n  row \d+: intent is"):
        read_gold(gold, taxonomy)


def test_a_short_line_is_told_by_row(gold: Path, taxonomy: Taxonomy) -> None:
    """A file that was cut off in the middle of its last line."""
    head = "text,intent,type,subtype,urgency,cause,types"
    gold.write_text(f"{head}\n好,praise,other,praise,low\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 2: types must begin with type"):
        read_gold(gold, taxonomy)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "cannot be read"), ("", "cannot be read"), ("客户,文本\n".encode("gb18030"), "UTF-8")],
)
def test_a_file_that_cannot_be_read_is_refused_by_name(
    tmp_path: Path, taxonomy: Taxonomy, content: str | bytes | None, message: str
) -> None:
    """Missing, empty or in another encoding."""
    path = tmp_path / "gold.csv"
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=f"gold.csv.*{message}"):
        read_gold(path, taxonomy)


def test_a_file_of_only_a_header_is_refused(gold: Path, taxonomy: Taxonomy) -> None:
    """Figures of no rows are no figures."""
    tiny_corpus().head(0).to_csv(gold, index=False)
    with pytest.raises(DataError, match="gold.csv: has no rows"):
        read_gold(gold, taxonomy)


def test_the_stage_measures_the_test_rows_alone(tiny_model: Path, tmp_path: Path) -> None:
    """Rows that were learnt from would flatter the model."""
    corpus = tiny_corpus()
    corpus.loc[:9, "split"] = "test"
    corpus.to_parquet(tmp_path / "corpus.parquet")
    main(tmp_path / "corpus.parquet", tiny_model, tmp_path / "m.json", tmp_path / "r.json")
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    assert report["rows"] == 10
    assert json.loads((tmp_path / "m.json").read_text(encoding="utf-8")) == report["figures"]


def test_the_stage_writes_the_points_of_its_plots(tiny_model: Path, tmp_path: Path) -> None:
    """`dvc plots diff` draws two versions of a model over each other."""
    corpus = tiny_corpus()
    corpus.loc[:9, "split"] = "test"
    corpus.to_parquet(tmp_path / "corpus.parquet")
    output = tmp_path / "m.json", tmp_path / "r.json", tmp_path / "plots"
    main(tmp_path / "corpus.parquet", tiny_model, *output)
    confusion = pd.read_csv(tmp_path / "plots" / "confusion-type.csv")
    assert list(confusion["actual"]) == list(corpus.loc[:9, "type"])
    calibration = pd.read_csv(tmp_path / "plots" / "calibration.csv")
    assert calibration["rows"].sum() == 10
    assert calibration["right"].between(0, 1).all()
