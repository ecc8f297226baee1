"""Runs of `huiyin score` as a user starts them: timed, watched, killed, on Spark."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.backlog_rows import SEED
from models.artifact import file_digest

AS_OF = "2026-11-23T09:00:00"
SAMPLE_S = 0.25
_CLI = "from pipeline.cli import run; run()"


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
    return subprocess.Popen(
        [sys.executable, "-c", _CLI, *command, "--as-of", AS_OF, *more],
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
