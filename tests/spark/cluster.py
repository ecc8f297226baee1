"""A real standalone cluster on loopback: a master and workers, each a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pyspark

HOME = Path(pyspark.__file__).parent
ROOT = Path(__file__).parents[2]
WAIT_S = 600
_MASTER = "org.apache.spark.deploy.master.Master"
_WORKER = "org.apache.spark.deploy.worker.Worker"
_DRIVER = {
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "512m",
    "spark.executor.memory": "512m",
    "spark.executor.cores": "1",
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.files.openCostInBytes": "64m",
}


@dataclass
class Cluster:
    """A master and its workers."""

    folder: Path
    url: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def workers(self) -> list[subprocess.Popen[bytes]]:
        """The workers' processes."""
        return self.processes[1:]

    def start(self, name: str, *command: str) -> Path:
        """Start a daemon of Spark and give its log."""
        log = self.folder / f"{name}.log"
        with log.open("wb") as out:
            self.processes.append(
                subprocess.Popen(
                    ["bash", str(HOME / "bin" / "spark-class"), *command],
                    stdout=out,
                    stderr=subprocess.STDOUT,
                    env=environment(),
                    start_new_session=True,
                )
            )
        return log


def environment() -> dict[str, str]:
    """The environment of every process of the cluster."""
    conf = " ".join(f"--conf {name}={value}" for name, value in _DRIVER.items())
    return {
        **os.environ,
        "SPARK_HOME": str(HOME),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_DAEMON_MEMORY": "256m",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "PYSPARK_SUBMIT_ARGS": f"{conf} pyspark-shell",
        "PYTHONPATH": str(ROOT),
    }


@contextmanager
def running_cluster(folder: Path, n_workers: int = 2) -> Iterator[Cluster]:
    """Start a cluster and end every process of it."""
    if shutil.which("java") is None:
        raise RuntimeError(
            "Spark needs Java 17: apt-get install openjdk-17-jre-headless (tests/needs.sh does)"
        )
    cluster = Cluster(folder)
    try:
        log = cluster.start(
            "master", _MASTER, "--host", "127.0.0.1", "--port", "0", "--webui-port", "0"
        )
        cluster.url = wait_for(lambda: _found(log, r"Starting Spark master at (spark://\S+)"))
        for i in range(n_workers):
            place = ("--work-dir", str(folder / f"work{i}"), "--host", "127.0.0.1")
            size = ("--cores", "1", "--memory", "600m", "--webui-port", "0")
            log = cluster.start(f"worker{i}", _WORKER, *place, *size, cluster.url)
            wait_for(lambda log=log: _found(log, r"(Successfully registered) with master"))
        yield cluster
    finally:
        for process in cluster.processes:
            kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a daemon with all that it started, as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def wait_for(look: Callable[[], str | None]) -> str:
    """Look until there is something to see."""
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until:
        seen = look()
        if seen:
            return seen
        time.sleep(0.05)
    raise TimeoutError(f"nothing came in {WAIT_S} s")


def _found(log: Path, pattern: str) -> str | None:
    text = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    found = re.search(pattern, text)
    return found.group(1) if found else None
