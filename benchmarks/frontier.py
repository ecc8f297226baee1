"""Accuracy against speed, ours beside what others would build from the same corpus.

    python -m benchmarks.frontier GOLD_CSV [--teacher models/artifacts/teacher] [--only PATTERN]

All learn from the train split of data/processed/corpus.parquet and are judged on the gold file, of
which only totals are printed. Speed is taken over the same reviews on the same cores. One run
fills the table in about ten minutes on two quiet cores; a side that cannot run says why. Writes
docs/frontier.md and docs/images/frontier.png at the end.
"""

from __future__ import annotations

import argparse
import functools
import gc
import os
import random
import re
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
from sklearn.metrics import f1_score

from benchmarks import frontier_bags as bags
from benchmarks import frontier_transformers as transformers
from benchmarks.frontier_page import RATE, draw, write_page
from benchmarks.frontier_sides import SEED, Label, Side
from models.analysis import FeedbackModel
from models.privacy import mask
from models.text import normalize
from pipeline.corpus import review_lines
from pipeline.evaluate import read_gold
from pipeline.metrics import LABELS, types_micro_f1

CORPUS = Path("data/processed/corpus.parquet")
SHARES = (0.05, 0.1, 0.2, 0.5)
LEAST_S, BUDGET_S = 2.0, 20.0
INSTALL = "; pip install -e '.[bench,train,cascade]'"
Row = dict[str, object]
Make = Callable[[Path], Side]


def main() -> None:
    """Measure, print each side as it is done, write the page and the plot."""
    options, started = _options(), time.perf_counter()
    load = os.getloadavg()[0]
    model = FeedbackModel.load()
    gold = read_gold(options.gold, model.artifact.taxonomy)
    clean = [mask(normalize(text)).text for text in gold["text"]]
    corpus = pd.read_parquet(CORPUS)
    train = corpus[corpus["split"] == "train"].reset_index(drop=True)
    reviews = [t for p in ("neg", "pos") for t in review_lines(p) if t]
    random.Random(SEED).shuffle(reviews)
    rows: list[Row] = []
    for name, (make, n_timed) in _contenders(options, train, model).items():
        if re.search(options.only, name):
            rows.append(measured(name, make, gold, clean, reviews, n_timed))
            print(f"[{time.perf_counter() - started:4.0f} s] {_said(rows[-1])}", flush=True)
    table = pd.DataFrame(rows)
    head = _head(len(train), len(gold), options, load, model.version)
    write_page(options.page, head, table)
    if RATE in table:
        draw(table, options.plot, len(gold))
    print(f"{head}\nwritten: {options.page}, {options.plot}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--teacher", type=Path, default=Path("models/artifacts/teacher"))
    parser.add_argument("--base", type=Path, default=Path("models/artifacts/teacher-base"))
    parser.add_argument("--opinion", type=Path, default=Path("models/artifacts/teacher-int8"))
    parser.add_argument("--rows", type=int, default=2_000, help="reviews to time, at least")
    parser.add_argument("--slow-rows", type=int, default=200, help="the same for transformers")
    parser.add_argument("--frozen-rows", type=int, default=4_000, help="of the frozen base's heads")
    parser.add_argument("--only", default="", help="sides whose name this pattern is found in")
    parser.add_argument("--page", type=Path, default=Path("docs/frontier.md"))
    parser.add_argument("--plot", type=Path, default=Path("docs/images/frontier.png"))
    return parser.parse_args()


def _contenders(
    options: argparse.Namespace, train: pd.DataFrame, model: FeedbackModel
) -> dict[str, tuple[Make, int]]:
    """How to make each side, and how many reviews to time it on; the slow ones come last."""
    space, teacher, opinion = model.artifact.space, options.teacher, options.opinion
    fast, slow, base = options.rows, options.slow_rows, options.base
    tune = transformers
    found: dict[str, tuple[Make, int]] = {
        "majority class": (lambda to: bags.majority(train, to), fast),
        "TF-IDF words + LinearSVC": (lambda to: bags.tfidf_words_svc(train, to), fast),
        "TF-IDF chars + LR": (lambda to: bags.tfidf_chars_lr(train, to), fast),
        "fastText, jieba words": (lambda to: bags.fasttext_words(train, to), fast),
        "huiyin student": (lambda to: tune.ours(None, 0, to), fast),
    }
    for share in SHARES:
        cascade: Make = lambda to, share=share: tune.ours(opinion, share, to)  # type: ignore[misc]  # noqa: E731
        found[f"huiyin cascade {share:g}"] = (cascade, fast)
    return found | {
        "fine-tuned teacher, int8": (lambda to: tune.teacher_int8(opinion, space, to), slow),
        "fine-tuned teacher, bf16": (
            lambda to: tune.teacher_bf16(teacher, opinion, space, to),
            slow,
        ),
        "teacher's words, model2vec-style": (
            lambda to: bags.word_distillation(train, teacher, to),
            fast,
        ),
        "frozen e5-small + LR": (
            lambda to: tune.frozen_lr(train, base, options.frozen_rows, to),
            slow,
        ),
        "SetFit on e5-small": (lambda to: tune.setfit(train, base, to), slow),
    }


