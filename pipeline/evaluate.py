"""Stage `evaluate`: a model against labelled rows it never saw."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from models.analysis import FeedbackModel
from models.errors import DataError
from models.results import FeedbackResult
from models.taxonomy import Taxonomy
from pipeline.corpus import check_labels
from pipeline.data_contract import quoted
from pipeline.metrics import LABELS, Predictions, confusion, measure, per_class
from pipeline.output import atomic_writer
from pipeline.plot_tables import plot_tables
from pipeline.slices import slices, slices_as_text
from pipeline.stage import run_stage

# Deadlines do not matter here, but every row needs a time to count them from.
ANY_TIME = datetime(2026, 1, 5, 9)


def predict(model: FeedbackModel, texts: Sequence[str]) -> Predictions:
    """Score texts.

    Args:
        model: The model.
        texts: Raw texts.

    Returns:
        Its labels.
    """
    results = model.analyze([{"text": text} for text in texts], as_of=ANY_TIME)
    return as_predictions(results)


def as_predictions(results: Sequence[FeedbackResult]) -> Predictions:
    """Take labels and scores out of results.

    Args:
        results: Scored rows.

    Returns:
        The same as columns.
    """
    frame = pd.DataFrame(
        {
            "intent": [r.intent for r in results],
            "type": [r.type for r in results],
            "types": [";".join(r.types) for r in results],
            "subtype": [r.subtype for r in results],
            "urgency": [r.urgency for r in results],
        }
    )
    confidence = np.array([r.confidence for r in results])
    return Predictions(frame, confidence, np.array([r.urgency_score for r in results]))


def evaluate(truth: pd.DataFrame, predicted: Predictions, taxonomy: Taxonomy) -> dict[str, object]:
    """Measure a model.

    Args:
        truth: Labelled rows with their text.
        predicted: The model's answers.
        taxonomy: Order of the labels.

    Returns:
        `figures`, `slices`, and per label `classes` and `confusion`, ready for JSON.
    """
    names = _names(taxonomy)
    frame = predicted.frame
    return {
        "rows": len(truth),
        "figures": measure(truth, predicted),
        "slices": slices(truth, predicted),
        "classes": {k: per_class(truth[k], frame[k], names[k]).to_dict("index") for k in LABELS},
        "confusion": {k: confusion(truth[k], frame[k], names[k]).to_dict("index") for k in LABELS},
    }


def as_text(report: dict[str, object]) -> str:
    """Lay an evaluation out for a terminal.

    Args:
        report: What `evaluate` gave.

    Returns:
        Figures, slices, per-class tables and confusion tables.
    """
    figures = pd.Series(report["figures"])
    lines = [f"rows {report['rows']}", "", *[f"{k:32} {v:.3f}" for k, v in figures.items()]]
    classes, tables, parts = report["classes"], report["confusion"], report["slices"]
    assert isinstance(parts, dict)
    lines += ["", slices_as_text(parts)] if parts else []
    assert isinstance(classes, dict)
    assert isinstance(tables, dict)
    for label in LABELS:
        lines += ["", f"{label} by class", _table(classes[label]).round(3).to_string()]
        lines += ["", f"{label}: truth down, prediction across", _table(tables[label]).to_string()]
    return "\n".join(lines)


def read_gold(path: Path, taxonomy: Taxonomy) -> pd.DataFrame:
    """Read labelled rows for measuring.

    Args:
        path: CSV with text, intent, type, types, subtype, urgency and cause.
        taxonomy: The labels that may occur.

    Returns:
        The rows.

    Raises:
        DataError: If the file, a column or a label is wrong; names it.
    """
    try:
        rows = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as UTF-8 CSV ({error})") from error
    rows = rows.fillna("")  # what a short line lacks
    missing = {"text", "types", "cause", *LABELS} - set(rows.columns)
    if missing:
        found = ", ".join(map(quoted, rows.columns))
        raise DataError(f"{path}: columns {sorted(missing)} are missing, found [{found}]")
    if rows.empty:
        raise DataError(f"{path}: has no rows")
    check_labels(rows, taxonomy, str(path))
    return rows


def _table(content: dict[str, dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame.from_dict(content, orient="index")


def _names(taxonomy: Taxonomy) -> dict[str, tuple[str, ...]]:
    return {
        "intent": taxonomy.intent_names,
        "type": taxonomy.type_names,
        "subtype": taxonomy.subtype_names,
        "urgency": taxonomy.urgency_names,
    }


def main(
    corpus: Annotated[Path, typer.Argument(help="the prepared corpus, Parquet")],
    model: Annotated[Path, typer.Argument(help="model folder")],
    output: Annotated[Path, typer.Argument(help="metrics, JSON")],
    report: Annotated[Path, typer.Option(help="full report, JSON")],
    plots: Annotated[Path | None, typer.Option(help="folder for dvc plots, CSV")] = None,
) -> None:
    """Measure MODEL on the frozen test rows of CORPUS."""
    rows = pd.read_parquet(corpus)
    truth = rows[rows["split"] == "test"].reset_index(drop=True)
    loaded = FeedbackModel.load(model)
    predicted = predict(loaded, list(truth["text"]))
    content = evaluate(truth, predicted, loaded.artifact.taxonomy)
    for path, value in ((output, content["figures"]), (report, content)):
        with atomic_writer(path) as file:
            file.write((json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode())
    if plots is not None:
        for name, table in plot_tables(truth, predicted).items():
            with atomic_writer(plots / name) as file:
                table.to_csv(file, index=False)
    typer.echo(as_text(content), err=True)


if __name__ == "__main__":
    run_stage(main)
