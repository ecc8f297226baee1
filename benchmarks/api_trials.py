"""Hard days: promotions under load, ten times too many requests; and MLflow's own server."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from benchmarks.api_load import MLFLOW_BODY, TEXT, Load, put_under_load
from benchmarks.api_server import free_port, resident_mb, running, started

_CHAMPION = "models:/huiyin@champion"
N_PROMOTIONS = 10
N_ITEMS = 50
N_ASKERS = 16
_EVERY_S = 0.2
_CALM_PAUSE_S = 0.02
_CALM_S = 5.0
_WARM_UP_S = 2.0


@dataclass
class Calls:
    """What somebody who asks all the time saw."""

    times_ms: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    versions: Counter[str] = field(default_factory=Counter)
    n_mixed: int = 0

    def p99_ms(self) -> float:
        """99th percentile of the accepted."""
        times = sorted(self.times_ms)
        return times[int(len(times) * 0.99)] if times else float("nan")


class Asker(threading.Thread):
    """Asks all the time until told to stop."""

    def __init__(self, url: str, n_items: int, pause_s: float = 0.0) -> None:
        super().__init__(daemon=True)
        self.calls = Calls()
        self._url, self._n_items, self._pause_s = url, n_items, pause_s
        self._over = threading.Event()

    def run(self) -> None:
        """Ask."""
        body: Any = {"items": [{"text": TEXT}] * self._n_items}
        with httpx.Client(timeout=120) as client:
            while not self._over.is_set():
                begun = time.perf_counter()
                try:
                    answer = client.post(f"{self._url}/v1/classify", json=body)
                except httpx.TransportError:
                    self.calls.statuses[0] += 1
                    continue
                self.calls.statuses[answer.status_code] += 1
                if answer.status_code == 200:
                    self.calls.times_ms.append((time.perf_counter() - begun) * 1e3)
                    self._note(answer.json())
                self._over.wait(self._pause_s)

    def _note(self, content: dict[str, Any]) -> None:
        found = {result["model_version"] for result in content["results"]}
        self.calls.versions[content["model_version"]] += 1
        self.calls.n_mixed += found != {content["model_version"]}

    def finish(self) -> Calls:
        """Stop asking."""
        self._over.set()
        self.join()
        return self.calls


def promotions(folder: Path) -> str:
    """Let two versions of a model take turns ten times while batches are asked for."""
    with tempfile.TemporaryDirectory() as scratch:
        link = Path(scratch) / "model"
        folders = [_rename(folder, name, Path(scratch) / name) for name in ("one", "two")]
        link.symlink_to(folders[0])
        settings = {"HUIYIN_MODEL": str(link), "HUIYIN_MODEL_POLL_S": "0.2"}
        with running("real", **settings) as (url, _):
            askers = [Asker(url, N_ITEMS) for _ in range(4)]
            for asker in askers:
                asker.start()
            for n in range(1, N_PROMOTIONS + 1):
                _point(link, folders[n % 2])
                _wait_for_version(url, folders[n % 2].name)
            calls = [asker.finish() for asker in askers]
    n = sum(c.statuses.total() for c in calls)
    n_failed = n - sum(c.statuses[200] for c in calls)
    n_mixed = sum(c.n_mixed for c in calls)
    p99_ms = max(c.p99_ms() for c in calls)
    seen = len(set().union(*(c.versions for c in calls)))
    return (
        f"{N_PROMOTIONS} promotions under load: {n} batches of {N_ITEMS}, {n_failed} failed, "
        f"{n_mixed} mixed, {seen} versions seen, p99 {p99_ms:.0f} ms"
    )


def overload(seconds: float, n_connections: int = 1_280) -> list[str]:
    """Ask with far more connections than are let in, none of which waits after a refusal."""
    with running("real") as (url, process):
        calm = _watch(url, _CALM_S)
        memory: list[float] = []
        askers = [Asker(url, 1, _EVERY_S) for _ in range(N_ASKERS)]
        over = threading.Event()
        sampler = threading.Thread(target=_sample, args=(process, memory, over))
        for thread in (sampler, *askers):
            thread.start()
        load = put_under_load(f"{url}/v1/classify", n_connections, seconds)
        over.set()
        sampler.join()
        hot = _together([asker.finish() for asker in askers])
        after = [_watch(url, 1.0) for _ in range(int(_CALM_S))]
        calm_again = _watch(url, _CALM_S)
    settled = memory[len(memory) // 4 :]
    spread = (max(settled) - min(settled)) / min(settled)
    return [
        f"overload, {n_connections} connections for {seconds:g} s: "
        f"{dict(sorted(load.statuses.items()))} ({load.requests_per_s:,.0f} answers/s)",
        f"  memory {min(settled):.0f} to {max(settled):.0f} MB (spread {spread:.0%})",
        f"  p99 of the accepted: calm {calm.p99_ms():.1f} ms, overloaded {hot.p99_ms():.1f} ms "
        f"({hot.p99_ms() / calm.p99_ms():.1f} x, {len(hot.times_ms)} seen)",
        "  p99 in each of the first seconds after it: "
        + ", ".join(f"{second.p99_ms():.1f}" for second in after)
        + f" ms; from then on {calm_again.p99_ms():.1f} ms",
    ]


def mlflow_server(folder: Path, n_connections: int, seconds: float) -> Load | None:
    """The same model behind `mlflow models serve`; None where MLflow is not installed."""
    try:
        import mlflow  # noqa: F401
    except ImportError:
        return None
    with tempfile.TemporaryDirectory() as scratch:
        tracking, port = _register(folder, Path(scratch)), free_port()
        command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", _CHAMPION]
        command += ["--env-manager", "local", "-p", str(port), "--workers", "1"]
        url = f"http://127.0.0.1:{port}"
        # It starts uvicorn by name.
        search = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        environment = {
            "PATH": search,
            "PYTHONPATH": str(Path.cwd()),
            "MLFLOW_TRACKING_URI": tracking,
            "MLFLOW_DISABLE_TELEMETRY": "true",
        }
        with started(command, url, "/ping", environment):
            put_under_load(f"{url}/invocations", 1, _WARM_UP_S, MLFLOW_BODY)
            return put_under_load(f"{url}/invocations", n_connections, seconds, MLFLOW_BODY)


def _register(folder: Path, scratch: Path) -> str:
    from pipeline.registry import register
    from pipeline.tracking import TrackingSettings, start_run

    tracking = f"sqlite:///{scratch / 'mlflow.db'}"
    settings = TrackingSettings(mlflow_uri=tracking)
    with start_run("bench", settings=settings) as run:
        register(run, folder)
    return tracking


def _watch(url: str, seconds: float) -> Calls:
    asker = Asker(url, 1, _CALM_PAUSE_S)
    asker.start()
    time.sleep(seconds)
    return asker.finish()


def _together(calls: Sequence[Calls]) -> Calls:
    times_ms = [time_ms for each in calls for time_ms in each.times_ms]
    return Calls(times_ms, sum((each.statuses for each in calls), Counter[int]()))


def _sample(process: subprocess.Popen[bytes], memory: list[float], over: threading.Event) -> None:
    while not over.wait(_EVERY_S):
        memory.append(resident_mb(process))


def _rename(folder: Path, name: str, target: Path) -> Path:
    shutil.copytree(folder, target)
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    manifest["version"] = f"{name}-{manifest['version'].rpartition('-')[2]}"
    (target / "manifest.json").write_text(json.dumps(manifest, ensure_ascii=False), "utf-8")
    return target


def _point(link: Path, folder: Path) -> None:
    new = link.with_name("new")
    new.symlink_to(folder)
    new.replace(link)


def _wait_for_version(url: str, name: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        version = httpx.get(f"{url}/v1/model", timeout=60).json()["model_version"]
        if version.startswith(f"{name}-"):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{name} did not come into service")
