"""The scored rows that a report is made from, whatever file they come in."""

from __future__ import annotations

import json
import operator
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds

from models.deadlines import SHANGHAI
from models.errors import DataError
from pipeline.backlog_manifest import parquet_of
from pipeline.ingest_dates import read_moment
from pipeline.report_period import Period

NEEDED = (
    *("feedback_id", "text", "intent", "type", "urgency", "department"),
    *("created_at", "respond_due"),
)
TEXTS = ("feedback_id", "text", "intent", "type", "urgency", "department", "channel")
MOMENTS = ("created_at", "respond_due", "answered_at")
NUMBERS = ("confidence", "urgency_score", "csat", "nps", "ces")
_OTHERS = ("confidence_band", "needs_review", "evidence", "urgency_reasons", "model_version")
_COLUMNS = tuple(dict.fromkeys((*NEEDED, *TEXTS, *MOMENTS, *NUMBERS, *_OTHERS)))
_ESCAPED = re.compile(r"^'(?=[=+\-@\t\r＝＋－＠])")
_LONGEST_DEADLINE = timedelta(days=60)  # ten working days over the longest holidays are fewer


@dataclass(frozen=True, slots=True)
class ScoredRows:
    """Rows that a period's report may need.

    Attributes:
        frame: One row each, all of `MOMENTS` but `answered_at` present, moments in Shanghai's
            time; empty strings for texts and NaN for numbers that the file lacks.
        has_answers: Whether the file says when rows were answered.
        n_undated: Rows left out because `created_at` cannot be read.
        first_at: The earliest row of the whole file; None without rows.
        last_at: The latest.
    """

    frame: pd.DataFrame
    has_answers: bool = False
    n_undated: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None


def read_scored(source: str | Path | pd.DataFrame, period: Period) -> ScoredRows:
    """Read scored rows.

    Args:
        source: What `huiyin score` wrote, .parquet, .csv or a folder of parts, or the same as a
            frame.
        period: The period; rows that no figure of it can need may be left out.

    Returns:
        The rows created before the period's end.

    Raises:
        DataError: If the file cannot be read or lacks a needed column; names file and columns.
    """
    if isinstance(source, pd.DataFrame):
        return _tidy(source, None, "the table", period)
    name = str(source)
    try:
        if name.lower().endswith(".csv"):
            frame, created = _read_csv(name), None
        else:
            frame, created = _read_parquet(name, period)
    except FileNotFoundError:
        raise DataError(f"{name}: no such file; make it with `huiyin score IN -o OUT`") from None
    except (OSError, ValueError) as error:  # pyarrow's and pandas' errors are ValueErrors
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{name}: cannot be read as scored rows ({reason})") from error
    return _tidy(frame, created, name, period)


def _read_csv(name: str) -> pd.DataFrame:
    columns = partial(operator.contains, _COLUMNS)
    frame = pd.read_csv(
        name, dtype=str, keep_default_na=False, encoding="utf-8-sig", usecols=columns
    )
    rows: pd.DataFrame = frame.apply(lambda cells: cells.str.replace(_ESCAPED, "", regex=True))
    return rows


def _read_parquet(name: str, period: Period) -> tuple[pd.DataFrame, pd.Series[Any] | None]:
    """Read only the columns and rows needed; texts of millions of old rows would fill memory.

    Returns the rows, and every row's `created_at` where rows were left out.
    """
    rows = ds.dataset(parquet_of(Path(name)))
    schema = rows.schema
    columns = [column for column in _COLUMNS if column in schema.names]
    moment = schema.field("created_at").type if "created_at" in columns else None
    if moment is None or not pa.types.is_timestamp(moment) or moment.tz is None:
        return _to_frame(rows.to_table(columns=columns)), None
    dated = ds.field("created_at")
    wanted = dated < pa.scalar(period.end)
    if "answered_at" not in columns:
        wanted &= dated >= pa.scalar(period.previous.start - _LONGEST_DEADLINE)
    kept = rows.to_table(columns=columns, filter=wanted | dated.is_null())
    created = _to_frame(rows.to_table(columns=["created_at"]))
    return _to_frame(kept), _moments(created["created_at"])


def _to_frame(table: pa.Table) -> pd.DataFrame:
    return pd.DataFrame(table.to_pandas(ignore_metadata=True))


def _tidy(
    frame: pd.DataFrame, created: pd.Series[Any] | None, name: str, period: Period
) -> ScoredRows:
    missing = [column for column in NEEDED if column not in frame.columns]
    if missing:
        raise DataError(
            f"{name}: lacks the column {', '.join(missing)}; a report needs what `huiyin score` "
            f"writes and created_at; found {', '.join(map(str, frame.columns[:30]))}"
        )
    rows = pd.DataFrame({column: _column(frame, column) for column in _COLUMNS})
    kept = rows[rows["created_at"] < period.end].reset_index(drop=True)
    dated = (rows["created_at"] if created is None else created).dropna()
    return ScoredRows(
        frame=kept,
        has_answers="answered_at" in frame.columns,
        n_undated=int(rows["created_at"].isna().sum()),
        first_at=None if dated.empty else dated.min().to_pydatetime(),
        last_at=None if dated.empty else dated.max().to_pydatetime(),
    )


def _column(frame: pd.DataFrame, name: str) -> pd.Series[Any]:
    if name not in frame.columns:
        return _absent(name, len(frame))
    column = frame[name].reset_index(drop=True)
    if name in MOMENTS:
        return _moments(column)
    if name in NUMBERS:
        return pd.to_numeric(column, errors="coerce").astype(float)
    return column.map(_text) if name in TEXTS else column.astype(object)


def _absent(name: str, n: int) -> pd.Series[Any]:
    if name in MOMENTS:
        return _moments(pd.Series([None] * n, dtype=object))
    if name in NUMBERS:
        return pd.Series([float("nan")] * n, dtype=float)
    return pd.Series(["" if name in TEXTS else None] * n, dtype=object)


def _moments(column: pd.Series[Any]) -> pd.Series[Any]:
    if not isinstance(column.dtype, pd.DatetimeTZDtype):
        column = pd.to_datetime(column.map(_moment).astype(object), utc=True)
    moments: pd.Series[Any] = column.dt.tz_convert(SHANGHAI).astype("datetime64[us, Asia/Shanghai]")
    return moments


def _moment(value: Any) -> datetime | None:
    if value is None or value is pd.NaT or value == "":
        return None
    try:
        return read_moment(value)
    except (ValueError, OverflowError):
        return None


def _text(value: Any) -> str:
    return "" if value is None or value is pd.NA or value != value else str(value)


def list_of(cell: Any) -> list[Any]:
    """Read a list that may have come through a CSV.

    Args:
        cell: A list, an array, JSON text, or nothing.

    Returns:
        Its items; none when it is not a list.
    """
    if isinstance(cell, str):
        try:
            cell = json.loads(cell)
        except ValueError:
            return []
    if cell is None or isinstance(cell, (float, dict, str)):
        return []
    return list(cell) if hasattr(cell, "__iter__") else []
