"""The table of scored rows: one schema for Parquet, CSV, JSONL and Excel."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate, chain
from typing import Any

import pyarrow as pa

from models.results import RESULT_FIELDS, FeedbackResult

_MOMENT = pa.timestamp("us", tz="Asia/Shanghai")
_EVIDENCE = pa.list_(
    pa.struct([("label", pa.string()), ("start", pa.int32()), ("end", pa.int32())])
)
_TYPES: dict[str, pa.DataType] = {
    "types": pa.list_(pa.string()),
    "confidence": pa.float64(),
    "needs_review": pa.bool_(),
    "evidence": _EVIDENCE,
    "urgency_score": pa.float64(),
    "urgency_reasons": pa.list_(pa.string()),
    "acknowledge_due": _MOMENT,
    "respond_due": _MOMENT,
    "resolve_due": _MOMENT,
    "redactions": pa.map_(pa.string(), pa.int32()),
}
RESULT_SCHEMA = pa.schema([(name, _TYPES.get(name, pa.string())) for name in RESULT_FIELDS])
RENAMED = "input_"


def scored_schema(rows: pa.Schema) -> pa.Schema:
    """Give the columns of a scored table.

    Args:
        rows: Columns of the rows that were read.

    Returns:
        The result's fields, then the rows' other columns; one that is called like a result
        field is renamed `input_…`.
    """
    fields = list(RESULT_SCHEMA)
    taken = {field.name for field in fields}
    for field in _passed(rows):
        name = field.name
        while name in taken:
            name = RENAMED + name
        taken.add(name)
        fields.append(field.with_name(name))
    return pa.schema(fields)


def scored_batch(rows: pa.RecordBatch, results: Sequence[FeedbackResult]) -> pa.RecordBatch:
    """Put results and the rows they came from side by side.

    Args:
        rows: What was read.
        results: One a row, in order.

    Returns:
        A batch of `scored_schema(rows.schema)`.
    """
    columns = {name: [getattr(r, name) for r in results] for name in RESULT_FIELDS}
    columns["evidence"] = [[(e.label, e.start, e.end) for e in r.evidence] for r in results]
    return scored_columns(rows, columns)


def scored_columns(
    rows: pa.RecordBatch, columns: Mapping[str, Sequence[Any] | pa.Array]
) -> pa.RecordBatch:
    """Do what `scored_batch` does with what `FeedbackModel.analyze_columns` gives.

    Args:
        rows: What was read.
        columns: The result's fields, one value a row, in order; evidence as (label, start,
            end). An Arrow array of the field's type stays as it is.

    Returns:
        A batch of `scored_schema(rows.schema)`.
    """
    arrays = [_array(columns[field.name], field) for field in RESULT_SCHEMA]
    arrays += [rows.column(field.name) for field in _passed(rows.schema)]
    return pa.RecordBatch.from_arrays(arrays, schema=scored_schema(rows.schema))


def _passed(rows: pa.Schema) -> list[pa.Field]:
    return [field for field in rows if field.name not in ("text", "feedback_id")]


def _array(values: Sequence[Any] | pa.Array, field: pa.Field) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    if field.name == "evidence":
        return _spans(values)
    if field.name == "redactions":
        values = [sorted(value.items()) if value else () for value in values]
    return pa.array(values, type=field.type)


def _spans(rows: Sequence[Sequence[tuple[str, int, int]]]) -> pa.Array:
    """Build the nested column from its three leaves: a dict for every span is slow."""
    fields = list(_EVIDENCE.value_type)
    leaves = list(zip(*chain.from_iterable(rows), strict=True)) or [()] * len(fields)
    arrays = [pa.array(leaf, type=f.type) for leaf, f in zip(leaves, fields, strict=True)]
    offsets = pa.array(accumulate(map(len, rows), initial=0), type=pa.int32())
    spans = pa.StructArray.from_arrays(arrays, fields=fields)
    return pa.ListArray.from_arrays(offsets, spans, type=_EVIDENCE)
