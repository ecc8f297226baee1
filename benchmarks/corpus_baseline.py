"""What the corpus alone is worth: a frozen encoder, character n-grams and logistic regression.

    python -m benchmarks.corpus_baseline GOLD/gold_dev.csv --without 2000 500 0

Nothing is tuned: both views have unit rows, the regression has its library's defaults but for
balanced classes and runs until it has converged. `--without N` leaves out the N authored rows that
were written last, a share of each trade, to see what they added; the vocabulary and the centre stay
those of all rows. Minutes on two cores: five to embed, then a fit for every label and N.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from scipy import sparse
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score, recall_score

from models.encoders import SentenceEncoder, unit_rows
from models.text import normalize

LABELS = ("type", "intent", "urgency")
TEACHER_BASE = "models/artifacts/teacher-base"


def views(corpus: pd.DataFrame, gold: pd.DataFrame) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
    """Features of both sets: character 1-3-grams beside centred vectors."""
    encoder = SentenceEncoder.load(TEACHER_BASE)
    known, asked = (encoder.encode([normalize(t) for t in rows["text"]]) for rows in (corpus, gold))
    centre = known.mean(axis=0)
    grams = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=3, sublinear_tf=True)
    grams.fit(corpus["text"])
    return tuple(  # type: ignore[return-value]
        sparse.hstack(
            [grams.transform(rows["text"]), sparse.csr_matrix(unit_rows(vectors - centre))],
            format="csr",
        )
        for rows, vectors in ((corpus, known), (gold, asked))
    )


def main() -> None:
    """Print one line a label and number of rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--corpus", type=Path, default=Path("data/processed/corpus.parquet"))
    parser.add_argument(
        "--without", type=int, nargs="*", default=[0], help="last authored rows left out"
    )
    parser.add_argument("--jobs", type=int, default=-1, help="fits at once; -1: one a core")
    arguments = parser.parse_args()
    corpus = pd.read_parquet(arguments.corpus)
    gold = pd.read_csv(arguments.gold, dtype=str, keep_default_na=False)
    known, asked = views(corpus, gold)
    latest = _latest_first(corpus)
    trials = [
        (label, np.setdiff1d(np.arange(len(corpus)), latest[:left_out]))
        for left_out in arguments.without
        for label in LABELS
    ]
    guesses = Parallel(n_jobs=arguments.jobs, return_as="generator")(
        delayed(_guess)(known[kept], corpus[label].to_numpy()[kept], asked)
        for label, kept in trials
    )
    for (label, kept), guess in zip(trials, guesses, strict=True):
        print(f"{len(kept):6} rows  {_line(label, gold[label], guess)}", flush=True)


def _guess(known: sparse.csr_matrix, labels: np.ndarray, asked: sparse.csr_matrix) -> np.ndarray:
    learner = LogisticRegression(max_iter=10_000, class_weight="balanced")
    return np.asarray(learner.fit(known, labels).predict(asked))


def _latest_first(corpus: pd.DataFrame) -> np.ndarray:
    """Authored rows by how late they were written within their trade: ids count upwards."""
    authored = np.flatnonzero(corpus["source"] == "authored")
    ids = corpus["id"].iloc[authored].str.rpartition("-")
    place = ids[2].astype(int).groupby(ids[0]).rank(pct=True)
    return authored[np.argsort(-place.to_numpy(), kind="stable")]


def _line(label: str, truth: pd.Series, guess: np.ndarray) -> str:
    present = sorted(set(truth))
    f1 = f1_score(truth, guess, average="macro", labels=present, zero_division=0)
    line = f"{label:8} macro-F1 {f1:.3f}  accuracy {(truth.to_numpy() == guess).mean():.3f}"
    if label == "urgency":
        high = recall_score(truth, guess, labels=["high"], average="macro", zero_division=0)
        line += f"  recall of high {high:.3f}"
    return line


if __name__ == "__main__":
    main()
