"""How soon the review page shows its first content, in Chromium, on the store of a benchmark.

    python -m benchmarks.store_pages URL      (a store that `benchmarks.store N URL` filled)

`huiyin serve` runs on the store in a process of its own. For each page: the first visit, the median
and the slowest of six in all, from the address being asked for until its heading stands there.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd

from tests.browser.review_server import Visit, browsing, serving_page

_WEEK = "2026-W40"
PAGES = {
    "this week": "",
    "an older week": f"?week={_WEEK}",
    "themes": "themes",
    "themes of one region": "themes?region=华东",
    "the largest theme": "themes/T0001",
    "a small theme": "themes/T0100",
    "map": "map",
    "inbox": "inbox",
    "inbox of one department": "inbox?department=客服部",
    "overdue": "inbox?overdue=1",
    "search": "inbox?q=服务 态度",
    "review queue": "inbox?tab=review",
    "ledgers": "ledgers",
    "models": "models",
}
_N_VISITS = 6


def main() -> None:
    """Measure every page."""
    print(measure_pages(sys.argv[1]).to_string())


def measure_pages(url: str) -> pd.DataFrame:
    """Visit every page; milliseconds."""
    rows = {}
    with (
        tempfile.TemporaryDirectory(prefix="huiyin-pages-") as folder,
        serving_page(Path(folder), url) as address,
        browsing() as browser,
    ):
        visit = Visit(browser, address)
        for name, path in PAGES.items():
            times = [_first_content(visit, path) for _ in range(_N_VISITS)]
            rows[name] = [times[0], statistics.median(times), max(times)]
    return pd.DataFrame.from_dict(rows, "index", columns=["first", "median", "slowest"]).round(0)


def _first_content(visit: Visit, path: str) -> float:
    started = time.perf_counter()
    visit.page.goto(visit.address + path, wait_until="commit")
    visit.page.wait_for_selector("main h1")
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    main()
