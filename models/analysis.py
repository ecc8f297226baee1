"""One row in, one result out: everything that Huiyin says of a row, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from models.artifact import DEFAULT_FOLDER, Artifact, load_artifact
from models.classifier import Decoded, decode
from models.clauses import Clause
from models.deadlines import SHANGHAI, Deadlines, WorkingCalendar, due
from models.encoders import ClauseBatch
from models.privacy import Masked, mask
from models.results import Evidence, FeedbackResult
from models.text import normalize
from models.urgency import Context, Urgency, judge

BANDS = ("low", "medium", "high")
WITHOUT_FACTS = ("praise", "suggestion", "invalid")
SURE_INTENT = 0.85
_BATCH_ROWS = 512


@dataclass(frozen=True)
class _Batch:
    """Rows on their way through the model."""

    masked: list[Masked]
    clauses: ClauseBatch
    labels: Decoded
    clause_scores: np.ndarray


class FeedbackModel:
    """Scores rows; the result of a row does not depend on the rows beside it.

    Args:
        artifact: A loaded model folder.
        calendar: Working days; the Chinese calendar by default.
    """

    def __init__(self, artifact: Artifact, calendar: WorkingCalendar | None = None) -> None:
        self.artifact = artifact
        self.calendar = calendar or WorkingCalendar()

    @classmethod
    def load(cls, folder: str | Path | None = None) -> FeedbackModel:
        """Load a model folder.

        Args:
            folder: The folder; None takes the model that ships with the package.

        Returns:
            The model.

        Raises:
            ArtifactError: If the folder is no model of this version.
        """
        return cls(load_artifact(folder or DEFAULT_FOLDER))

    @property
    def version(self) -> str:
        """Name and digest of the model's content."""
        return self.artifact.version

    def analyze(
        self, rows: Sequence[Mapping[str, Any]], as_of: datetime | None = None
    ) -> list[FeedbackResult]:
        """Score rows.

        Args:
            rows: `text`, and what is known of `feedback_id`, `created_at`, `contact_count`,
                `customer_tier` and `csat`.
            as_of: Stands in for a missing `created_at`; naive means Asia/Shanghai.

        Returns:
            One result a row, in order.

        Raises:
            ValueError: If a row has no text, or neither `created_at` nor `as_of` is given.
        """
        results: list[FeedbackResult] = []
        for start in range(0, len(rows), _BATCH_ROWS):
            results += self._analyze(rows[start : start + _BATCH_ROWS], as_of)
        return results

    def _analyze(
        self, rows: Sequence[Mapping[str, Any]], as_of: datetime | None
    ) -> list[FeedbackResult]:
        batch = self._score([mask(normalize(_text(row))) for row in rows])
        return [self._result(i, row, batch, _moment(row, as_of)) for i, row in enumerate(rows)]

    def _score(self, masked: list[Masked]) -> _Batch:
        model = self.artifact
        clauses = model.encoder.encode_clauses([m.text for m in masked])
        labels = decode(model.heads.logits(clauses), model.space, model.calibration)
        scores = model.space.split(model.heads.clause_logits(clauses))[2]
        return _Batch(masked, clauses, labels, scores)

    def _result(
        self, i: int, row: Mapping[str, Any], batch: _Batch, created_at: datetime
    ) -> FeedbackResult:
        space, taxonomy = self.artifact.space, self.artifact.taxonomy
        type_ = space.types[batch.labels.type[i]]
        subtype = space.subtypes[batch.labels.subtype[i]]
        types = self._types(batch.labels, i)
        evidence = self._evidence(batch, i, types)
        urgency = self._urgency(row, batch, i, evidence)
        deadlines = self._deadlines(created_at, urgency)
        confidence = round(float(batch.labels.confidence[i]), 4)
        band = self._band(confidence)
        return FeedbackResult(
            feedback_id=str(row.get("feedback_id") or ""),
            text=batch.masked[i].text,
            intent=space.intents[batch.labels.intent[i]],
            type=type_,
            types=types,
            subtype=subtype,
            confidence=confidence,
            confidence_band=band,
            needs_review=band == BANDS[0],
            evidence=evidence,
            urgency=urgency.level,
            urgency_score=urgency.score,
            urgency_reasons=urgency.reasons,
            severity=urgency.severity,
            acknowledge_due=deadlines.acknowledge_due,
            respond_due=deadlines.respond_due,
            resolve_due=deadlines.resolve_due,
            department=taxonomy.department(type_, subtype),
            redactions=batch.masked[i].redactions,
            model_version=self.version,
        )

    def _types(self, labels: Decoded, i: int) -> tuple[str, ...]:
        names = self.artifact.space.types
        order = np.argsort(-labels.type_set[i], kind="stable")
        main = labels.type[i]
        others = [names[t] for t in order if labels.types[i, t] and t != main]
        return (names[main], *others)

    def _evidence(self, batch: _Batch, i: int, types: Sequence[str]) -> tuple[Evidence, ...]:
        clauses = batch.clauses.clauses[i]
        if not clauses:
            return ()
        scores = batch.clause_scores[batch.clauses.starts[i] : batch.clauses.starts[i + 1]]
        best = [int(scores[:, self.artifact.space.types.index(name)].argmax()) for name in types]
        return tuple(
            Evidence(name, clauses[c].start, clauses[c].end)
            for name, c in zip(types, best, strict=True)
        )

    def _urgency(
        self, row: Mapping[str, Any], batch: _Batch, i: int, evidence: Sequence[Evidence]
    ) -> Urgency:
        text = batch.masked[i].text
        facts = self.artifact.facts.find(text) if self._states_facts(batch.labels, i) else []
        quoted = _quote(text, evidence, batch.clauses.clauses[i])
        return judge(
            batch.labels.urgency[i].tolist(),
            self.artifact.calibration.urgency_thresholds,
            facts,
            Context(_number(row, "contact_count"), row.get("customer_tier"), row.get("csat")),
            text,
            quoted,
        )

    def _states_facts(self, labels: Decoded, i: int) -> bool:
        # Praise tells how a danger was averted; a suggestion tells what to guard against. But a
        # model that is not sure of the intent must not talk a fact down.
        intent = self.artifact.space.intents[labels.intent[i]]
        is_sure = bool(labels.intent_confidence[i] >= SURE_INTENT)
        return not (is_sure and intent in WITHOUT_FACTS)

    def _deadlines(self, created_at: datetime, urgency: Urgency) -> Deadlines:
        levels = self.artifact.taxonomy.service_levels
        return due(created_at, urgency.level, urgency.severity, levels, self.calendar)

    def _band(self, confidence: float) -> str:
        medium, high = self.artifact.calibration.band_thresholds
        return BANDS[(confidence >= medium) + (confidence >= high)]


def _text(row: Mapping[str, Any]) -> str:
    text = row.get("text")
    if not isinstance(text, str):
        raise ValueError(f"row {row.get('feedback_id')!r}: text must be a string, got {text!r}")
    return text


def _moment(row: Mapping[str, Any], as_of: datetime | None) -> datetime:
    moment = row.get("created_at") or as_of
    if moment is None:
        raise ValueError("a row without created_at needs as_of, the time to count deadlines from")
    if isinstance(moment, str):
        moment = datetime.fromisoformat(moment)
    local: datetime = moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment
    return local


def _number(row: Mapping[str, Any], name: str) -> int | None:
    value = row.get(name)
    return None if value is None else int(value)


def _quote(text: str, evidence: Sequence[Evidence], clauses: Sequence[Clause]) -> str:
    if evidence:
        return text[evidence[0].start : evidence[0].end]
    return clauses[0].text if clauses else ""
