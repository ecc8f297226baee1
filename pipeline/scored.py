"""The table of scored rows: one schema for Parquet, CSV, JSONL and Excel."""

from __future__ import annotations

from collections.abc import Sequence
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
    arrays = [pa.array(_column(results, f.name), type=f.type) for f in RESULT_SCHEMA]
    arrays += [rows.column(field.name) for field in _passed(rows.schema)]
    return pa.RecordBatch.from_arrays(arrays, schema=scored_schema(rows.schema))


def _passed(rows: pa.Schema) -> list[pa.Field]:
    return [field for field in rows if field.name not in ("text", "feedback_id")]


def _column(results: Sequence[FeedbackResult], name: str) -> list[Any]:
    values = [getattr(result, name) for result in results]
    if name == "evidence":
        return [[{"label": e.label, "start": e.start, "end": e.end} for e in v] for v in values]
    if name == "redactions":
        return [sorted(v.items()) for v in values]
    return values
