"""Whole columns at once: the same cells as `ingest_cells` gives one by one, in a tenth of the time.

Feedback repeats itself: a batch of four thousand rows has a dozen channels, products and scores. So
every distinct cell is read once. Moments do repeat seldom; Arrow reads them where it can only agree
with `ingest_dates`, and every other column of moments takes the slow way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ingest_batch import CellWarning
from pipeline.ingest_cells import Rule, read_column, warn

SHANGHAI_US = pa.timestamp("us", "Asia/Shanghai")
# Shanghai had summer time until 1991; since then every local moment is one moment.
_FIRST = datetime(1992, 1, 1, tzinfo=UTC)
_LAST = datetime(2100, 12, 1, tzinfo=UTC)
_PRIVATE_OR_UNIQUE = ("feedback_id", "customer_id")


def as_cells(values: Sequence[Any] | pa.Array) -> Sequence[Any]:
    """Give a column's cells as Python values.

    Args:
        values: A column as a reader found it.

    Returns:
        The cells; nanoseconds, which Python lacks, are cut off.
    """
    if not isinstance(values, pa.Array):
        return values
    if pa.types.is_timestamp(values.type):
        # Python has no nanoseconds, and pyarrow refuses to drop them unasked.
        values = values.cast(pa.timestamp("us", values.type.tz), safe=False)
    cells: list[Any] = values.to_pylist()
    return cells


def read_optional(
    column: str, values: Sequence[Any] | pa.Array, row_numbers: Sequence[int], rule: Rule
) -> tuple[pa.Array, CellWarning | None]:
    """Read one optional column.

    Args:
        column: Its name.
        values: Its cells as the reader found them.
        row_numbers: Row number of each cell.
        rule: What the column may hold.

    Returns:
        The values as the rule's type, and a warning if cells were bad.
    """
    array = _as_array(values)
    if array is not None and column == "created_at":
        moments = _read_moments(array)
        if moments is not None:
            return moments, None
    elif array is not None and column not in _PRIVATE_OR_UNIQUE:
        return _read_distinct(column, array, row_numbers, rule)
    cells, warning = read_column(column, as_cells(values), row_numbers, rule)
    return pa.array(cells, rule.type), warning


def days_of(moments: pa.Array) -> list[str]:
    """Write the local day of each moment.

    Args:
        moments: Of type `SHANGHAI_US`.

    Returns:
        yyyymmdd, or eight zeros where there is no moment.
    """
    local = pc.local_timestamp(moments).cast(pa.date32(), safe=False)
    encoded = local.dictionary_encode()
    names = [day.strftime("%Y%m%d") for day in encoded.dictionary.to_pylist()]
    names.append("00000000")
    codes = encoded.indices.fill_null(len(names) - 1).to_pylist()
    return [names[code] for code in codes]


def _as_array(values: Sequence[Any] | pa.Array) -> pa.Array | None:
    if isinstance(values, pa.Array):
        type_ = values.type
        is_plain = pa.types.is_integer(type_) or pa.types.is_floating(type_)
        return values if is_plain or pa.types.is_string(type_) or _is_moment(type_) else None
    if set(map(type, values)) <= {str, type(None)}:
        try:
            return pa.array(values, pa.string())
        except UnicodeEncodeError:
            return None
    return None


def _is_moment(type_: pa.DataType) -> bool:
    return bool(pa.types.is_timestamp(type_))


def _read_distinct(
    column: str, array: pa.Array, rows: Sequence[int], rule: Rule
) -> tuple[pa.Array, CellWarning | None]:
    encoded = array.dictionary_encode()
    distinct = as_cells(encoded.dictionary)
    values, problem = read_column(column, distinct, range(len(distinct)), rule)
    read = pa.array(values, rule.type).take(encoded.indices)
    if problem is None:
        return read, None
    is_bad = np.zeros(len(distinct) + 1, dtype=bool)
    for i, cell in enumerate(distinct):
        is_bad[i] = read_column(column, [cell], [0], rule)[1] is not None
    codes = encoded.indices.fill_null(len(distinct)).to_numpy(zero_copy_only=False)
    places = np.flatnonzero(is_bad[codes])
    return read, warn(column, array[int(places[0])].as_py(), rows[places[0]], len(places), rule)


def _read_moments(array: pa.Array) -> pa.Array | None:
    """Let Arrow read a column of moments, or None where it might not agree with us."""
    try:
        moments = _parse(array) if pa.types.is_string(array.type) else array
        if not _is_moment(moments.type):
            return None
        moments = moments.cast(pa.timestamp("us", moments.type.tz), safe=False)
        if moments.type.tz is None:
            moments = pc.assume_timezone(moments, "Asia/Shanghai")
        moments = moments.cast(SHANGHAI_US)
    except pa.ArrowException:
        return None
    span = pc.min_max(moments.cast(pa.int64())).as_py()
    if span["min"] is None:
        return moments
    first, last = (int(at.timestamp()) * 1_000_000 for at in (_FIRST, _LAST))
    return moments if first <= span["min"] and span["max"] < last else None


def _parse(array: pa.Array) -> pa.Array:
    array = pc.if_else(pc.equal(array, ""), pa.scalar(None, pa.string()), array)
    try:
        return array.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        return array.cast(SHANGHAI_US)
