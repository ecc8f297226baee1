"""What the other rows of a training set say about each label; kept with the run, without texts.

A model that saw no row of the same cause says what each row looks like, when it is sure. Compared
with what another model was trained on (`pipeline.contradictions`), this tells wrong labels from
wrong guesses: a guess is as often wrong on old rows as on new ones.
"""

from __future__ import annotations

import hashlib
from collections.abc import Container

import numpy as np
import pandas as pd

from pipeline.audit_labels import group_names
from pipeline.frozen_data import digest_text
from pipeline.label_issues import N_FOLDS, OTHER_AT_LEAST, Encode, issue_key, out_of_fold
from pipeline.metrics import LABELS

ID, TEXT, CAUSE, LOOKS = "id", "text", "cause", "_looks"
TAUGHT = ("train", "valid")
_N_HEX = 16


def weigh_labels(
    corpus: pd.DataFrame, encode: Encode, settled: Container[str] = frozenset()
) -> pd.DataFrame:
    """Say what each row that teaches looks like to a model that never saw its cause.

    Args:
        corpus: The prepared corpus with its splits; rows that measure are left out.
        encode: Turns texts into unit vectors.
        settled: Keys of questions about labels that a person answered; nothing is said of those.

    Returns:
        One row each: its id, digests `text` and `cause`, the labels, and for each label `…_looks`:
        the class that the row surely looks like, often its own; empty if nothing is sure.
    """
    rows = corpus[corpus["split"].isin(TAUGHT)].reset_index(drop=True)
    vectors = encode(list(rows["text"])) if len(rows) else np.zeros((0, 1), np.float32)
    groups = group_names(rows)
    texts = [digest_text(text) for text in rows["text"]]
    table = pd.DataFrame({ID: rows["id"], TEXT: texts, CAUSE: [_digest(name) for name in groups]})
    for label in LABELS:
        looks = _looks(rows, label, vectors, groups)
        is_settled = np.array(
            [
                issue_key(text, label, given) in settled
                for text, given in zip(texts, rows[label], strict=True)
            ],
            dtype=bool,
        )
        table[label] = rows[label].to_numpy(dtype=str)
        table[label + LOOKS] = np.where(is_settled, "", looks)
    return table


def _looks(rows: pd.DataFrame, label: str, vectors: np.ndarray, groups: pd.Series) -> np.ndarray:
    names, given = np.unique(rows[label].to_numpy(dtype=str), return_inverse=True)
    if len(names) < 2 or groups.nunique() < N_FOLDS:
        return np.full(len(rows), "")
    chances = out_of_fold(vectors, given, groups, len(names))
    looks = np.where(chances.max(axis=1) > OTHER_AT_LEAST, names[chances.argmax(axis=1)], "")
    if label != "type":
        return looks
    # A row may be of several types: a second one is no contradiction.
    is_also = [look in types.split(";") for look, types in zip(looks, rows["types"], strict=True)]
    return np.where(is_also, names[given], looks)


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:_N_HEX]
