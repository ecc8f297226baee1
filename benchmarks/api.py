"""Requests a second and p99 of the API beside the same application with a constant model.

    python -m benchmarks.api [--seconds 3] [--workers 1] [--model FOLDER]

Both servers are started one after the other by the same code, asked by wrk from another process
(without wrk by a small asyncio client), then asked for batches of 256, which are held against the
model's own `analyze` in this process. On a machine that is busy with other things the column
"requests / CPU s" still tells: what one second of the serving process's own CPU time answers.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging.config
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from models.analysis import FeedbackModel
from models.deadlines import SHANGHAI
from models.results import FeedbackResult
from serve.app import create_app
from serve.logs import LOG_CONFIG
from serve.model_life import WARM_UP_TEXTS
from serve.settings import MAX_ITEMS, ServeSettings

CONNECTIONS = (1, 8, 32)
TEXT = "更新之后一打开就闪退，会员白充了，打了三次客服电话也没人理"
BODY = json.dumps({"text": TEXT, "channel": "app", "csat": 1}, ensure_ascii=False)
N_BATCHES = 8
_UNITS_MS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True)
class Load:
    """What one load did to one server."""

    requests_per_s: float
    p99_ms: float
    n_requests: int
    n_errors: int


class ConstantModel:
    """Gives one real result for every row: the floor that serving itself costs."""

    version = "constant"

    def __init__(self) -> None:
        row = {"text": TEXT, "created_at": datetime.now(SHANGHAI)}
        self._result = FeedbackModel.load(ServeSettings().model).analyze([row])[0]

    def analyze(self, rows: Sequence[Mapping[str, Any]]) -> list[FeedbackResult]:
        """Score rows."""
        return [self._result] * len(rows)


def real_app() -> FastAPI:
    """The application as it ships, its log included."""
    logging.config.dictConfig(LOG_CONFIG)
    return create_app(ServeSettings())


def constant_app() -> FastAPI:
    """The same with a model that costs nothing."""
    logging.config.dictConfig(LOG_CONFIG)
    return create_app(ServeSettings(), ConstantModel())


def main() -> None:
    """Measure both and print a table."""
    options = _options()
    if "OMP_NUM_THREADS" not in os.environ:
        # As run_server does; read when numpy is imported, so this process starts again.
        os.environ["OMP_NUM_THREADS"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "benchmarks.api", *sys.argv[1:]])
    if options.model:
        os.environ["HUIYIN_MODEL"] = str(options.model)
    own_rows_per_s = library_rows_per_s()
    print("app      connections  requests/s  p99 ms  requests / CPU s  errors")
    for name in ("constant", "real"):
        with running(name, options.workers) as (url, process):
            for n_connections in CONNECTIONS:
                before_s = cpu_s(process)
                load = put_under_load(url, n_connections, options.seconds)
                per_cpu_s = load.n_requests / (cpu_s(process) - before_s)
                print(
                    f"{name:8} {n_connections:11} {load.requests_per_s:11,.0f} "
                    f"{load.p99_ms:7.1f} {per_cpu_s:17,.0f} {load.n_errors:7}"
                )
            rows_per_s = batch_rows_per_s(url)
            print(f"{name:10} batches of {MAX_ITEMS}: {rows_per_s:,.0f} rows/s", end="")
            print(f", {resident_mb(process):.0f} MB resident (first process)")
    print(f"library, batches of {MAX_ITEMS}: {own_rows_per_s:,.0f} rows/s")


@contextmanager
def running(name: str, n_workers: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run one of the two applications in processes of its own."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", f"benchmarks.api:{name}_app", "--factory"]
    command += ["--port", str(port), "--workers", str(n_workers)]
    command += ["--no-access-log", "--log-level", "warning", "--ws", "none"]
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("wb") as log:
        environment = {**os.environ, "HUIYIN_KEYS_FILE": str(Path(folder) / "keys.json")}
        process = subprocess.Popen(command, env=environment, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _wait_until_ready(url)
            yield url, process
        finally:
            process.terminate()
            process.wait(30)


def put_under_load(url: str, n_connections: int, seconds: float) -> Load:
    """Send single rows as fast as answers come."""
    address = f"{url}/v1/classify"
    if shutil.which("wrk"):
        return _wrk(address, n_connections, seconds)
    return asyncio.run(_python_load(address, n_connections, seconds))


def batch_rows_per_s(url: str) -> float:
    """Send full batches one after the other."""
    items = [{"text": text} for text in _texts()]
    with httpx.Client(timeout=60) as client:
        client.post(f"{url}/v1/classify", json={"items": items}).raise_for_status()
        started = time.perf_counter()
        for _ in range(N_BATCHES):
            client.post(f"{url}/v1/classify", json={"items": items}).raise_for_status()
    return N_BATCHES * MAX_ITEMS / (time.perf_counter() - started)


def library_rows_per_s() -> float:
    """The same batches without a server."""
    model = FeedbackModel.load(ServeSettings().model)
    rows = [{"text": text, "created_at": datetime.now(SHANGHAI)} for text in _texts()]
    model.analyze(rows)
    started = time.perf_counter()
    for _ in range(N_BATCHES):
        model.analyze(rows)
    return N_BATCHES * MAX_ITEMS / (time.perf_counter() - started)


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """CPU time that the serving process has used (the parent's, where there are workers)."""
    stat = Path(f"/proc/{process.pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")


def resident_mb(process: subprocess.Popen[bytes]) -> float:
    """Memory of the process that serves (of the parent, where there are workers)."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def _wrk(address: str, n_connections: int, seconds: float) -> Load:
    script = (
        f"wrk.method='POST'\nwrk.headers['Content-Type']='application/json'\nwrk.body=[[{BODY}]]"
    )
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{n_connections}", f"-d{seconds}s", "--latency"]
        command += ["-s", file.name, address]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s)", output)
    n_requests = re.search(r"(\d+) requests in", output)
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if rate is None or p99 is None or n_requests is None:
        raise RuntimeError(f"wrk said nothing of use:\n{output}")
    n_errors = int(failed[1]) if failed else 0
    return Load(float(rate[1]), float(p99[1]) * _UNITS_MS[p99[2]], int(n_requests[1]), n_errors)


async def _python_load(address: str, n_connections: int, seconds: float) -> Load:
    times_s: list[float] = []
    statuses: list[int] = []
    deadline = time.perf_counter() + seconds

    async def ask(client: httpx.AsyncClient) -> None:
        while (started := time.perf_counter()) < deadline:
            headers = {"content-type": "application/json"}
            response = await client.post(address, content=BODY.encode(), headers=headers)
            times_s.append(time.perf_counter() - started)
            statuses.append(response.status_code)

    async with httpx.AsyncClient(timeout=60) as client:
        await asyncio.gather(*(ask(client) for _ in range(n_connections)))
    p99_ms = sorted(times_s)[int(len(times_s) * 0.99)] * 1e3
    n_errors = sum(status != 200 for status in statuses)
    return Load(len(times_s) / seconds, p99_ms, len(times_s), n_errors)


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/health/ready").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not become ready")


def _texts() -> list[str]:
    short = [text for text in WARM_UP_TEXTS if len(text) < 100]
    return [f"{short[i % len(short)]}第{i}次" for i in range(MAX_ITEMS)]


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3, help="length of each load")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--model", type=Path, help="a model folder; the shipped one by default")
    return parser.parse_args()


if __name__ == "__main__":
    main()
