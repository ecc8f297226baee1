"""What Huiyin says of one row. The same fields, names and order in every door."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Evidence:
    """The span of the result's text that speaks for one type."""

    label: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class FeedbackResult:
    """One scored row; see the field table in README.

    Attributes:
        feedback_id: Unique id of the row.
        text: Normalised text with personal data masked.
        intent: complaint, suggestion, praise, inquiry or invalid.
        type: The main type.
        types: All types that apply, the main one first.
        subtype: One of the main type's subtypes.
        confidence: Calibrated probability of `type`, in [0, 1].
        confidence_band: high, medium or low.
        needs_review: True when a person should look at the labels.
        evidence: For each type the clause that carries it.
        urgency: high, medium or low.
        urgency_score: 0 to 100, the chance in percent that a reader calls the row high.
        urgency_reasons: Readable Chinese phrases.
        severity: 一般, 中度 or 重大.
        acknowledge_due: Asia/Shanghai.
        respond_due: Asia/Shanghai.
        resolve_due: Asia/Shanghai.
        department: Who must act, from the taxonomy's routing.
        redactions: Kind of personal data to how often it was masked.
        model_version: Which model said so.
    """

    feedback_id: str
    text: str
    intent: str
    type: str
    types: tuple[str, ...]
    subtype: str
    confidence: float
    confidence_band: str
    needs_review: bool
    evidence: tuple[Evidence, ...]
    urgency: str
    urgency_score: float
    urgency_reasons: tuple[str, ...]
    severity: str
    acknowledge_due: datetime
    respond_due: datetime
    resolve_due: datetime
    department: str
    redactions: dict[str, int]
    model_version: str


RESULT_FIELDS: tuple[str, ...] = tuple(f.name for f in fields(FeedbackResult))


def as_record(result: FeedbackResult) -> dict[str, Any]:
    """Turn a result into plain JSON-ready values.

    Args:
        result: One scored row.

    Returns:
        Field name to value in field order; dates as ISO 8601 text with offset.
    """
    record: dict[str, Any] = {name: getattr(result, name) for name in RESULT_FIELDS}
    record["types"] = list(result.types)
    record["urgency_reasons"] = list(result.urgency_reasons)
    record["evidence"] = [
        {"label": e.label, "start": e.start, "end": e.end} for e in result.evidence
    ]
    for name in ("acknowledge_due", "respond_due", "resolve_due"):
        record[name] = record[name].isoformat()
    return record
