"""Reading feedback: any supported file becomes batches of rows of one schema, and no row is lost.

A row is kept or rejected with its raw content and the reason. Rejected are: no usable text
(missing, blank, over 20,000 characters), a record that cannot be taken apart or decoded, a cell
over a million characters, an id used before. A bad optional cell only loses itself: it becomes null
(an unknown channel becomes `other`) and is counted in a warning. NULs are taken out of texts.

Rows without `feedback_id` get `CF` + yyyymmdd + 10 hex digits of a SHA-256 over all their cells, in
the order of column names, customer ids in their hashed form. Equal rows are numbered in file order:
ids are unique, and neither the size of a batch nor a shuffle of the file changes them as a whole.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from models.errors import DataError
from pipeline.ingest_assemble import ROW_COLUMNS, Assembler
from pipeline.ingest_batch import CellWarning, RawRows, Rejected, RowBatch
from pipeline.ingest_dates import read_moment
from pipeline.ingest_many import ManyReader, Place
from pipeline.ingest_open import SUFFIXES

__all__ = ["ROW_COLUMNS", "SUFFIXES", "CellWarning", "Feed", "Rejected", "RowBatch", "read_batches"]

_OTHER_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", "，": "full-width commas"}


def read_batches(
    path: str | Path,
    *,
    text_column: str = "text",
    batch_rows: int = 4096,
    as_of: datetime | None = None,
    customer_key: bytes | None = None,
) -> Iterator[RowBatch]:
    """Read a file of feedback a batch at a time; see `Feed`.

    Args:
        path: A .csv, .jsonl, .parquet or .xlsx file; UTF-8, UTF-8 with BOM or GB18030.
        text_column: The column with the customer's words.
        batch_rows: Data rows in a batch, rejected ones included.
        as_of: Stands in for a missing `created_at`; naive means Asia/Shanghai.
        customer_key: Secret for hashing `customer_id`; without it the ids are dropped.

    Returns:
        Batches in file order, at least one, all with the same schema.

    Raises:
        DataError: If the file cannot be read or has no text column; names file, row and field.
        ValueError: If `batch_rows` is below 1 or `customer_key` is empty.
    """
    feed = Feed(
        [Path(path)],
        text_column=text_column,
        batch_rows=batch_rows,
        as_of=as_of,
        customer_key=customer_key,
    )
    return (batch for batch, _ in feed)


class Feed:
    """Files of feedback as one stream of batches.

    The headers are checked here, before the first batch is asked for. Memory holds one batch, the
    longest record, and 8 bytes a row to keep ids unique.

    Args:
        paths: Files, in order; .csv and .jsonl may be compressed.
        text_column: The column with the customer's words; it is called `text` in the batches, and
            another column of that name `input_text`.
        batch_rows: Data rows in a batch, rejected ones included.
        as_of: Stands in for a missing `created_at`; naive means Asia/Shanghai.
        customer_key: Secret for hashing `customer_id`; without it the ids are dropped.

    Attributes:
        n_rows: Rows of all files, if their footers say; else None.

    Raises:
        DataError: If a file cannot be read or there is no text column.
        ValueError: If `batch_rows` is below 1 or `customer_key` is empty.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        text_column: str = "text",
        batch_rows: int = 4096,
        as_of: datetime | None = None,
        customer_key: bytes | None = None,
    ) -> None:
        if batch_rows < 1:
            raise ValueError(f"batch_rows must be 1 or more, got {batch_rows}")
        if customer_key is not None and not customer_key:
            raise ValueError("customer_key must not be empty; give None to drop customer ids")
        self._reader = ManyReader(paths)
        self._batch_rows = batch_rows
        where = str(paths[0]) if len(paths) == 1 else f"{paths[0].parent} ({len(paths)} files)"
        self._names = column_names(where, self._reader.header, text_column)
        types = self._reader.column_types(self._names)
        moment = None if as_of is None else read_moment(as_of)
        self._assembler = Assembler(self._names, types, moment, customer_key)
        self.n_rows = self._reader.n_rows

    def __iter__(self) -> Iterator[tuple[RowBatch, Place]]:
        """Read on; at least one batch, which may be empty, and where each stands."""
        n_batches = 0
        for raw in self._reader.read(self._names, self._batch_rows):
            yield self._assembler.assemble(raw), self._reader.place
            n_batches += 1
        if not n_batches:
            empty: RawRows = RawRows({name: [] for name in self._names}, [], None, str, [])
            yield self._assembler.assemble(empty), self._reader.place


def column_names(path: str, header: Sequence[str], text_column: str) -> list[str]:
    """Give every column a name of its own, and the text column the name `text`.

    Args:
        path: The input, for messages.
        header: The columns as they are called.
        text_column: The column with the customer's words.

    Returns:
        The names, in the same order.

    Raises:
        DataError: If there is no such column, or one stands twice.
    """
    found = [name.replace("\0", "").strip() for name in header]
    if text_column not in found:
        raise DataError(f"{path}: {_no_text(found, text_column)}")
    names: list[str] = []
    for i, name in enumerate(found, 1):
        if name in names and (name == text_column or name in ROW_COLUMNS):
            raise DataError(f"{path}: the column {name!r} stands twice; rename or remove one")
        wanted = "input_text" if name == "text" != text_column else name or f"column_{i}"
        names.append(_free_name(wanted, names, found))
    names[found.index(text_column)] = "text"
    return names


def _free_name(wanted: str, names: Sequence[str], found: Sequence[str]) -> str:
    if wanted not in names:
        return wanted
    n = 2
    while f"{wanted}_{n}" in names or f"{wanted}_{n}" in found:
        n += 1
    return f"{wanted}_{n}"


def _no_text(found: Sequence[str], text_column: str) -> str:
    from pipeline.data_contract import quoted

    # Where the header is missing, these are a customer's words.
    message = f"no column {text_column!r}; found {', '.join(map(quoted, found)) or 'none'}"
    for separator, name in _OTHER_SEPARATORS.items():
        # Before any likeness: "text;channel" is like "text" and no column.
        if len(found) == 1 and separator in found[0]:
            return f"{message}; the file is separated by {name}, expected commas"
    by_folded = {name.casefold(): name for name in found}
    near = difflib.get_close_matches(text_column.casefold(), by_folded, n=1, cutoff=0.4)
    if near:
        nearest = by_folded[near[0]]
        return f"{message}; the nearest is {nearest!r}: use --text-column {nearest}"
    return f"{message}; name the column with the customers' words with --text-column"
