"""From raw rows to a batch of the design's schema."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ingest_batch import CellWarning, RawRows, Rejected, RowBatch
from pipeline.ingest_cells import optional_rules
from pipeline.ingest_columns import as_cells, days_of, read_optional
from pipeline.ingest_ids import IdMaker
from pipeline.ingest_text import Unusable, as_text, read_text
from pipeline.ingest_usable import has_nul, usable_texts

ROW_COLUMNS = ("text", *optional_rules(None))

_Columns = Mapping[str, Sequence[Any] | pa.Array]


class Ids(Protocol):
    """Gives rows their ids."""

    def assign(
        self, given: Sequence[str | None], contents: Sequence[str], days: Sequence[str]
    ) -> list[str | None]:
        """Give an id to each row; None where its own was used before."""
        ...


class Assembler:
    """Checks, completes and types the rows of one file.

    Args:
        names: The file's columns; one is `text`.
        types: Arrow type of each column that passes through.
        as_of: Stands in for a missing `created_at`.
        customer_key: Secret for hashing customer ids.
        ids: Gives the rows their ids; by default in the order of one file.
    """

    def __init__(
        self,
        names: Sequence[str],
        types: Mapping[str, pa.DataType],
        as_of: datetime | None,
        customer_key: bytes | None,
        ids: Ids | None = None,
    ) -> None:
        self._rules = optional_rules(customer_key)
        self._others = [name for name in names if name not in ROW_COLUMNS]
        self._types = types
        self._as_of = as_of
        self._ids: Ids = ids or IdMaker()

    def assemble(self, raw: RawRows) -> RowBatch:
        """Make the batch of the next rows of the file.

        Args:
            raw: The rows as the reader found them.

        Returns:
            The usable rows in the file's schema, and the others with their reasons.
        """
        texts, good, rejected = usable_texts(raw)
        is_whole = len(good) == len(raw.row_numbers)
        rows = raw.row_numbers if is_whole else [raw.row_numbers[i] for i in good]
        columns = {name: _pick(values, good) for name, values in raw.columns.items()}
        read, warnings = self._read_optional(columns, rows)
        if n_warning := _nul_warning(raw):
            warnings.append(n_warning)
        others = {name: _pass_on(columns[name], self._types[name]) for name in self._others}
        arrays = {"text": texts, **read, **others}
        ids, arrays["created_at"] = self._identify(arrays)
        arrays["feedback_id"] = pa.array(ids, pa.string())
        kept, batch = self._without_repeats(arrays, ids)
        rejected += [reject_repeat(raw, good[k]) for k, id_ in enumerate(ids) if not id_]
        rejected += raw.rejected
        return RowBatch(
            batch,
            tuple(rows) if len(kept) == len(rows) else tuple(rows[k] for k in kept),
            tuple(sorted(rejected, key=lambda row: row.row_number)),
            tuple(warnings),
        )

    def _read_optional(
        self, columns: _Columns, rows: Sequence[int]
    ) -> tuple[dict[str, pa.Array], list[CellWarning]]:
        arrays: dict[str, pa.Array] = {}
        warnings: list[CellWarning] = []
        for name, rule in self._rules.items():
            if name not in columns:
                arrays[name] = pa.nulls(len(rows), rule.type)
                continue
            arrays[name], warning = read_optional(name, columns[name], rows, rule)
            warnings += [warning] if warning else []
        return arrays, warnings

    def _identify(self, arrays: Mapping[str, pa.Array]) -> tuple[list[str | None], pa.Array]:
        contents = _contents(arrays)
        created = arrays["created_at"]
        if self._as_of is not None and created.null_count:
            created = created.fill_null(pa.scalar(self._as_of, created.type))
        given = arrays["feedback_id"].to_pylist()
        return self._ids.assign(given, contents, days_of(created)), created

    def _without_repeats(
        self, arrays: Mapping[str, pa.Array], ids: Sequence[str | None]
    ) -> tuple[list[int], pa.RecordBatch]:
        order = [*ROW_COLUMNS, *self._others]
        batch = pa.record_batch([arrays[name] for name in order], names=order)
        kept = [k for k, id_ in enumerate(ids) if id_ is not None]
        return kept, batch if len(kept) == len(ids) else batch.take(pa.array(kept, pa.int64()))


def _nul_warning(raw: RawRows) -> CellWarning | None:
    values = raw.columns["text"]
    if isinstance(values, pa.Array) and not has_nul(values):
        return None
    texts = as_cells(values)
    rows = [
        number
        for number, text in zip(raw.row_numbers, texts, strict=True)
        if isinstance(text, str) and "\0" in text and not isinstance(read_text(text), Unusable)
    ]
    if not rows:
        return None
    return CellWarning("text", "NUL characters were taken out", len(rows), rows[0], "")


def _pick(values: Sequence[Any] | pa.Array, good: Sequence[int]) -> Sequence[Any] | pa.Array:
    if len(good) == len(values):
        return values
    if isinstance(values, pa.Array):
        return values.take(pa.array(good, pa.int64()))
    return [values[i] for i in good]


def _pass_on(values: Sequence[Any] | pa.Array, type_: pa.DataType) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    if type_ == pa.string():
        return pa.array([None if cell is None else as_text(cell) for cell in values], type_)
    return pa.array(values, type_)


def _contents(arrays: Mapping[str, pa.Array]) -> list[str]:
    """Write each row as one string: what is missing leaves no trace, nor does the column order."""
    named = [
        pc.binary_join_element_wise(f"{name}=", _as_strings(arrays[name]), "")
        for name in sorted(arrays)
        if name != "feedback_id"
    ]
    joined = pc.binary_join_element_wise(*named, "\x1f", null_handling="skip")
    contents: list[str] = joined.to_pylist()
    return contents


def _as_strings(array: pa.Array) -> pa.Array:
    if pa.types.is_timestamp(array.type):
        array = array.cast(pa.int64())
    if pa.types.is_nested(array.type):
        return pa.array([None if cell is None else as_text(cell) for cell in array.to_pylist()])
    try:
        return array.cast(pa.string())
    except pa.ArrowException:
        return pa.array([None if cell is None else as_text(cell) for cell in array.to_pylist()])


def reject_repeat(raw: RawRows, i: int) -> Rejected:
    """Reject a row whose id another row had.

    Args:
        raw: The rows.
        i: Which of them.

    Returns:
        The rejected row.
    """
    own = as_cells(raw.columns["feedback_id"])[i]
    reason = (
        f"feedback_id {as_text(own)!r} was used by an earlier row and must be unique; "
        "rename it, or leave it empty to have one made"
    )
    return raw.reject(i, "duplicate_id", reason, "feedback_id")
