"""Where a model's rows came from is on record."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pipeline.lineage import count_sources, describe_files
from tests.tiny import tiny_corpus


def test_every_file_has_its_digest(tmp_path: Path) -> None:
    """A file that changed later is seen to have changed."""
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_bytes(name.encode())
    found = describe_files([tmp_path / "b.csv", tmp_path / "a.csv"])
    assert [Path(f["path"]).name for f in found] == ["a.csv", "b.csv"]
    assert found[0]["sha256"] == hashlib.sha256(b"a.csv").hexdigest()
    assert found[0]["bytes"] == 5


def test_rows_are_counted_by_source_and_split() -> None:
    """A company sees how many of its own rows were learnt from."""
    counts = count_sources(tiny_corpus())
    assert set(counts) == {"authored"}
    assert sum(counts["authored"].values()) == len(tiny_corpus())
