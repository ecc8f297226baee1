"""The student in torch: a table of feature vectors, two views on it, taught by a teacher.

`models.heads` computes the same numbers without torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from pydantic import Field
from torch import nn
from torch.nn import functional

from models.classifier import LabelSpace
from models.clauses import split_clauses
from models.features import Cut, clause_features
from models.heads import CLAUSE_SCALE, TEXT_SCALE
from pipeline.multitask import TYPE_WEIGHT, Targets, label_loss
from pipeline.params import StageParams

Ids = list[np.ndarray]


class StudentParams(StageParams):
    """What changes the student.

    Attributes:
        dim: Width of a feature's vector.
        hidden: Hidden features of the clause view.
        max_features: Size of the table.
        min_count: Texts that a feature must occur in.
        epochs: Passes over all texts.
        batch_size: Texts a step.
        learning_rate: Peak rate.
        feature_dropout: Share of features hidden in training.
        hidden_dropout: Share of the clause view's features hidden in training.
        hard_weight: Weight of the readers' labels beside the teacher's.
        soft_weight: Weight of the teacher's judgement.
        vector_weight: Weight of matching the teacher's vectors.
        label_smoothing: Chance mass given to the other labels.
        seed: Of weights, order and dropout.
    """

    dim: Annotated[int, Field(ge=8, le=1024)] = 128
    hidden: Annotated[int, Field(ge=8, le=1024)] = 128
    max_features: Annotated[int, Field(ge=100)] = 60_000
    min_count: Annotated[int, Field(ge=1)] = 3
    epochs: Annotated[int, Field(ge=1, le=200)] = 8
    batch_size: Annotated[int, Field(ge=8, le=4096)] = 256
    learning_rate: Annotated[float, Field(gt=0, le=1)] = 5e-3
    feature_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.3
    hidden_dropout: Annotated[float, Field(ge=0, lt=1)] = 0.2
    hard_weight: Annotated[float, Field(ge=0)] = 1.0
    soft_weight: Annotated[float, Field(ge=0)] = 1.0
    vector_weight: Annotated[float, Field(ge=0)] = 1.0
    label_smoothing: Annotated[float, Field(ge=0, lt=0.5)] = 0.05
    seed: int = 0


@dataclass(frozen=True)
class Teaching:
    """What the student learns from; one entry a text.

    Attributes:
        ids: For each text its clauses' feature ids.
        targets: The readers' labels; only rows with `is_labelled` count.
        is_labelled: Whether a reader labelled the text, bool.
        soft: The teacher's chances, heads side by side, shape (n, n_logits); None without teacher.
        vectors: The teacher's vectors, shape (n, teacher_dim); None without teacher.
    """

    ids: list[Ids]
    targets: Targets
    is_labelled: torch.Tensor
    soft: torch.Tensor | None = None
    vectors: torch.Tensor | None = None


class Student(nn.Module):
    """Table, text view and clause view; see `models.heads` for what they mean."""

    def __init__(self, n_features: int, space: LabelSpace, teacher_dim: int, params: StudentParams):
        super().__init__()
        n_logits = sum(space.widths)
        self.params = params
        self.widths = space.widths
        self.table = nn.EmbeddingBag(n_features, params.dim, mode="sum")
        nn.init.normal_(self.table.weight, std=0.05)
        self.text = nn.Linear(params.dim, n_logits)
        self.hidden = nn.Linear(params.dim, params.hidden)
        self.clause = nn.Linear(params.hidden, n_logits, bias=False)
        self.to_teacher = nn.Linear(params.dim, teacher_dim)

    def forward(self, texts: Sequence[Ids]) -> tuple[torch.Tensor, torch.Tensor]:
        """Score texts.

        Args:
            texts: Their clauses' feature ids.

        Returns:
            Logits, shape (n, n_logits), and unit vectors, shape (n, dim).
        """
        ids, offsets, owners = _flatten(texts)
        weights = None
        if self.training and self.params.feature_dropout:
            kept = 1 - self.params.feature_dropout
            weights = (torch.rand(len(ids)) < kept).float() / kept
        clauses = self.table(ids, offsets, per_sample_weights=weights)
        total = torch.zeros(len(texts), clauses.shape[1]).index_add_(0, owners, clauses)
        vectors = functional.normalize(total, dim=1)
        hidden = functional.relu(self.hidden(functional.normalize(clauses, dim=1) * CLAUSE_SCALE))
        owner_columns = owners[:, None].expand_as(hidden)
        strongest = torch.zeros(len(texts), hidden.shape[1])
        strongest = strongest.scatter_reduce(0, owner_columns, hidden, "amax")
        strongest = functional.dropout(strongest, self.params.hidden_dropout, self.training)
        return self.text(vectors * TEXT_SCALE) + self.clause(strongest), vectors

    def tensors(self) -> dict[str, np.ndarray]:
        """Give the weights by the names that `models.heads` uses.

        Returns:
            Arrays, float32.
        """
        named = {
            "text_weights": self.text.weight.T,
            "bias": self.text.bias,
            "hidden_weights": self.hidden.weight.T,
            "hidden_bias": self.hidden.bias,
            "clause_weights": self.clause.weight.T,
        }
        return {k: np.ascontiguousarray(v.detach().numpy()) for k, v in named.items()}


def features_of(texts: Sequence[str], cut: Cut) -> list[list[list[str]]]:
    """List the features of each clause of each text.

    Args:
        texts: Normalised texts.
        cut: Word segmentation.

    Returns:
        Features by text and clause; a text without clauses has one empty clause.
    """
    return [[clause_features(c.spoken, cut) for c in split_clauses(t)] or [[]] for t in texts]


def choose_vocabulary(features: Sequence[list[list[str]]], params: StudentParams) -> list[str]:
    """Pick the features that occur in the most texts.

    Args:
        features: Features by text and clause.
        params: Size and least count.

    Returns:
        Features, the most frequent first, ties in code point order.
    """
    counts: Counter[str] = Counter()
    for text in features:
        counts.update({feature for clause in text for feature in clause})
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [f for f, n in ranked if n >= params.min_count][: params.max_features]


def to_ids(features: Sequence[list[list[str]]], vocabulary: Sequence[str]) -> list[Ids]:
    """Turn features into table rows, unknown ones dropped.

    Args:
        features: Features by text and clause.
        vocabulary: Features in table order.

    Returns:
        Ids by text and clause.
    """
    index = {feature: i for i, feature in enumerate(vocabulary)}
    return [
        [
            np.array([i for i in map(index.get, clause) if i is not None], np.int64)
            for clause in text
        ]
        for text in features
    ]


def fit(student: Student, teaching: Teaching, params: StudentParams) -> Iterator[float]:
    """Train the student, an epoch at a time.

    Args:
        student: The student; its weights change.
        teaching: What to learn from.
        params: How.

    Yields:
        The mean loss of each epoch.
    """
    n_texts = len(teaching.ids)
    steps = params.epochs * -(-n_texts // params.batch_size)
    weights = [w for w in student.parameters() if w.requires_grad]
    optimizer = torch.optim.Adam(weights, lr=params.learning_rate)
    warm_up = max(0.1, 1.5 / max(steps, 4))  # at 1 / steps the schedule divides by 0
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, params.learning_rate, total_steps=steps, pct_start=warm_up, cycle_momentum=False
    )
    rng = np.random.default_rng(params.seed)
    torch.manual_seed(params.seed)
    for _ in range(params.epochs):
        student.train()
        order = rng.permutation(n_texts)
        losses = []
        for start in range(0, n_texts, params.batch_size):
            loss = _loss(student, teaching, order[start : start + params.batch_size], params)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            losses.append(float(loss.detach()))
        yield float(np.mean(losses))
    student.eval()


def _loss(
    student: Student, teaching: Teaching, rows: np.ndarray, params: StudentParams
) -> torch.Tensor:
    logits, vectors = student([teaching.ids[i] for i in rows])
    heads = list(torch.split(logits, list(student.widths), dim=1))
    index = torch.from_numpy(rows)
    loss = logits.sum() * 0
    labelled = teaching.is_labelled[index]
    if bool(labelled.any()):
        hard = label_loss(
            [head[labelled] for head in heads],
            teaching.targets.take(rows[labelled.numpy()]),
            params.label_smoothing,
        )
        loss = loss + params.hard_weight * hard * labelled.float().mean()
    if teaching.soft is not None:
        loss = loss + params.soft_weight * _soft_loss(heads, teaching.soft[index])
    if teaching.vectors is not None:
        near = functional.cosine_similarity(student.to_teacher(vectors), teaching.vectors[index])
        loss = loss + params.vector_weight * (1 - near).mean()
    total: torch.Tensor = loss
    return total


def _soft_loss(heads: Sequence[torch.Tensor], soft: torch.Tensor) -> torch.Tensor:
    intent, subtype, types, urgency = torch.split(soft, [h.shape[1] for h in heads], dim=1)
    loss = functional.binary_cross_entropy_with_logits(heads[2], types) * TYPE_WEIGHT
    for logits, chances in ((heads[0], intent), (heads[1], subtype), (heads[3], urgency)):
        loss = loss - (chances * logits.log_softmax(1)).sum(1).mean()
    return loss


def _flatten(texts: Sequence[Ids]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    clauses = [clause for text in texts for clause in text]
    owners = [i for i, text in enumerate(texts) for _ in text]
    ends = np.cumsum([0] + [len(clause) for clause in clauses])
    return (
        torch.from_numpy(np.concatenate(clauses)),
        torch.from_numpy(ends[:-1]),
        torch.tensor(owners),
    )
