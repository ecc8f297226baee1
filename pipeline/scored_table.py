"""Scored rows as the queue needs them, from a file that `huiyin score` wrote."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import DataError
from pipeline.backlog_manifest import parquet_of
from pipeline.queue_select import ROW_COLUMNS
from pipeline.report_table import list_of
from pipeline.sheet_cells import read_table

_OPTIONAL = ("channel",)
_NUMBERS = ("confidence", "urgency_score")


def read_scored_table(path: Path, others: tuple[str, ...] = ()) -> pd.DataFrame:
    """Read scored rows.

    Args:
        path: What `huiyin score` wrote: .parquet, .csv, .jsonl, .xlsx or a folder of parts.
        others: Further columns to read as text; empty where the file lacks them.

    Returns:
        Columns `ROW_COLUMNS` and the others; `types` are tuples.

    Raises:
        DataError: If the file cannot be read or lacks a column.
    """
    try:
        frame = _read(path, (*ROW_COLUMNS, *others))
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; make it with huiyin score IN -o OUT") from None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read as scored rows ({error})") from error
    missing = [c for c in ROW_COLUMNS if c not in frame.columns and c not in _OPTIONAL]
    if missing:
        raise DataError(f"{path}: lacks {', '.join(missing)}; expected what huiyin score writes")
    return tidy_scored(frame, others)


def tidy_scored(frame: pd.DataFrame, others: tuple[str, ...] = ()) -> pd.DataFrame:
    """Give every cell its kind, wherever the rows come from.

    Args:
        frame: Rows with `ROW_COLUMNS`.
        others: Further columns to keep, as text.

    Returns:
        The same rows, `ROW_COLUMNS` and the others only.
    """
    columns = (*ROW_COLUMNS, *others)
    rows = frame.reindex(columns=list(columns))
    for column in columns:
        if column in _NUMBERS:
            rows[column] = pd.to_numeric(rows[column], errors="coerce").fillna(0.0)
        elif column == "types":
            rows[column] = [tuple(map(str, list_of(cell))) for cell in rows[column]]
        elif column == "needs_review":
            rows[column] = [str(cell).lower() in ("true", "1", "1.0") for cell in rows[column]]
        else:
            rows[column] = rows[column].astype(object).where(rows[column].notna(), "").map(str)
    return rows


def _read(path: Path, columns: tuple[str, ...]) -> pd.DataFrame:
    suffix = path.suffix.lower()
    if suffix in (".csv", ".xlsx"):
        if not path.is_file():
            raise FileNotFoundError(path)
        return pd.DataFrame([cells for _, cells in read_table(path)])
    if suffix == ".jsonl":
        return _read_jsonl(path)
    wanted: Any = set(columns)
    import pyarrow.parquet as pq

    dataset = pq.ParquetDataset(parquet_of(path))
    names = [name for name in dataset.schema.names if name in wanted]
    frame: pd.DataFrame = dataset.read(columns=names).to_pandas(ignore_metadata=True)
    return frame


def _read_jsonl(path: Path) -> pd.DataFrame:
    import json

    # Not splitlines: it breaks at U+2028 and U+0085 too, which JSON leaves as they are.
    lines = path.read_text(encoding="utf-8").split("\n")
    return pd.DataFrame([json.loads(line) for line in lines if line.strip()])
