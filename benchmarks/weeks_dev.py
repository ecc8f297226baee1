"""Weeks made of a held-out trade of the authored complaints: how ways are chosen.

The axes of known causes are learnt from the other trades; causes with at least ten rows count.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from benchmarks.themes_dev import CORPUS, learn_without
from benchmarks.weeks import measure, simulate
from models.encoders import Encoder
from models.text import normalize
from models.themes import ThemeSettings
from pipeline.store.engine import open_store

LEAST_ROWS = 10


def rows_of(corpus: pd.DataFrame, trade: str) -> tuple[list[str], list[set[str]]]:
    """Texts of one trade's authored complaints with frequent causes, and each one's cause."""
    chosen = (corpus["trade"] == trade) & (corpus["intent"] == "complaint")
    rows = corpus[chosen & (corpus["source"] == "authored") & (corpus["cause"] != "未说明原因")]
    rows = rows[rows["cause"].map(rows["cause"].value_counts()) >= LEAST_ROWS]
    return [normalize(text) for text in rows["text"]], [{cause} for cause in rows["cause"]]


def measure_trades(
    trades: Sequence[str], encoder: Encoder, settings: ThemeSettings, disjoint: bool, seed: int
) -> None:
    """Print one line of figures a trade."""
    corpus = pd.read_parquet(CORPUS).fillna("")
    with tempfile.TemporaryDirectory() as folder:
        for trade in trades:
            axes = learn_without(trade, corpus, encoder, Path(folder))
            texts, causes = rows_of(corpus, trade)
            start = time.perf_counter()
            store = open_store(f"sqlite:///{folder}/{trade}.db")
            played = simulate(store, texts, causes, encoder, settings, disjoint, seed, axes)
            figures = measure(*played) | {"seconds": time.perf_counter() - start}
            shown = " ".join(f"{key}={value:.3f}" for key, value in figures.items())
            print(f"{trade} rows={len(texts)} {shown}", flush=True)
