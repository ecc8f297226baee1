"""One list of fields: Parquet, JSON records and the MLflow model must not drift apart."""

from __future__ import annotations

from models.analysis import FeedbackModel
from models.results import RESULT_FIELDS, as_record
from pipeline.pyfunc_model import make_signature
from pipeline.scored import RESULT_SCHEMA


def test_table_has_the_fields_in_order():
    """Readers of Parquet and CSV rely on names and order."""
    assert tuple(RESULT_SCHEMA.names) == RESULT_FIELDS


def test_record_has_the_fields_in_order():
    """The API and JSONL print records."""
    result = FeedbackModel.load().analyze([{"text": "闪退", "created_at": "2026-11-20T09:00"}])[0]
    assert tuple(as_record(result)) == RESULT_FIELDS


def test_registered_model_promises_the_fields_in_order():
    """Spark and MLflow users see the signature only."""
    assert tuple(make_signature().outputs.input_names()) == RESULT_FIELDS
