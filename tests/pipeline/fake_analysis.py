"""Stands in for `models.analysis`: a model whose folder is a manifest and that knows one answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.results import Evidence, FeedbackResult


class FeedbackModel:
    """Answers every row alike and remembers what it was asked."""

    def __init__(self, version: str = "fake-1") -> None:
        self.version = version
        self.rows: list[Mapping[str, Any]] = []

    @classmethod
    def load(cls, path: Path) -> FeedbackModel:
        """Load the fake from its manifest."""
        return cls(json.loads((path / "manifest.json").read_text(encoding="utf-8"))["version"])

    def analyze(self, rows: Sequence[Mapping[str, Any]]) -> list[FeedbackResult]:
        """Score rows."""
        self.rows = list(rows)
        return [self._answer(row) for row in rows]

    def _answer(self, row: Mapping[str, Any]) -> FeedbackResult:
        return FeedbackResult(
            feedback_id=row["feedback_id"],
            text=row["text"],
            intent="complaint",
            type="product",
            types=("product", "service"),
            subtype="crash",
            confidence=0.9,
            confidence_band="high",
            needs_review=False,
            evidence=(Evidence("product", 0, 2),),
            urgency="low",
            urgency_score=10.0,
            urgency_reasons=("闪退",),
            severity="一般",
            acknowledge_due=row["created_at"],
            respond_due=row["created_at"],
            resolve_due=row["created_at"],
            department="产品部",
            redactions={"phone": 1},
            model_version=self.version,
        )
