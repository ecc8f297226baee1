"""What others need for the same rows, in as many processes.

Segmentation alone is the floor: nobody reads Chinese words faster. fastText learns the authored
corpus' types and predicts one label behind the same segmentation. The transformer is the student's
own teacher, int8, through onnxruntime: all labels, but no evidence, facts, masking or deadlines.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from benchmarks.backlog_rows import AUTHORED
from models.artifact import DEFAULT_FOLDER
from models.segmentation import Segmenter

TEACHER = Path("models/artifacts/teacher-int8")
# Where the fine-tuned teacher is missing too, `dvc repro` makes it first.
HOW_TO_BUILD = (
    "python -m pipeline.cascade data/processed/corpus.parquet models/artifacts/teacher "
    f"models/artifacts/default {TEACHER}"
)
Work = Callable[[list[str], Path | None], int]


def peers(source: Path, n_rows: int, n_taught: int, workers: int, folder: Path) -> dict[str, float]:
    """Rows a second of each peer; the transformer reads fewer rows, and none if it is not there."""
    texts = pq.read_table(source, columns=["text"])["text"].to_pylist()[:n_rows]
    sides: list[tuple[str, Work, Path | None, list[str]]] = [
        ("segmentation", _cut_all, None, texts),
        ("fasttext", _predict_all, _train_fasttext(folder), texts),
    ]
    if TEACHER.is_dir() and n_taught:
        sides.append(("teacher", _teach_all, TEACHER, texts[:n_taught]))
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        return {name: _rate(pool, workers, *side) for name, *side in sides}


def _rate(
    pool: ProcessPoolExecutor, workers: int, work: Work, path: Path | None, texts: list[str]
) -> float:
    shares = [texts[i::workers] for i in range(workers)]
    # Imports, dictionaries and models are not measured.
    list(pool.map(work, [["好"]] * workers, [path] * workers))
    started = time.perf_counter()
    list(pool.map(work, shares, [path] * workers))
    return len(texts) / (time.perf_counter() - started)


_loaded: dict[str, Any] = {}


def _segmenter() -> Segmenter:
    if "cut" not in _loaded:
        _loaded["cut"] = Segmenter.load(DEFAULT_FOLDER)
    found: Segmenter = _loaded["cut"]
    return found


def _cut_all(texts: list[str], _: Path | None = None) -> int:
    cut = _segmenter().cut
    return sum(len(cut(text)) for text in texts)


def _predict_all(texts: list[str], path: Path | None) -> int:
    import fasttext

    if "fasttext" not in _loaded:
        _loaded["fasttext"] = fasttext.load_model(str(path))
    cut, model = _segmenter().cut, _loaded["fasttext"]
    n = 0
    for start in range(0, len(texts), 512):
        lines = [" ".join(cut(t)).replace("\n", " ") for t in texts[start : start + 512]]
        n += len(model.predict(lines)[0])
    return n


def _teach_all(texts: list[str], path: Path | None) -> int:
    from models.second_opinion import SecondOpinion

    if "teacher" not in _loaded:
        _loaded["teacher"] = SecondOpinion.load(path or TEACHER, share=1.0)
    return len(_loaded["teacher"].read(texts))


def _train_fasttext(folder: Path) -> Path:
    import fasttext
    import pandas as pd

    cut, lines = _segmenter().cut, []
    for path in sorted(AUTHORED.glob("*.csv")):
        for row in pd.read_csv(path, dtype=str, keep_default_na=False).to_dict("records"):
            label = row["types"].split(";")[0]
            lines.append(f"__label__{label} {' '.join(cut(row['text']))}".replace("\n", " "))
    train, model = folder / "fasttext.txt", folder / "fasttext.bin"
    train.write_text("\n".join(lines), encoding="utf-8")
    options = {"dim": 64, "epoch": 10, "wordNgrams": 2, "minCount": 2, "bucket": 200_000}
    fasttext.train_supervised(str(train), thread=1, verbose=0, **options).save_model(str(model))
    return model