def measured(
    name: str,
    make: Make,
    gold: pd.DataFrame,
    clean: Sequence[str],
    reviews: Sequence[str],
    n_timed: int,
) -> Row:
    """Make a side and measure it; one that fails says why and ends nothing."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        try:
            side = make(Path(folder))
            made_s = time.perf_counter() - started
            label, load_s = _loaded(side, clean[:1])
            figures = _figures(gold, label(clean)) | rates(label, reviews, n_timed)
        except Exception as error:  # whatever a peer's library throws, the others still run
            return {"side": name, "why not": _reason(error)}
    rest = {"MB": round(side.size_mb, 1), "load s": round(load_s, 2), "made in s": round(made_s)}
    return {"side": name, **figures, **rest, "learnt from": side.learnt_from}


def _loaded(side: Side, text: Sequence[str]) -> tuple[Label, float]:
    side.load()(text)  # pays for imports and the disk's cache, so that these count for no side
    gc.collect()
    _forget()
    started = time.perf_counter()
    label = side.load()
    label(text)
    return label, time.perf_counter() - started


def _forget() -> None:
    """Empty our modules' caches: what they hold belongs to loading, as in a new process."""
    for name, module in list(sys.modules.items()):
        if name.startswith("models."):
            for thing in list(vars(module).values()):
                if isinstance(thing, functools._lru_cache_wrapper):
                    thing.cache_clear()


def _figures(gold: pd.DataFrame, said: pd.DataFrame) -> Row:
    figures: Row = {f"{n} F1": round(_macro_f1(gold[n], said[n]), 3) for n in LABELS}
    return figures | {"types micro-F1": round(types_micro_f1(gold["types"], said["types"]), 3)}


def _macro_f1(truth: pd.Series, said: pd.Series) -> float:
    names = sorted(set(truth))
    return float(f1_score(truth, said, labels=names, average="macro", zero_division=0.0))


def rates(label: Label, reviews: Sequence[str], least: int) -> Row:
    """Label at least so many reviews for two seconds or more, in four passes or more."""
    n_done, gone, step = 0, 0.0, max(1, least // 4)
    started, started_cpu = time.perf_counter(), time.process_time()
    while n_done < len(reviews) and gone < BUDGET_S and (n_done < least or gone < LEAST_S):
        label(reviews[n_done : n_done + step])
        n_done = min(n_done + step, len(reviews))
        gone = time.perf_counter() - started
    cpu = time.process_time() - started_cpu
    return {"rows/s": round(n_done / gone), RATE: round(n_done / max(cpu, 1e-3))}


def _reason(error: Exception) -> str:
    said = (str(error).splitlines() or [""])[0][:160]
    return f"{type(error).__name__}: {said}{INSTALL if isinstance(error, ImportError) else ''}"


def _said(row: Row) -> str:
    return " · ".join(f"{name} {value}" for name, value in row.items()).removeprefix("side ")


def _head(n_train: int, n_gold: int, options: argparse.Namespace, load: float, version: str) -> str:
    return (
        "`make bench-frontier GOLD=…` prints and writes this page and the plot.\n"
        f"{version}; learnt from {n_train:,} rows, judged on {n_gold} gold rows, timed on at least "
        f"{options.rows:,} reviews ({options.slow_rows:,} for transformers alone) or for "
        f"{BUDGET_S:.0f} s, {os.cpu_count()} cores.\n"
        f"Load average at the start {load:.1f}: above 1 the speeds are provisional, they share the "
        "cores with other work.\n"
    )


if __name__ == "__main__":
    main()
