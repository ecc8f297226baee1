"""Stage `distill`: a student that judges like its teacher at the speed of a table look-up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import torch
import typer
from safetensors.numpy import load_file

from models.artifact import file_digest
from models.classifier import LabelSpace, softmax
from models.encoders import StaticEncoder
from models.heads import StudentHeads
from models.segmentation import Segmenter
from models.taxonomy import Taxonomy
from pipeline.calibrate import calibrate
from pipeline.model_folder import write_model_folder
from pipeline.multitask import targets_of
from pipeline.params import load_params
from pipeline.stage import run_stage
from pipeline.student import (
    Student,
    StudentParams,
    Teaching,
    choose_vocabulary,
    features_of,
    fit,
    to_ids,
)

HELD_OUT = ("valid", "test")


def soften(logits: np.ndarray, space: LabelSpace) -> np.ndarray:
    """Turn the teacher's logits into chances.

    Args:
        logits: Shape (n, sum of `space.widths`).
        space: The labels.

    Returns:
        Same shape: softmax for intent, subtype and urgency, sigmoid for types.
    """
    intent, subtype, types, urgency = space.split(logits.astype(np.float64))
    parts = [softmax(intent), softmax(subtype), 1 / (1 + np.exp(-types)), softmax(urgency)]
    return np.concatenate(parts, axis=1).astype(np.float32)


def distill(
    corpus: pd.DataFrame,
    texts: Sequence[str],
    teacher: dict[str, np.ndarray],
    space: LabelSpace,
    segmenter: Segmenter,
    params: StudentParams,
) -> tuple[list[str], Student]:
    """Train a student.

    Args:
        corpus: Labelled rows with their split; only `train` rows are learnt from.
        texts: The corpus's texts in order, then unlabelled ones.
        teacher: `vectors` and `logits` of `texts`.
        space: The labels.
        segmenter: Word segmentation.
        params: How.

    Returns:
        The vocabulary in table order, and the student.
    """
    torch.manual_seed(params.seed)
    held_out = corpus["split"].isin(HELD_OUT).to_numpy()
    kept = np.flatnonzero(~np.concatenate([held_out, np.zeros(len(texts) - len(corpus), bool)]))
    features = features_of([texts[int(i)] for i in kept], segmenter.cut)
    vocabulary = choose_vocabulary(features, params)
    known = corpus[~held_out]
    padding = pd.DataFrame([known.iloc[0]] * (len(kept) - len(known)))
    is_labelled = np.zeros(len(kept), dtype=bool)
    is_labelled[: len(known)] = known["split"] == "train"
    vectors = teacher["vectors"][kept].astype(np.float32)
    teaching = Teaching(
        to_ids(features, vocabulary),
        targets_of(pd.concat([known, padding]), space, []),
        torch.from_numpy(is_labelled),
        torch.from_numpy(soften(teacher["logits"][kept], space)),
        torch.from_numpy(vectors - vectors.mean(axis=0)),
    )
    student = Student(len(vocabulary), space, vectors.shape[1], params)
    for epoch, loss in enumerate(fit(student, teaching, params), start=1):
        typer.echo(f"epoch {epoch}/{params.epochs}: loss {loss:.4f}", err=True)
    return vocabulary, student


def student_logits(
    vocabulary: Sequence[str],
    table: np.ndarray,
    student: Student,
    segmenter: Segmenter,
    texts: Sequence[str],
) -> np.ndarray:
    """Score texts as the shipped model will: in numpy, from the rounded table.

    Args:
        vocabulary: Features in table order.
        table: Their vectors.
        student: Holder of the heads.
        segmenter: Word segmentation.
        texts: Normalised texts.

    Returns:
        Shape (n, n_logits), float32.
    """
    encoder = StaticEncoder(vocabulary, table.astype(np.float16), segmenter.cut)
    return StudentHeads.of(student.tensors()).logits(encoder.encode_clauses(texts))


def main(
    corpus: Annotated[Path, typer.Argument(help="the prepared corpus, Parquet")],
    texts: Annotated[Path, typer.Argument(help="all texts, Parquet")],
    judgement: Annotated[Path, typer.Argument(help="the teacher's vectors and logits")],
    output: Annotated[Path, typer.Argument(help="model folder")],
    taxonomy: Annotated[Path, typer.Option()] = Path("data/taxonomy.yaml"),
    lexicon: Annotated[Path, typer.Option()] = Path("data/lexicon"),
) -> None:
    """Distil the teacher's JUDGEMENT into the model folder OUTPUT."""
    params = load_params(StudentParams, "student")
    rows = pd.read_parquet(corpus)
    pairs = list(zip(rows["intent"], rows["subtype"], strict=True))
    space = LabelSpace.of(Taxonomy.load(taxonomy), pairs)
    segmenter = Segmenter.load(lexicon)
    all_texts = list(pd.read_parquet(texts)["text"])
    vocabulary, student = distill(rows, all_texts, load_file(judgement), space, segmenter, params)
    table = student.table.weight.detach().numpy()
    valid = rows[rows["split"] == "valid"]
    logits = student_logits(vocabulary, table, student, segmenter, list(valid["text"]))
    facts: dict[str, Any] = {"corpus": file_digest(corpus), "student": params.model_dump()}
    version = write_model_folder(
        output,
        vocabulary,
        table,
        student.tensors(),
        space,
        calibrate(logits, valid, space),
        data_sources(taxonomy, lexicon),
        facts,
    )
    typer.echo(f"{version}: {len(vocabulary)} features", err=True)


def data_sources(taxonomy: Path, lexicon: Path) -> dict[str, Path]:
    """Name the files that a model folder carries along.

    Args:
        taxonomy: The taxonomy file.
        lexicon: Folder of words, stop words and urgent facts.

    Returns:
        Path by name in the folder.
    """
    names = ("urgency.yaml", "words.txt", "stopwords.txt")
    return {"taxonomy.yaml": taxonomy, **{name: lexicon / name for name in names}}


if __name__ == "__main__":
    run_stage(main)
