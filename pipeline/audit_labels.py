"""Rank the labels that are most likely wrong, for a reader to settle.

Nothing is corrected here: the model only says where to look. A row's group never trains the model
that judges it, else the other wordings of its cause would vouch for a shared mistake.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer

from pipeline.output import atomic_writer
from pipeline.stage import run_stage

FIELDS = ("type", "intent", "urgency")
N_FOLDS = 5
_N_FEATURES = 60_000


def find_suspects(corpus: pd.DataFrame, n_folds: int = N_FOLDS, seed: int = 0) -> pd.DataFrame:
    """Rank labels by how little an out-of-fold model believes them.

    The score is confident learning's normalized margin (Northcutt et al. 2021, cleanlab).

    Args:
        corpus: The prepared corpus.
        n_folds: Folds, split by group.
        seed: Names the folds.

    Returns:
        Columns id, text, field, given, suggested, score; the most doubtful first, rows that the
        model agrees with left out.
    """
    from sklearn.model_selection import GroupKFold

    splitter = GroupKFold(n_folds, shuffle=True, random_state=seed)
    folds = list(splitter.split(corpus, groups=group_names(corpus)))
    judged = [_judge(corpus, field, folds) for field in FIELDS]
    return pd.concat(judged).sort_values("score", kind="stable").reset_index(drop=True)


def group_names(corpus: pd.DataFrame) -> pd.Series:
    """Name each row's group, as `prepare` splits them: pair, else cause and trade, else the row.

    Args:
        corpus: Columns id, cause, trade and pair.

    Returns:
        Names, one a row.
    """
    by_cause = ("cause " + corpus["trade"] + " " + corpus["cause"]).where(
        corpus["cause"] != "", "row " + corpus["id"]
    )
    return ("pair " + corpus["pair"]).where(corpus["pair"] != "", by_cause)


def _judge(
    corpus: pd.DataFrame, field: str, folds: list[tuple[np.ndarray, np.ndarray]]
) -> pd.DataFrame:
    from cleanlab.rank import get_label_quality_scores

    names, given = np.unique(corpus[field].to_numpy(dtype=str), return_inverse=True)
    texts = corpus["text"].to_numpy(dtype=str)
    probabilities = np.zeros((len(corpus), len(names)))
    for train, held_out in folds:
        fold = _predict(texts[train], given[train], texts[held_out], len(names))
        probabilities[held_out] = fold
    suspects = corpus[["id", "text"]].assign(
        field=field,
        given=names[given],
        suggested=names[probabilities.argmax(axis=1)],
        score=get_label_quality_scores(given, probabilities, method="normalized_margin"),
    )
    return suspects[suspects["given"] != suspects["suggested"]]


def _predict(
    texts: np.ndarray, labels: np.ndarray, held_out: np.ndarray, n_labels: int
) -> np.ndarray:
    """Train on one part and give the other's probabilities, shape (n_held_out, n_labels)."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectorizer = TfidfVectorizer(
        analyzer="char", ngram_range=(1, 3), sublinear_tf=True, max_features=_N_FEATURES
    )
    model = LogisticRegression(C=5, max_iter=200, tol=1e-3)
    model.fit(vectorizer.fit_transform(texts), labels)
    probabilities = np.zeros((len(held_out), n_labels))
    probabilities[:, model.classes_] = model.predict_proba(vectorizer.transform(held_out))
    return probabilities


def main(
    corpus: Annotated[Path, typer.Argument(help="the prepared corpus, Parquet")],
    output: Annotated[Path, typer.Argument(help="suspected labels, CSV")],
) -> None:
    """Write the labels of CORPUS that a reader should look at, the most doubtful first."""
    suspects = find_suspects(pd.read_parquet(corpus))
    with atomic_writer(output) as file:
        suspects.to_csv(file, index=False, lineterminator="\n")
    typer.echo(f"{len(suspects)} labels to look at, ranked", err=True)


if __name__ == "__main__":
    run_stage(main)
