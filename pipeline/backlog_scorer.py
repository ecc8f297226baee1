"""Scoring a batch of Arrow rows, the same words only once.

Customers repeat each other: 好评, 此用户没有填写评价. What the model says of a row depends on
its text and on the three facts that urgency looks at; the moment it was written only
moves the deadlines, and those are counted anew.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from models.analysis import FeedbackModel
from models.deadlines import due
from models.results import FeedbackResult
from pipeline.scored import scored_batch

MODEL_COLUMNS = ("text", "feedback_id", "created_at", "contact_count", "customer_tier", "csat")
_FACTS = ("text", "contact_count", "customer_tier", "csat")
# Long texts hardly repeat, and the bound keeps the memory of a worker below 30 MB.
_MOST_CHARS = 120
_MOST_RESULTS = 16_384

# A later step (a teacher's second opinion, known themes) sees a batch's rows and results.
Refine = Callable[[pa.RecordBatch, list[FeedbackResult]], list[FeedbackResult]]


class Scorer:
    """Scores batches.

    Args:
        model: Scores rows.
        refine: Looks at the results once more before they leave.
    """

    def __init__(self, model: FeedbackModel, refine: Refine | None = None) -> None:
        self._model = model
        self._refine = refine
        self._known: dict[tuple[Any, ...], FeedbackResult] = {}

    @classmethod
    def load(cls, folder: Path | None) -> Scorer:
        """Load a model.

        Args:
            folder: Model folder; None takes the shipped one.

        Returns:
            The scorer.
        """
        return cls(FeedbackModel.load(folder))

    @property
    def version(self) -> str:
        """Which model scores."""
        return self._model.version

    def score(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Score one batch.

        Args:
            rows: What was read.

        Returns:
            The scored batch.
        """
        columns = {n: rows.column(n).to_pylist() for n in MODEL_COLUMNS if n in rows.schema.names}
        keys = list(zip(*(columns[name] for name in _FACTS if name in columns), strict=True))
        results = self._analyze(columns, keys)
        if self._refine:
            results = self._refine(rows, results)
        return scored_batch(rows, results)

    def _analyze(
        self, columns: dict[str, list[Any]], keys: list[tuple[Any, ...]]
    ) -> list[FeedbackResult]:
        first: dict[tuple[Any, ...], int] = {}
        for i, key in enumerate(keys):
            if key not in self._known:
                first.setdefault(key, i)
        fresh = self._model.analyze(
            [{name: cells[i] for name, cells in columns.items()} for i in first.values()]
        )
        said = dict(zip(first, fresh, strict=True))
        results = [
            said[key] if first.get(key) == i else self._again(said.get(key), key, columns, i)
            for i, key in enumerate(keys)
        ]
        self._remember(said)
        return results

    def _again(
        self,
        said: FeedbackResult | None,
        key: tuple[Any, ...],
        columns: dict[str, list[Any]],
        i: int,
    ) -> FeedbackResult:
        result = said or self._known[key]
        created_at: datetime = columns["created_at"][i]
        levels = self._model.artifact.taxonomy.service_levels
        dues = due(created_at, result.urgency, result.severity, levels, self._model.calendar)
        return replace(
            result,
            feedback_id=str(columns["feedback_id"][i] or ""),
            acknowledge_due=dues.acknowledge_due,
            respond_due=dues.respond_due,
            resolve_due=dues.resolve_due,
        )

    def _remember(self, said: dict[tuple[Any, ...], FeedbackResult]) -> None:
        for key, result in said.items():
            if len(key[0]) <= _MOST_CHARS:
                self._known[key] = result
        while len(self._known) > _MOST_RESULTS:
            del self._known[next(iter(self._known))]
