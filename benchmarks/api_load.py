"""Load on a server from another process: wrk, or a small asyncio client where there is none."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field

import httpx

TEXT = "更新之后一打开就闪退，会员白充了，打了三次客服电话也没人理"
BODY = json.dumps({"text": TEXT, "channel": "app", "csat": 1}, ensure_ascii=False)
MLFLOW_BODY = json.dumps(
    {"dataframe_records": [{"text": TEXT, "channel": "app", "csat": 1}]}, ensure_ascii=False
)
_UNITS_MS = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[%s]]
local threads = {}
function setup(thread) table.insert(threads, thread) end
function init(args) counts = {} end
function response(status) counts[status] = (counts[status] or 0) + 1 end
function done(summary, latency, requests)
  for _, thread in ipairs(threads) do
    for status, n in pairs(thread:get("counts")) do io.write("status ", status, " ", n, "\\n") end
  end
end
"""


@dataclass(frozen=True)
class Load:
    """What one load did to one server."""

    requests_per_s: float
    p99_ms: float
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def n_requests(self) -> int:
        """Answers that came."""
        return self.statuses.total()

    @property
    def n_errors(self) -> int:
        """Answers other than 200."""
        return self.n_requests - self.statuses[200]


def has_wrk() -> bool:
    """Whether wrk is installed."""
    return shutil.which("wrk") is not None


def put_under_load(address: str, n_connections: int, seconds: float, body: str = BODY) -> Load:
    """Send one body as fast as answers come."""
    if has_wrk():
        return _wrk(address, n_connections, seconds, body)
    return asyncio.run(_python_load(address, n_connections, seconds, body))


def _wrk(address: str, n_connections: int, seconds: float, body: str) -> Load:
    with tempfile.NamedTemporaryFile("w", suffix=".lua", encoding="utf-8") as file:
        file.write(_SCRIPT % body)
        file.flush()
        command = ["wrk", "-t1", f"-c{n_connections}", f"-d{seconds:g}s", "--latency"]
        command += ["--timeout", "30s", "-s", file.name, address]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    p99 = re.search(r"99%\s+([\d.]+)(us|ms|s|m)", output)
    if rate is None or p99 is None:
        raise RuntimeError(f"wrk said nothing of use:\n{output}")
    statuses = {int(s): int(n) for s, n in re.findall(r"status (\d+) (\d+)", output)}
    return Load(float(rate[1]), float(p99[1]) * _UNITS_MS[p99[2]], Counter(statuses))


async def _python_load(address: str, n_connections: int, seconds: float, body: str) -> Load:
    times_s: list[float] = []
    statuses: Counter[int] = Counter()
    deadline = time.perf_counter() + seconds

    async def ask(client: httpx.AsyncClient) -> None:
        while (started := time.perf_counter()) < deadline:
            headers = {"content-type": "application/json"}
            response = await client.post(address, content=body.encode(), headers=headers)
            times_s.append(time.perf_counter() - started)
            statuses[response.status_code] += 1

    limits = httpx.Limits(max_connections=n_connections)
    async with httpx.AsyncClient(timeout=60, limits=limits) as client:
        await asyncio.gather(*(ask(client) for _ in range(n_connections)))
    p99_ms = sorted(times_s)[int(len(times_s) * 0.99)] * 1e3
    return Load(len(times_s) / seconds, p99_ms, statuses)
