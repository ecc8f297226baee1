"""Real processes, really killed: the next run goes on and the output is the same to the byte."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.pipeline.backlog_job import ROOT, mixed_rows, tree
from tests.pipeline.tiny_model import make_tiny_model

pytestmark = pytest.mark.slow

N_ROWS, WAIT_S = 600, 300
KILLED_AT = (60, 200, 330, 480)

# Each batch is told, so that the test knows when to strike; parts and batches are small.
RUN = """
import sys
from pathlib import Path
from pipeline import score
score.BATCH_ROWS = 10
source, output, model = map(Path, sys.argv[1:4])
from datetime import datetime
from pipeline.progress import stop_on_interrupt
from pipeline.backlog import Stopped
if __name__ == "__main__":
    with stop_on_interrupt() as should_stop:
        try:
            score.score_file(
                source, output, model=model, workers=2, as_of=datetime(2026, 11, 23, 9),
                part_rows=40, resume=True, should_stop=should_stop,
                on_batch=lambda summary: print(summary.rows_in, flush=True),
            )
        except Stopped:
            sys.exit(130)
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model."""
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows with all that may be wrong with them."""
    path = tmp_path_factory.mktemp("in") / "in.parquet"
    mixed_rows(N_ROWS).to_parquet(path, index=False)
    return path


@pytest.fixture(scope="module")
def whole(model: Path, source: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What a run leaves that nothing disturbs."""
    output = tmp_path_factory.mktemp("whole") / "out"
    with started(source, output, model) as process:
        process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    return tree(output)


@contextmanager
def started(source: Path, output: Path, model: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a run in a group of processes of its own, and leave none of them behind."""
    script = source.with_name("run.py")
    script.write_text(RUN)
    process = subprocess.Popen(
        [sys.executable, str(script), str(source), str(output), str(model)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def wait_for_row(process: subprocess.Popen[str], row: int) -> None:
    """Read what the run tells until it has come so far."""
    assert process.stdout is not None
    for line in process.stdout:
        if int(line) >= row:
            return
    raise AssertionError(f"ended before row {row}: {process.communicate()[1]}")


def test_killed_again_and_again_it_loses_no_byte(
    model: Path, source: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    """Four times with kill -9, each time at another row; then it ends."""
    output = tmp_path / "out"
    for row in KILLED_AT:
        with started(source, output, model) as process:
            wait_for_row(process, row)
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
        assert process.returncode == -signal.SIGKILL
    with started(source, output, model) as process:
        process.communicate(timeout=WAIT_S)
    assert process.returncode == 0
    assert tree(output) == whole


def test_ctrl_c_finishes_the_part_and_the_rest_comes_later(
    model: Path, source: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    """The terminal sends it to every process of the run; the workers do not hear it."""
    output = tmp_path / "out"
    with started(source, output, model) as process:
        wait_for_row(process, 90)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 130, err
    assert "再按一次 Ctrl-C" in err
    n_done = len(list((output / "parts").iterdir()))
    assert n_done >= 3
    assert not list(output.rglob(".*"))
    with started(source, output, model) as process:
        process.communicate(timeout=WAIT_S)
    assert tree(output) == whole


def test_a_worker_that_dies_ends_the_run_with_a_word(
    model: Path, source: Path, whole: dict[str, str], tmp_path: Path
) -> None:
    """The system kills the largest process when memory is short."""
    import psutil

    output = tmp_path / "out"
    with started(source, output, model) as process:
        wait_for_row(process, 90)
        children = psutil.Process(process.pid).children(recursive=True)
        leaves = [c for c in children if not c.children() and "spawn_main" in str(c.cmdline())]
        leaves[0].kill()
        _, err = process.communicate(timeout=WAIT_S)
    assert process.returncode == 1
    assert "a worker process died, killed or out of memory" in err
    assert "are kept" in err
    with started(source, output, model) as process:
        process.communicate(timeout=WAIT_S)
    assert tree(output) == whole
