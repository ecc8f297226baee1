"""What a contender of `benchmarks.frontier` is, and what several of them share."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.metrics import LABELS

SEED = 0
Texts = Sequence[str]
Label = Callable[[Texts], pd.DataFrame]
Lines = Callable[[Texts], list[str]]


@dataclass(frozen=True)
class Side:
    """A contender that has learnt and stands on disk.

    Attributes:
        load: Reads it; the result gives columns intent, type, types, subtype and urgency.
        size_mb: On disk.
        learnt_from: What it was given, for the table.
    """

    load: Callable[[], Label]
    size_mb: float
    learnt_from: str = ""


@dataclass(frozen=True)
class Heads:
    """One linear classifier a label, and one a type for the set of types."""

    labels: dict[str, Any]
    types: Any
    names: Any

    @classmethod
    def fit(cls, vectors: Any, rows: pd.DataFrame, make: Callable[[], Any]) -> Heads:
        """Learn from the rows' vectors."""
        from sklearn.multiclass import OneVsRestClassifier
        from sklearn.preprocessing import MultiLabelBinarizer

        labels = {name: make().fit(vectors, rows[name]) for name in LABELS}
        names = MultiLabelBinarizer()
        applies = names.fit_transform([types.split(";") for types in rows["types"]])
        return cls(labels, OneVsRestClassifier(make()).fit(vectors, applies), names)

    def label(self, vectors: Any) -> pd.DataFrame:
        """Give the labels of vectors."""
        said = {name: head.predict(vectors) for name, head in self.labels.items()}
        sets = self.names.inverse_transform(self.types.predict(vectors))
        return with_main(pd.DataFrame(said).assign(types=[";".join(row) for row in sets]))


def regression(strength: float = 10.0) -> Any:
    """A logistic regression."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=100)


def jieba_lines() -> Lines:
    """Load jieba's dictionary anew; texts then become words with spaces between them."""
    import logging

    import jieba

    jieba.setLogLevel(logging.WARNING)
    cutter = jieba.Tokenizer()
    cutter.initialize()
    return lambda texts: [" ".join(w for w in cutter.lcut(text) if w.strip()) for text in texts]


def plain_lines() -> Lines:
    """Texts as they are."""
    return list


def with_main(frame: pd.DataFrame) -> pd.DataFrame:
    """Put the main type into the set of types."""
    pairs = zip(frame["types"], frame["type"], strict=True)
    return frame.assign(types=[";".join({*t.split(";"), m} - {""}) for t, m in pairs])


def keep(thing: object, folder: Path) -> Path:
    """Pickle a thing into a side's folder."""
    path = folder / "learnt.pickle"
    path.write_bytes(pickle.dumps(thing))
    return path


def kept(path: Path) -> Any:
    """Read it back."""
    return pickle.loads(path.read_bytes())


def rows_said(n_rows: int) -> str:
    """Say how many rows a side learnt from."""
    return f"{n_rows:,} rows"


def folder_mb(folder: Path) -> float:
    """Size of a folder's files."""
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) / 1e6
