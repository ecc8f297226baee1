"""What the API reaches in one run: beside a constant model, the library, MLflow, on bad days.

    python -m benchmarks.api [--seconds 5] [--overload-seconds 60] [--workers 1] [--model FOLDER]

Servers are started one after the other by the same code and asked by wrk from another process
(without wrk by a small asyncio client, which is slower than the server: then only the ratios tell).
On a machine that is busy with other things the column "requests / CPU s" still tells: what one
second of the serving processes' own CPU time answers.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path

import httpx

from benchmarks.api_apps import model_folder
from benchmarks.api_load import Load, has_wrk, put_under_load
from benchmarks.api_server import cpu_s, resident_mb, running
from benchmarks.api_trials import mlflow_server, overload, promotions
from models.analysis import FeedbackModel
from models.deadlines import SHANGHAI
from serve.model_life import WARM_UP_TEXTS
from serve.settings import MAX_ITEMS

CONNECTIONS = (1, 8, 32)
N_BATCHES = 8


def main() -> None:
    """Measure and print."""
    options = _options()
    if "OMP_NUM_THREADS" not in os.environ:
        # As run_server does; read when numpy is imported, so this process starts again.
        os.environ["OMP_NUM_THREADS"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.api", *sys.argv[1:]])
    os.environ["HUIYIN_RATE_PER_S"] = "0"
    if options.model:
        os.environ["HUIYIN_MODEL"] = str(options.model)
    if not has_wrk():
        print("wrk is not installed: a slower client asks, and figures are the client's as well")
    load = os.getloadavg()[0]
    print(f"{os.cpu_count()} cores, load average {load:.1f}, {options.workers} worker(s)")
    loads = _single_rows(options)
    _against_floor(loads)
    _mlflow(options, loads["real", CONNECTIONS[-1]])
    print(promotions(model_folder()))
    print("\n".join(overload(options.overload_seconds)))


def _single_rows(options: argparse.Namespace) -> dict[tuple[str, int], Load]:
    loads: dict[tuple[str, int], Load] = {}
    print("app      connections  requests/s  p99 ms  requests / CPU s  errors")
    for name in ("constant", "real"):
        with running(name, options.workers) as (url, process):
            for n in CONNECTIONS:
                before_s = cpu_s(process)
                load = loads[name, n] = put_under_load(f"{url}/v1/classify", n, options.seconds)
                per_cpu_s = load.n_requests / (cpu_s(process) - before_s)
                print(
                    f"{name:8} {n:11} {load.requests_per_s:11,.0f} "
                    f"{load.p99_ms:7.1f} {per_cpu_s:17,.0f} {load.n_errors:7}"
                )
            if name == "real":
                _batches(url, process)
                print(f"memory after load: {resident_mb(process):.0f} MB a worker (reach 600)")
    return loads


def _batches(url: str, process: subprocess.Popen[bytes]) -> None:
    """By turns, so that both meet the same machine."""
    model = FeedbackModel.load(model_folder())
    items = [{"text": text} for text in _texts()]
    rows = [{"text": text, "created_at": datetime.now(SHANGHAI)} for text in _texts()]
    served_s = own_s = own_cpu_s = served_cpu_s = 0.0
    with httpx.Client(timeout=120) as client:
        for n in range(N_BATCHES + 1):
            begun, begun_cpu_s = time.perf_counter(), cpu_s(process)
            client.post(f"{url}/v1/classify", json={"items": items}).raise_for_status()
            between, between_cpu_s = time.perf_counter(), time.process_time()
            used_cpu_s = cpu_s(process) - begun_cpu_s
            model.analyze(rows)
            if n:  # the first of each warms up
                served_s += between - begun
                own_s += time.perf_counter() - between
                served_cpu_s += used_cpu_s
                own_cpu_s += time.process_time() - between_cpu_s
    served, own = (N_BATCHES * MAX_ITEMS / s for s in (served_s, own_s))
    print(
        f"batches of {MAX_ITEMS}: {served:,.0f} rows/s served, {own:,.0f} by the library: "
        f"{served / own:.0%} (reach 60 %); by CPU time {own_cpu_s / served_cpu_s:.0%}"
    )


def _against_floor(loads: dict[tuple[str, int], Load]) -> None:
    for n in CONNECTIONS:
        real, floor = loads["real", n], loads["constant", n]
        share = real.requests_per_s / floor.requests_per_s
        times = real.p99_ms / floor.p99_ms
        print(
            f"{n} connections: {share:.0%} of the constant model's requests/s (reach 50 %), "
            f"p99 {times:.1f} x its (reach 3)"
        )


def _mlflow(options: argparse.Namespace, real: Load) -> None:
    n = CONNECTIONS[-1]
    other = mlflow_server(model_folder(), n, options.seconds)
    if other is None:
        print("MLflow is not installed: not compared with `mlflow models serve`")
        return
    times = real.requests_per_s / (other.requests_per_s or float("nan"))
    print(
        f"mlflow models serve, {n} connections: {other.requests_per_s:,.0f} requests/s, "
        f"p99 {other.p99_ms:.0f} ms, {other.n_errors} errors; "
        f"ours {times:.1f} x (reach 4)"
    )


def _texts() -> list[str]:
    short = [text for text in WARM_UP_TEXTS if len(text) < 100]
    return [f"{short[i % len(short)]}第{i}次" for i in range(MAX_ITEMS)]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5, help="length of each load")
    parser.add_argument("--overload-seconds", type=float, default=60)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--model", type=Path, help="a model folder; the shipped one by default")
    return parser.parse_args()


if __name__ == "__main__":
    main()
