"""The same rows from a cluster as from one machine, also when a part of the cluster dies."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.score import score_file
from tests.pipeline.backlog_job import AT, mixed_rows
from tests.pipeline.tiny_model import make_tiny_model
from tests.spark.cluster import (
    ROOT,
    WAIT_S,
    Cluster,
    environment,
    kill_group,
    running_cluster,
    wait_for,
)

pytestmark = pytest.mark.slow

N_ROWS, N_FILES = 2_000, 4


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model."""
    return make_tiny_model(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several Parquet files with all that may be wrong with rows, equal rows across files."""
    folder = tmp_path_factory.mktemp("in")
    rows = mixed_rows(N_ROWS)
    moments = pd.date_range("2026-11-20", periods=N_ROWS, freq="97s")
    rows["created_at"] = moments.where(rows.index % 5 > 0)
    rows.loc[rows.index % 50 == 7, ["text", "feedback_id", "created_at"]] = ["太慢了", None, None]
    rows["contact_count"] = rows["contact_count"].astype(int)
    for i in range(N_FILES):
        part = rows[i * N_ROWS // N_FILES : (i + 1) * N_ROWS // N_FILES]
        part.to_parquet(folder / f"part-{i}.parquet", index=False)
    return folder


@pytest.fixture(scope="module")
def local(model: Path, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one machine says."""
    output = tmp_path_factory.mktemp("local") / "out.parquet"
    score_file(source, output, model=model, as_of=AT)
    return output


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A master and two workers."""
    with running_cluster(tmp_path_factory.mktemp("cluster")) as started:
        yield started


def command(source: Path, output: Path, model: Path, master: str, *more: str) -> list[str]:
    """The command as a person types it."""
    given = ["score", source, "-o", output, "--model", model, "--as-of", AT.isoformat(), *more]
    given += ["--engine", "spark", "--master", master, "--json"]
    return [sys.executable, "-c", "from pipeline.cli import run; run()", *map(str, given)]


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """Rows in an order of their own, moments as moments."""
    for i, field in enumerate(table.schema):
        if pa.types.is_timestamp(field.type) and field.type.tz:
            moments = table.column(i).cast(pa.timestamp("us", "UTC"))
            table = table.set_column(i, field.name, moments)
    return sorted(table.to_pylist(), key=lambda row: row["feedback_id"])


def rejected_of(*files: Path) -> list[tuple[str, str, int]]:
    """Which rows were rejected, and why."""
    lines = [json.loads(line) for file in files for line in file.read_text().splitlines()]
    return sorted((r["code"], r["file"], r.get("file_row", r["row_number"])) for r in lines)


def assert_same(output: Path, local: Path, said: dict[str, Any]) -> None:
    """Scored and rejected rows are those of one machine."""
    here = pq.read_table(local)
    there = pq.read_table(output).select(here.column_names)
    assert rows_of(there) == rows_of(here)
    lines = list(output.with_name(output.name + ".rejected").glob("part-*"))
    assert rejected_of(*lines) == rejected_of(local.with_name(f"{local.name}.rejected.jsonl"))
    assert said["rows_in"] == said["scored"] + said["rejected"] == N_ROWS


def test_without_java_the_message_says_what_to_install() -> None:
    """Half of the people who try Spark have none."""
    env = {**environment(), "JAVA_HOME": "/nowhere"}
    done = subprocess.run(
        command(ROOT, ROOT / "out", ROOT / "models/artifacts/default", "local[1]"),
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("错误: --engine spark: no Java")


def test_a_worker_that_dies_costs_no_row(
    cluster: Cluster, source: Path, local: Path, model: Path, tmp_path: Path
) -> None:
    """It is killed while results are being written; the rows are those of one machine all the same.

    Ids of equal rows, rejected rows and columns that pass through included.
    """
    output = tmp_path / "out"
    job = subprocess.Popen(
        command(source, output, model, cluster.url, "--partition-by", "date"),
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )

    def has_begun() -> str | None:
        return "yes" if (output / "_temporary").exists() or job.poll() is not None else None

    try:
        wait_for(has_begun)
        assert job.poll() is None
        kill_group(cluster.workers[0])
        out, err = job.communicate(timeout=WAIT_S)
    finally:
        job.kill()
        job.communicate()
    assert job.returncode == 0, err[-3000:]
    assert_same(output, local, json.loads(out))
    assert all(path.name.startswith("created_date=") for path in output.glob("[!._]*"))
