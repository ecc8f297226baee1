"""Servers to be measured, in processes of their own."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import httpx

_START_S = 300.0


@contextmanager
def running(
    name: str, n_workers: int = 1, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run one of the applications of benchmarks.api."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", f"benchmarks.api_apps:{name}_app", "--factory"]
    command += ["--port", str(port), "--workers", str(n_workers), "--no-access-log"]
    command += ["--log-level", "warning", "--ws", "none"]
    command += ["--http", "serve.connections:PatientProtocol", "--timeout-worker-healthcheck", "60"]
    with tempfile.TemporaryDirectory() as folder:
        keys = {
            "HUIYIN_KEYS_FILE": str(Path(folder) / "keys.json"),
            "HUIYIN_WAIT_FOR_MODEL": "true",
        }
        with started(
            command, f"http://127.0.0.1:{port}", "/health/ready", {**keys, **environment}
        ) as process:
            yield f"http://127.0.0.1:{port}", process


@contextmanager
def started(
    command: list[str], url: str, ready: str, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the block ends."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=log, stderr=log
        )
        try:
            _wait_until_ready(url + ready, process, log)
            yield process
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def serving_pids(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that serve: the workers, or the one there is."""
    return _workers(process.pid) or [process.pid]


def cpu_s(process: subprocess.Popen[bytes]) -> float:
    """CPU time that the serving processes have used."""
    total = 0
    for pid in serving_pids(process):
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        total += int(stat[11]) + int(stat[12])
    return total / os.sysconf("SC_CLK_TCK")


def resident_mb(process: subprocess.Popen[bytes]) -> float:
    """Memory of the largest serving process."""
    return max(_resident_mb(pid) for pid in serving_pids(process))


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _resident_mb(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    found = re.search(r"VmRSS:\s+(\d+)", status)
    return int(found[1]) / 1024 if found else 0.0


def _workers(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    lines = {int(c): Path(f"/proc/{c}/cmdline").read_text(encoding="utf-8") for c in children}
    return [child for child, line in lines.items() if "spawn_main" in line]


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: IO[bytes]) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            log.seek(0)
            said = log.read()[-2_000:].decode("utf-8", "replace")
            raise RuntimeError(f"the server ended before it was ready:\n{said}")
        try:
            if httpx.get(url, timeout=30).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{url} did not become ready")
