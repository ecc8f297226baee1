"""A small job that has everything in it, run in small parts; and what a run leaves on the disk."""

from __future__ import annotations

import hashlib
import os
import warnings
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pandas as pd

from pipeline.backlog import run_backlog
from pipeline.backlog_job import Job
from pipeline.backlog_scorer import ModelChoice
from pipeline.backlog_target import Target
from pipeline.score_summary import Summary
from tests.tiny import tiny_corpus

ROOT = Path(__file__).parents[2]
AT = datetime(2026, 11, 23, 9)
BATCH_ROWS, PART_ROWS = 10, 20
N_ROWS = 90


def mixed_rows(n_rows: int = N_ROWS) -> pd.DataFrame:
    """Rows with and without id, equal rows, an id used twice, rows without text."""
    texts = [*tiny_corpus()["text"]]
    rows = pd.DataFrame({"text": [texts[i * 7 % 40] for i in range(n_rows)]})
    rows.loc[rows.index % 13 == 5, "text"] = ""
    rows["feedback_id"] = [f"F{i // 2 if i % 17 == 1 else i}" for i in range(n_rows)]
    rows.loc[rows.index % 3 == 0, "feedback_id"] = None
    rows["contact_count"] = [str(i % 4) for i in range(n_rows)]
    rows["shop"] = [f"={i}" for i in range(n_rows)]
    rows.loc[rows.index % 9 == 0, ["feedback_id", "shop", "contact_count"]] = [None, "x", "1"]
    return rows


def make_job(source: Path, model: Path, **changes: object) -> Job:
    """The job on a source."""
    given = {
        "choice": ModelChoice(model),
        "as_of": AT,
        "batch_rows": BATCH_ROWS,
        "part_rows": PART_ROWS,
    }
    return Job(source, **{**given, **changes})  # type: ignore[arg-type]


def run(source: Path, output: Path, model: Path, **options: object) -> Summary:
    """Run the job."""
    names = ("resume", "restart", "on_batch", "should_stop")
    how = {name: options.pop(name) for name in names if name in options}
    return run_backlog(make_job(source, model, **options), Target(output), **how)  # type: ignore[arg-type]


def tree(folder: Path) -> dict[str, str]:
    """Digest every file below a folder."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def die_in(work: Callable[[], object]) -> int:
    """Do something in a process of its own, which may die of it; give its exit status."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside Arrow's idle threads
        child = os.fork()
    if not child:
        try:
            work()
        except BaseException:
            os._exit(3)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
