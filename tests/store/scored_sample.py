"""Scored rows for tests of the store: few, real in shape, every value chosen."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pandas as pd

from models.deadlines import SHANGHAI

MONDAY = datetime(2026, 11, 16, 9, tzinfo=SHANGHAI)  # of 2026-W47


def scored_row(
    number: int = 1, text: str = "退款一直不到账，客服也不回", **cells: Any
) -> dict[str, Any]:
    """One row as `huiyin score` writes it; any cell may be given."""
    created = cells.get("created_at", MONDAY)
    return {
        "feedback_id": f"CF{number:04d}",
        "text": text,
        "intent": "complaint",
        "type": "account",
        "types": ["account", "service"],
        "subtype": "payment",
        "confidence": 0.91,
        "confidence_band": "high",
        "needs_review": False,
        "evidence": [{"label": "account", "start": 0, "end": 7}],
        "urgency": "medium",
        "urgency_score": 55.0,
        "urgency_reasons": ["提到“退款”：钱款未到"],
        "severity": "中度",
        "acknowledge_due": created + timedelta(hours=2),
        "respond_due": created + timedelta(days=5),
        "resolve_due": created + timedelta(hours=72),
        "department": "财务部",
        "redactions": {},
        "model_version": "huiyin-test",
        "created_at": created,
        **cells,
    }


def scored_frame(*rows: dict[str, Any]) -> pd.DataFrame:
    """A frame of rows; a column that a row lacks is None there."""
    return pd.DataFrame(list(rows))
