"""The fields of a result, in every door's spelling."""

from __future__ import annotations

import json
from datetime import datetime

from models.deadlines import SHANGHAI
from models.results import RESULT_FIELDS, Evidence, FeedbackResult, as_record

MOMENT = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
RESULT = FeedbackResult(
    feedback_id="F1",
    text="电池鼓包",
    intent="complaint",
    type="quality",
    types=("quality", "service"),
    subtype="failure",
    confidence=0.9,
    confidence_band="high",
    needs_review=False,
    evidence=(Evidence("quality", 0, 4),),
    urgency="high",
    urgency_score=84.0,
    urgency_reasons=("提到“电池鼓包”：电池鼓包或漏液",),
    severity="重大",
    acknowledge_due=MOMENT,
    respond_due=MOMENT,
    resolve_due=MOMENT,
    department="品控部",
    redactions={"mobile": 1},
    model_version="tiny-1",
)


def test_fields_stand_in_the_order_of_the_design() -> None:
    """Readers of CSV count columns."""
    assert (
        *("feedback_id", "text", "intent", "type", "types", "subtype"),
        *("confidence", "confidence_band", "needs_review", "evidence"),
        *("urgency", "urgency_score", "urgency_reasons", "severity"),
        *("acknowledge_due", "respond_due", "resolve_due", "department"),
        *("redactions", "model_version"),
    ) == RESULT_FIELDS


def test_a_record_has_every_field_in_order() -> None:
    """The API prints it as it stands."""
    assert tuple(as_record(RESULT)) == RESULT_FIELDS


def test_a_record_survives_json() -> None:
    """No tuple, datetime or object may be left in it."""
    record = as_record(RESULT)
    assert json.loads(json.dumps(record, ensure_ascii=False)) == record


def test_moments_carry_their_offset() -> None:
    """A naive time would be read as the reader's own."""
    assert as_record(RESULT)["respond_due"] == "2026-11-23T09:00:00+08:00"


def test_evidence_is_spelt_out() -> None:
    """Label and span by name."""
    assert as_record(RESULT)["evidence"] == [{"label": "quality", "start": 0, "end": 4}]
