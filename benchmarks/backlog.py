"""The backlog's figures, all of one run: speed beside peers, memory, linearity, kills, Spark.

python -m benchmarks.backlog [--sizes 100000 1000000 5000000] [--kills 25] [--spark]
python -m benchmarks.backlog --only-rows N OUT.parquet
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from benchmarks.backlog_peers import HOW_TO_BUILD, peers
from benchmarks.backlog_rows import make_rows
from benchmarks.backlog_runs import Run, on_spark, score, survive_kills


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
    parser.add_argument("--teacher-rows", type=int, default=2_000)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--spark", action="store_true")
    parser.add_argument("--only-rows", nargs=2, metavar=("N", "OUT"))
    given = parser.parse_args()
    if given.only_rows:
        make_rows(Path(given.only_rows[1]), int(given.only_rows[0]))
        return
    load = " ".join(f"{x:.1f}" for x in os.getloadavg())
    print(f"{given.workers} workers, {os.cpu_count()} cores, load {load}", flush=True)
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
        yield f"rows/s, {n:,} rows, start included", f"{runs[-1].rate:,.0f}", ""
        yield f"peak memory, {n:,} rows, MB", f"{runs[-1].peak_mb:,.0f}", "<= 1,500"
    grown = runs[-1].peak_mb / runs[-2].peak_mb - 1 if len(runs) > 1 else 0.0
    yield "  largest size against the one before", f"{grown:+.1%}", "within 5%"
    yield "cost of a row, last sizes against first", f"{curvature(runs):+.1%}", "within 5%"
    first = folder / f"{min(given.sizes)}.parquet"
    rates = peers(first, min(given.sizes), given.teacher_rows, given.workers, folder)
    yield from _beside_peers(runs[-1], rates)
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
    yield "  x fastText behind segmentation", f"{run.rate / rates['fasttext']:.2f}", ">= 1"
    yield "  fastText behind segmentation, rows/s", f"{rates['fasttext']:,.0f}", ""
    if "teacher" in rates:
        yield "  x the transformer (teacher, int8)", f"{run.rate / rates['teacher']:,.0f}", ">= 300"
        yield "  the transformer, rows/s", f"{rates['teacher']:,.1f}", ""
    else:
        yield "  x the transformer (teacher, int8)", "not measured", f"first: {HOW_TO_BUILD}"


if __name__ == "__main__":
    main()
