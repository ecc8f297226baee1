"""Stage `train`: new heads on the student's table, from the labels at hand, in about a minute.

The table of the base model stays as it is, so no transformer is needed: this is what a data
scientist runs on a company's own labels. `pipeline.distill` makes a new table.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from pydantic import Field

from models.analysis import FeedbackModel
from models.artifact import UNKNOWN, Artifact, file_digest
from models.classifier import Calibration, LabelSpace
from models.heads import StudentHeads
from models.taxonomy import Taxonomy
from pipeline.calibrate import calibrate
from pipeline.distill import data_sources
from pipeline.model_folder import write_model_folder
from pipeline.multitask import targets_of
from pipeline.params import StageParams, load_params
from pipeline.stage import run_stage
from pipeline.student import Student, StudentParams, Teaching, features_of, fit, to_ids


class TrainParams(StageParams):
    """What changes the heads.

    Attributes:
        epochs: Passes over the labelled rows.
        batch_size: Rows a step.
        learning_rate: Peak rate.
        feature_dropout: Share of features hidden in training.
        hidden_dropout: Share of the clause view's features hidden in training.
        label_smoothing: Chance mass given to the other labels.
        seed: Of order and dropout.
    """

    epochs: Annotated[int, Field(ge=1, le=500)] = 12
    batch_size: Annotated[int, Field(ge=8, le=4096)] = 256
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 2e-3
    feature_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    hidden_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.05
    seed: int = 0


@dataclass(frozen=True)
class Trained:
    """Heads with what they need to be used.

    Attributes:
        heads: Arrays by the names of `models.heads.StudentHeads`.
        space: The labels.
        calibration: Temperatures and thresholds.
    """

    heads: dict[str, np.ndarray]
    space: LabelSpace
    calibration: Calibration


def train(corpus: pd.DataFrame, base: Artifact, taxonomy: Taxonomy, params: TrainParams) -> Trained:
    """Fit heads on a frozen table.

    Args:
        corpus: Labelled rows with their split: `train` is learnt from, `valid` calibrates.
        base: The model whose table is used.
        taxonomy: The labels.
        params: How.

    Returns:
        Calibrated heads.
    """
    space = LabelSpace.of(taxonomy, list(zip(corpus["intent"], corpus["subtype"], strict=True)))
    rows = corpus[corpus["split"] == "train"]
    student = _student(base, space, params)
    teaching = Teaching(
        to_ids(features_of(list(rows["text"]), base.encoder.cut), base.encoder.vocabulary),
        targets_of(rows, space, []),
        torch.ones(len(rows), dtype=torch.bool),
    )
    for epoch, loss in enumerate(fit(student, teaching, student.params), start=1):
        typer.echo(f"epoch {epoch}/{params.epochs}: loss {loss:.4f}", err=True)
    valid = corpus[corpus["split"] == "valid"]
    clauses = base.encoder.encode_clauses(list(valid["text"]))
    logits = StudentHeads.of(student.tensors()).logits(clauses)
    return Trained(student.tensors(), space, calibrate(logits, valid, space))


def _student(base: Artifact, space: LabelSpace, params: TrainParams) -> Student:
    torch.manual_seed(params.seed)
    n_hidden = base.heads.hidden_bias.shape[0]
    student_params = StudentParams(
        dim=base.encoder.dim,
        hidden=n_hidden,
        soft_weight=0,
        vector_weight=0,
        **params.model_dump(),
    )
    student = Student(len(base.encoder.table), space, 1, student_params)
    with torch.no_grad():
        student.table.weight.copy_(torch.from_numpy(base.encoder.table))
        if space.widths == base.space.widths:
            _copy_heads(student, base.heads)
    student.table.weight.requires_grad = False
    return student


def _copy_heads(student: Student, heads: StudentHeads) -> None:
    """Start from the base model's heads: they hold what its teacher knew."""
    student.text.weight.copy_(torch.from_numpy(heads.text_weights.T.copy()))
    student.text.bias.copy_(torch.from_numpy(heads.bias))
    student.hidden.weight.copy_(torch.from_numpy(heads.hidden_weights.T.copy()))
    student.hidden.bias.copy_(torch.from_numpy(heads.hidden_bias))
    student.clause.weight.copy_(torch.from_numpy(heads.clause_weights.T.copy()))


def save(
    trained: Trained, base: Artifact, output: Path, sources: dict[str, Path], facts: dict[str, Any]
) -> str:
    """Write a model folder with the base model's table and new heads.

    Args:
        trained: The heads.
        base: The model whose table is used.
        output: Folder to write.
        sources: The taxonomy and lexicon files.
        facts: For the manifest.

    Returns:
        The model's version.
    """
    vocabulary: Sequence[str] = [f for f in base.encoder.vocabulary if f != UNKNOWN]
    table = base.encoder.table[: len(vocabulary)]
    return write_model_folder(
        output,
        vocabulary,
        table,
        trained.heads,
        trained.space,
        trained.calibration,
        sources,
        {**facts, "base": base.version},
    )


def main(
    corpus: Annotated[Path, typer.Argument(help="the prepared corpus, Parquet")],
    base: Annotated[Path, typer.Argument(help="model folder whose table is used")],
    output: Annotated[Path, typer.Argument(help="model folder to write")],
    taxonomy: Annotated[Path, typer.Option()] = Path("data/taxonomy.yaml"),
    lexicon: Annotated[Path, typer.Option()] = Path("data/lexicon"),
) -> None:
    """Train heads on CORPUS over the table of BASE and write the model folder OUTPUT."""
    params = load_params(TrainParams, "train")
    artifact = FeedbackModel.load(base).artifact
    trained = train(pd.read_parquet(corpus), artifact, Taxonomy.load(taxonomy), params)
    facts = {"corpus": file_digest(corpus), "train": params.model_dump()}
    version = save(trained, artifact, output, data_sources(taxonomy, lexicon), facts)
    typer.echo(version, err=True)


if __name__ == "__main__":
    run_stage(main)
