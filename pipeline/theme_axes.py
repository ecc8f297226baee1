"""Stage `theme_axes`: learn, in seconds, along which directions causes differ for one encoder.

The rows are short texts and failing clauses of labelled complaints of the corpus, in public reviews
those that state the row's cause, and clauses of praise as background. Nothing that the themes are
measured on is among them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from pydantic import Field

from models.encoders import Encoder, SentenceEncoder, unit_rows
from models.theme_axes import (
    AXES_FOLDER,
    PROBES,
    CauseAxes,
    bare,
    gram_vectorizer,
)
from pipeline.output import atomic_writer
from pipeline.params import PARAMS_FILE, StageParams, load_params
from pipeline.stage import run_stage
from pipeline.theme_clauses import choose_clauses, training_clauses


class AxesParams(StageParams):
    """What changes the axes.

    Attributes:
        n_words: Width of the character view.
        min_count: Clauses that a run of characters must stand in.
        word_weight: Weight of the character view beside the encoder's.
        n_axes: Discriminant directions.
        shrinkage: How far the scatter within causes is drawn to a sphere.
        min_clauses: Rarer causes are not learnt.
        n_background: Clauses of praise at most.
        epochs: Passes of the softmax.
        learning_rate: Its peak rate.
        dropout: Share of features left out at each step.
        seed: Of the reduction, the order of clauses and what is left out.
    """

    n_words: Annotated[int, Field(ge=2, le=1000)] = 200
    min_count: Annotated[int, Field(ge=1)] = 4
    word_weight: Annotated[float, Field(gt=0, le=5)] = 1.2
    n_axes: Annotated[int, Field(ge=2, le=500)] = 100
    shrinkage: Annotated[float, Field(ge=0, le=1)] = 0.3
    min_clauses: Annotated[int, Field(ge=2)] = 4
    n_background: Annotated[int, Field(ge=0)] = 600
    epochs: Annotated[int, Field(ge=1, le=100)] = 12
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 0.02
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    seed: int = 0


def learn_from(corpus: pd.DataFrame, encoder: Encoder, params: AxesParams) -> CauseAxes:
    """Learn axes from a corpus: first from short rows, then from long ones too.

    Args:
        corpus: Labelled rows with text, intent, cause and source.
        encoder: Whose vectors are read along them.
        params: How.

    Returns:
        The axes.
    """
    sure, long = training_clauses(corpus, params.min_clauses, params.n_background)
    axes = learn_axes(sure, encoder, params)
    return learn_axes(
        choose_clauses(sure, long, axes, encoder, params.min_clauses), encoder, params
    )


def learn_axes(clauses: pd.DataFrame, encoder: Encoder, params: AxesParams) -> CauseAxes:
    """Learn axes.

    Args:
        clauses: Columns text, cause and weight.
        encoder: Whose vectors are read along them.
        params: How.

    Returns:
        The axes.
    """
    from sklearn.decomposition import TruncatedSVD

    texts = list(clauses["text"])
    vectorizer = gram_vectorizer(min_df=params.min_count)
    counts = vectorizer.fit_transform(bare(texts))
    svd = TruncatedSVD(
        min(params.n_words, min(counts.shape) - 1), n_iter=3, random_state=params.seed
    )
    words = svd.fit(counts).components_.T
    view = params.word_weight * unit_rows(counts @ words)
    features = np.hstack([unit_rows(encoder.encode(texts)), view])
    causes, classes = np.unique(clauses["cause"].to_numpy(dtype=str), return_inverse=True)
    mean, axes = _discriminants(features, classes, params)
    head, bias = _softmax_head(features, classes, clauses["weight"].to_numpy(), params)
    return CauseAxes(
        grams=tuple(vectorizer.get_feature_names_out()),
        idf=vectorizer.idf_,
        words=words,
        word_weight=params.word_weight,
        mean=mean,
        axes=axes,
        head=head,
        bias=bias,
        causes=tuple(causes.tolist()),
        probes=encoder.encode(list(PROBES)),
    )


def _discriminants(
    features: np.ndarray, classes: np.ndarray, params: AxesParams
) -> tuple[np.ndarray, np.ndarray]:
    """Directions in which causes lie apart, measured by the scatter within them."""
    from scipy.linalg import eigh

    sizes = np.bincount(classes)
    centres = np.zeros((len(sizes), features.shape[1]))
    np.add.at(centres, classes, features)
    centres /= sizes[:, None]
    mean = features.mean(axis=0)
    rest = features - centres[classes]
    within = rest.T @ rest / len(features)
    sphere = np.trace(within) / len(within) * np.eye(len(within))
    within = (1 - params.shrinkage) * within + params.shrinkage * sphere
    # Square roots of the sizes keep the largest causes from taking every axis.
    spread = (centres - mean) * np.sqrt(np.sqrt(sizes))[:, None]
    between = spread.T @ spread / np.sqrt(sizes).sum()
    n = len(within)
    values, axes = eigh(between, within, subset_by_index=[max(0, n - params.n_axes), n - 1])
    return mean, axes[:, np.argsort(-values)]


def _softmax_head(
    features: np.ndarray, classes: np.ndarray, weights: np.ndarray, params: AxesParams
) -> tuple[np.ndarray, np.ndarray]:
    import torch
    from torch.nn import functional

    torch.manual_seed(params.seed)
    scale = 8.0
    x = torch.tensor(features * scale, dtype=torch.float32)
    y, w = torch.tensor(classes), torch.tensor(weights, dtype=torch.float32)
    head = torch.zeros(x.shape[1], int(classes.max()) + 1, requires_grad=True)
    bias = torch.zeros(head.shape[1], requires_grad=True)
    optimizer = torch.optim.AdamW([head, bias], lr=params.learning_rate, weight_decay=1e-4)
    steps = params.epochs * -(-len(y) // 256)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    for _ in range(params.epochs):
        for batch in torch.split(torch.randperm(len(y)), 256):
            logits = functional.dropout(x[batch], params.dropout) @ head + bias
            losses = functional.cross_entropy(
                logits, y[batch], reduction="none", label_smoothing=0.05
            )
            optimizer.zero_grad()
            _step(losses, w[batch])
            optimizer.step()
            schedule.step()
    return head.detach().numpy() * scale, bias.detach().numpy()


def _step(losses: Any, weights: Any) -> None:
    ((losses * weights).sum() / weights.sum()).backward()


def load_encoder(model: Path) -> Encoder:
    """Load a model folder's encoder, the student's or a transformer's.

    Args:
        model: The folder.

    Returns:
        The encoder.
    """
    from models.artifact import MANIFEST, load_artifact

    if (model / MANIFEST).exists():
        return load_artifact(model).encoder
    return SentenceEncoder.load(model, max_length=64)


def main(
    corpus: Annotated[Path, typer.Argument(help="the prepared corpus, Parquet")],
    model: Annotated[Path, typer.Argument(help="model folder: the student or a teacher")],
    output: Annotated[Path | None, typer.Argument(help="the axes, safetensors")] = None,
    params: Annotated[Path, typer.Option()] = PARAMS_FILE,
) -> None:
    """Learn the cause axes of MODEL from CORPUS; by default next to the others of the package."""
    from safetensors.numpy import save

    settings = load_params(AxesParams, "theme_axes", params)
    axes = learn_from(pd.read_parquet(corpus).fillna(""), load_encoder(model), settings)
    output = output or AXES_FOLDER / f"{model.name}.safetensors"
    with atomic_writer(output) as file:
        file.write(save(axes.tensors()))
    typer.echo(f"{len(axes.causes)} causes: {output}", err=True)


if __name__ == "__main__":
    run_stage(main)
