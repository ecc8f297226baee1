"""Putting scored rows into the store, each once, however often they come."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, case, func, null, select, text

from models.deadlines import SHANGHAI
from models.errors import DataError
from pipeline.backlog_manifest import parquet_of
from pipeline.store.rows import NEEDED, OPTIONAL, to_row
from pipeline.store.tables import feedback
from pipeline.store.weekly import lock_counts, recounted
from pipeline.store.words import index_words

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.store.engine import Store

CHUNK_ROWS = 2_000
_SEQUENCE_BITS = 29
# A rescored row keeps what people did with it.
_KEPT = ("answered_at", "answered_by", "closed_at", "closed_by", "review", "saved_at")


@dataclass(frozen=True, slots=True)
class Saved:
    """What a run stored.

    Attributes:
        n_new: Rows that were not there before.
        n_again: Rows that were, and now have the new run's values.
    """

    n_new: int = 0
    n_again: int = 0

    def __add__(self, other: Saved) -> Saved:
        return Saved(self.n_new + other.n_new, self.n_again + other.n_again)


def save_scored(
    store: Store,
    frame: pd.DataFrame,
    *,
    now: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> Saved:
    """Store scored rows; the same rows again change nothing but what the model now says.

    Rows go in chunks of 2,000, each in one transaction: after a crash, save again.

    Args:
        store: The store.
        frame: What `huiyin score` writes; columns that the store does not know are left out.
        now: When; None takes the clock.
        progress: Called with the number of rows stored so far.

    Returns:
        How many rows were new.

    Raises:
        DataError: If a column is missing or a cell cannot be used.
        StoreError: If the database refuses.
    """
    _check_columns(list(frame.columns), "the table")
    known = [name for name in (*NEEDED, *OPTIONAL) if name in frame.columns]
    starts = range(0, len(frame), CHUNK_ROWS)
    chunks = (frame[known].iloc[i : i + CHUNK_ROWS].to_dict("records") for i in starts)
    return _save(store, chunks, now, progress)


def save_scored_file(
    store: Store,
    path: str | Path,
    *,
    now: datetime | None = None,
    progress: Callable[[int], None] | None = None,
) -> Saved:
    """Store a scored Parquet file of any size, without loading it whole.

    Args:
        store: The store.
        path: What `huiyin score -o FILE.parquet` wrote, or a folder of parts.
        now: When; None takes the clock.
        progress: Called with the number of rows stored so far.

    Returns:
        How many rows were new.

    Raises:
        DataError: If the file cannot be read as scored rows.
        StoreError: If the database refuses.
    """
    import pyarrow as pa
    import pyarrow.dataset as ds

    try:
        rows = ds.dataset(parquet_of(Path(path)), format="parquet")
    except (OSError, pa.ArrowException) as error:
        raise DataError(f"{path}: cannot be read as scored rows ({error})") from error
    _check_columns(rows.schema.names, str(path))
    known = [name for name in (*NEEDED, *OPTIONAL) if name in rows.schema.names]
    ahead = {"batch_readahead": 2, "fragment_readahead": 1}  # its default is 16 batches of 4 files
    batches = rows.to_batches(columns=known, batch_size=CHUNK_ROWS, **ahead)
    return _save(store, (batch.to_pylist() for batch in batches), now, progress)


def _check_columns(found: Sequence[str], name: str) -> None:
    missing = [column for column in NEEDED if column not in found]
    if missing:
        raise DataError(
            f"{name}: no column {', '.join(missing)}; expected what `huiyin score` writes"
        )


def _save(
    store: Store,
    chunks: Iterable[Sequence[Mapping[Any, Any]]],
    now: datetime | None,
    progress: Callable[[int], None] | None,
) -> Saved:
    saved_at = now or datetime.now(SHANGHAI)
    total = Saved()
    for chunk in chunks:
        rows = {row["feedback_id"]: row for row in (to_row(cells, saved_at) for cells in chunk)}
        with store.begin() as connection:
            total += _save_chunk(connection, rows)
        if progress:
            progress(total.n_new + total.n_again)
    return total


def _save_chunk(connection: Connection, rows: dict[str, dict[str, Any]]) -> Saved:
    first = lock_counts(connection, len(rows))
    found = _find(connection, list(rows))
    stale: list[int] = []
    changed: list[dict[str, Any]] = []
    for number, (id_, row) in enumerate(rows.items(), first):
        before = found.get(id_)
        row["row_id"] = _row_id(row["created_at"], number)
        if before is not None and before.row_id >> _SEQUENCE_BITS == _second(row["created_at"]):
            row["row_id"] = before.row_id
        if before is None or (before.row_id, before.text) != (row["row_id"], row["text"]):
            changed.append(row)
            stale += [before.row_id] if before is not None else []
    _forget_words(connection, stale)
    with recounted(connection, list(rows), list(found)):
        _upsert(connection, list(rows.values()))
    _index_words(connection, changed)
    return Saved(len(rows) - len(found), len(found))


def _find(connection: Connection, ids: Sequence[str]) -> dict[str, Any]:
    columns = (feedback.c.feedback_id, feedback.c.row_id, feedback.c.text)
    rows = connection.execute(select(*columns).where(feedback.c.feedback_id.in_(ids)))
    return {row.feedback_id: row for row in rows}


def _row_id(created_at: datetime, number: int) -> int:
    return first_row_id(created_at) | (number % (1 << _SEQUENCE_BITS))


def first_row_id(moment: datetime) -> int:
    """Give the least `row_id` that a row of this second can have.

    Args:
        moment: An aware moment.

    Returns:
        The bound.
    """
    return _second(moment) << _SEQUENCE_BITS


def came_in(start: datetime, end: datetime) -> ColumnElement[bool]:
    """Choose the rows of some days; the key is in the order of time, so no other index is needed.

    Args:
        start: The first moment, aware.
        end: The first moment after it.

    Returns:
        The condition.
    """
    key = feedback.c.row_id
    return (key >= first_row_id(start)) & (key < first_row_id(end))


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def _upsert(connection: Connection, rows: list[dict[str, Any]]) -> None:
    from sqlalchemy.dialects import postgresql, sqlite

    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(feedback)
    new = insert.excluded
    values: dict[str, Any] = {name: new[name] for name in rows[0] if name not in _KEPT}
    for name in ("answered_at", "closed_at"):
        values[name] = func.coalesce(feedback.c[name], new[name])
    values["open_rank"] = rank_of(
        values["answered_at"].is_not(None) | values["closed_at"].is_not(None), new
    )
    by_people = (feedback.c.review == "settled") | (feedback.c.review == "conflict")
    values["review"] = case((by_people, feedback.c.review), else_=new.review)
    upsert = insert.on_conflict_do_update(index_elements=["feedback_id"], set_=values)
    connection.execute(upsert, rows)


def rank_of(is_done: ColumnElement[bool], row: Any) -> ColumnElement[Any]:
    """Give `open_rank` in SQL.

    Args:
        is_done: Whether the row is answered or closed.
        row: Columns of the row.

    Returns:
        The expression.
    """
    wants_none = (row.intent == "praise") | (row.intent == "invalid")
    ranks = ((row.urgency == "high", 0), (row.urgency == "medium", 1))
    return case((is_done | wants_none, null()), *ranks, else_=2)


def _forget_words(connection: Connection, row_ids: list[int]) -> None:
    if not row_ids:
        return
    key = "row_id" if connection.dialect.name == "postgresql" else "rowid"
    statement = text(f"DELETE FROM feedback_search WHERE {key} = :row_id")  # noqa: S608
    connection.execute(statement, [{"row_id": row_id} for row_id in row_ids])


def _index_words(connection: Connection, rows: list[dict[str, Any]]) -> None:
    words = [{"row_id": row["row_id"], "words": " ".join(index_words(row["text"]))} for row in rows]
    if not words:
        return
    if connection.dialect.name == "postgresql":
        values = "(row_id, words) VALUES (:row_id, array_to_tsvector(string_to_array(:words, ' ')))"
    else:
        values = "(rowid, words) VALUES (:row_id, :words)"
    connection.execute(text(f"INSERT INTO feedback_search {values}"), words)
