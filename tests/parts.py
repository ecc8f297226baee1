"""Scored rows as long runs leave them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write_parts(folder: Path, rows: pa.Table, n_first: int) -> Path:
    """Write a folder of two parts beside a manifest, as `huiyin score IN -o FOLDER` does.

    Args:
        folder: The run's.
        rows: All rows.
        n_first: How many of them the first part holds.

    Returns:
        The folder.
    """
    parts = folder / "parts"
    parts.mkdir(parents=True)
    pq.write_table(rows.slice(0, n_first), parts / "part-00000.parquet")
    pq.write_table(rows.slice(n_first), parts / "part-00001.parquet")
    (folder / "manifest.json").write_text("{}")
    return folder
