"""One row in, one result out: everything that Huiyin says of a row, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from models.analysis_input import checked, context, moment
from models.artifact import DEFAULT_FOLDER, Artifact, load_artifact
from models.classifier import Calibration, Decoded, decode
from models.deadlines import Deadlines, WorkingCalendar, due
from models.encoders import ClauseBatch
from models.evidence import Span, find_evidence, ranked_types
from models.facts import FactMatch
from models.plainness import normalize_all
from models.privacy import Masked, mask_all
from models.results import RESULT_FIELDS, Evidence, FeedbackResult
from models.second_opinion import SecondOpinion, read_again
from models.urgency import Urgency, judge

BANDS = ("low", "medium", "high")
WITHOUT_FACTS = ("praise", "suggestion", "invalid")
SURE_INTENT = 0.85
DUE_FIELDS = ("acknowledge_due", "respond_due", "resolve_due")
TIMELESS_FIELDS = tuple(name for name in RESULT_FIELDS if name not in DUE_FIELDS)
INPUT_FIELDS = ("text", "feedback_id", "created_at", "contact_count", "customer_tier", "csat")
_BATCH_ROWS = 512

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class _Batch:
    """Rows on their way through the model."""

    texts: list[str]
    masked: dict[int, Masked]
    clauses: ClauseBatch
    labels: Decoded
    types: list[tuple[str, ...]]
    evidence: list[tuple[Span, ...]]
    calibrations: list[Calibration]
    versions: list[str]


class FeedbackModel:
    """Scores rows; the result of a row does not depend on the rows beside it.

    Args:
        artifact: A loaded model folder.
        calendar: Working days; the Chinese calendar by default.
        second: Reads the rows again that the model is least sure of.
    """

    def __init__(
        self,
        artifact: Artifact,
        calendar: WorkingCalendar | None = None,
        second: SecondOpinion | None = None,
    ) -> None:
        self.artifact = artifact
        self.calendar = calendar or WorkingCalendar()
        self.second = second

    @classmethod
    def load(
        cls, folder: str | Path | None = None, second: SecondOpinion | None = None
    ) -> FeedbackModel:
        """Load a model folder.

        Args:
            folder: The folder; None takes the model that ships with the package.
            second: Reads the rows again that the model is least sure of; None for none.

        Returns:
            The model.

        Raises:
            ArtifactError: If the folder is no model of this version.
        """
        return cls(load_artifact(folder or DEFAULT_FOLDER), second=second)

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
        columns = {name: [row.get(name) for row in rows] for name in INPUT_FIELDS}
        found = self.analyze_columns(columns, as_of)
        found["evidence"] = [tuple(Evidence(*span) for span in row) for row in found["evidence"]]
        return [FeedbackResult(*row) for row in zip(*found.values(), strict=True)]

    def analyze_columns(
        self, columns: Mapping[str, Sequence[Any]], as_of: datetime | None = None
    ) -> Columns:
        """Do what `analyze` does, column by column, without an object for every row.

        Args:
            columns: The fields that `analyze` reads, of equal length; only `text` is required.
            as_of: Stands in for a missing `created_at`; naive means Asia/Shanghai.

        Returns:
            The fields of `FeedbackResult` in their order; evidence as (label, start, end).

        Raises:
            ValueError: If a row has no text, or neither `created_at` nor `as_of` is given.
        """
        created = columns.get("created_at") or [None] * len(columns["text"])
        moments = [moment(value, as_of) for value in created]
        found = self.analyze_timeless(columns)
        dues = self._deadlines(moments, found["urgency"], found["severity"])
        for name in DUE_FIELDS:
            found[name] = [getattr(due, name) for due in dues]
        return {name: found[name] for name in RESULT_FIELDS}

    def analyze_timeless(self, columns: Mapping[str, Sequence[Any]]) -> Columns:
        """Do what `analyze_columns` does but for the deadlines: who wrote when plays no part.

        Args:
            columns: As `analyze_columns` takes them. `ValueError` is raised if a row has no text.

        Returns:
            The fields of `TIMELESS_FIELDS`, in that order.
        """
        found: Columns = {name: [] for name in TIMELESS_FIELDS}
        n_rows = len(columns["text"])
        for start in range(0, n_rows, _BATCH_ROWS):
            end = min(start + _BATCH_ROWS, n_rows)
            block = {
                name: columns[name][start:end] if name in columns else [None] * (end - start)
                for name in INPUT_FIELDS
            }
            for name, values in self._analyze(block).items():
                found[name] += values
        return found

    def _analyze(self, columns: Mapping[str, Sequence[Any]]) -> Columns:
        batch = self._score(*mask_all(normalize_all(checked(columns))))
        urgencies = self._urgencies(columns, batch)
        labels, space = batch.labels, self.artifact.space
        confidence = [round(value, 4) for value in labels.confidence.tolist()]
        bands = [_band(*pair) for pair in zip(confidence, batch.calibrations, strict=True)]
        subtypes = labels.subtype.tolist()
        return {
            "feedback_id": [str(value or "") for value in columns["feedback_id"]],
            "text": batch.texts,
            "intent": [space.intents[i] for i in labels.intent.tolist()],
            "type": [types[0] for types in batch.types],
            "types": batch.types,
            "subtype": [space.subtypes[i] for i in subtypes],
            "confidence": confidence,
            "confidence_band": bands,
            "needs_review": [band == BANDS[0] for band in bands],
            "evidence": batch.evidence,
            "urgency": [u.level for u in urgencies],
            "urgency_score": [u.score for u in urgencies],
            "urgency_reasons": [u.reasons for u in urgencies],
            "severity": [u.severity for u in urgencies],
            "department": [self._departments[i] for i in subtypes],
            "redactions": [
                batch.masked[i].redactions if i in batch.masked else {}
                for i in range(len(batch.texts))
            ],
            "model_version": batch.versions,
        }

    def _score(self, texts: list[str], masked: dict[int, Masked]) -> _Batch:
        model = self.artifact
        clauses = model.encoder.encode_clauses(texts)
        logits, clause_logits = model.heads.scores(clauses)
        labels = decode(logits, model.space, model.calibration)
        calibrations, versions = [model.calibration] * len(texts), [self.version] * len(texts)
        if self.second:
            for i in read_again(labels, texts, model.space, self.second):
                calibrations[i], versions[i] = self.second.calibration, self.second.version
        types = ranked_types(labels)
        scores = model.space.split(clause_logits)[2]
        names = [tuple(model.space.types[t] for t in row) for row in types]
        evidence = find_evidence(clauses, scores, types, model.space.types)
        return _Batch(texts, masked, clauses, labels, names, evidence, calibrations, versions)

    def _urgencies(self, columns: Mapping[str, Sequence[Any]], batch: _Batch) -> list[Urgency]:
        contexts = map(context, columns["contact_count"], columns["customer_tier"], columns["csat"])
        rows = zip(
            batch.labels.urgency.tolist(),
            self._facts(batch),
            contexts,
            batch.texts,
            batch.evidence,
            batch.calibrations,
            strict=True,
        )
        return [
            judge(c, used.urgency_thresholds, facts, context, text, _quote(text, evidence))
            for c, facts, context, text, evidence, used in rows
        ]

    def _facts(self, batch: _Batch) -> list[Sequence[FactMatch]]:
        # Praise tells how a danger was averted; a suggestion tells what to guard against. But a
        # model that is not sure of the intent must not talk a fact down.
        intents = [self.artifact.space.intents.index(name) for name in WITHOUT_FACTS]
        is_sure = batch.labels.intent_confidence >= SURE_INTENT
        rows = np.flatnonzero(~(is_sure & np.isin(batch.labels.intent, intents))).tolist()
        found: list[Sequence[FactMatch]] = [()] * len(batch.texts)
        facts = self.artifact.facts.find_all([batch.texts[i] for i in rows])
        for i, matches in zip(rows, facts, strict=True):
            found[i] = matches
        return found

    def _deadlines(
        self, moments: Sequence[datetime], urgencies: Sequence[str], severities: Sequence[str]
    ) -> list[Deadlines]:
        levels = self.artifact.taxonomy.service_levels
        # Moments that differ in `fold` alone count as equal, and are an hour apart.
        folds = (moment.fold for moment in moments)
        keys = list(zip(moments, folds, urgencies, severities, strict=True))
        known = {key: due(key[0], key[2], key[3], levels, self.calendar) for key in {*keys}}
        return [known[key] for key in keys]

    @cached_property
    def _departments(self) -> list[str]:
        space, taxonomy = self.artifact.space, self.artifact.taxonomy
        return [taxonomy.department(taxonomy.type_of(name), name) for name in space.subtypes]


def _band(confidence: float, calibration: Calibration) -> str:
    medium, high = calibration.band_thresholds
    return BANDS[(confidence >= medium) + (confidence >= high)]


def _quote(text: str, evidence: Sequence[Span]) -> str:
    return text[evidence[0][1] : evidence[0][2]] if evidence else ""
