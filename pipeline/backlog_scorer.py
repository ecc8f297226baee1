"""Scoring a batch of Arrow rows, the same words only once.

Customers repeat each other: 好评, 此用户没有填写评价. What the model says of a row depends on
its text and on the three facts that urgency looks at; the moment it was written only
moves the deadlines, and those are counted anew.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from models.analysis import DUE_FIELDS, TIMELESS_FIELDS, FeedbackModel
from models.due_columns import due_columns
from models.second_opinion import SecondOpinion
from pipeline.scored import scored_columns

MODEL_COLUMNS = ("text", "feedback_id", "contact_count", "customer_tier", "csat")
_MOMENT = pa.timestamp("us", tz="Asia/Shanghai")
_FACTS = ("text", "contact_count", "customer_tier", "csat")
# Long texts hardly repeat, and the bound keeps the memory of a worker below 30 MB.
_MOST_CHARS = 120
_MOST_RESULTS = 16_384

Columns = dict[str, list[Any]]


@dataclass(frozen=True)
class ModelChoice:
    """Which model scores; it travels to the workers, which load it.

    Attributes:
        folder: Model folder; None takes the shipped one.
        teacher: Folder of a teacher that reads unsure rows again; None for none.
        share: Share of rows that it reads, in [0, 1]; at 0 the teacher is not loaded.
    """

    folder: Path | None = None
    teacher: Path | None = None
    share: float = 0.0

    def load(self) -> FeedbackModel:
        """Load the model.

        Returns:
            The model, with its second opinion.
        """
        second = None
        if self.teacher and self.share:
            second = SecondOpinion.load(self.teacher, self.share)
        return FeedbackModel.load(self.folder, second)


class Scorer:
    """Scores batches.

    Args:
        model: Scores rows.
    """

    def __init__(self, model: FeedbackModel) -> None:
        self._model = model
        self._known: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    @classmethod
    def load(cls, choice: ModelChoice) -> Scorer:
        """Load a model.

        Args:
            choice: Which.

        Returns:
            The scorer, its tables made: workers that are forked now share them.
        """
        model = choice.load()
        model.artifact.encoder.encode(["好"])
        return cls(model)

    @property
    def version(self) -> str:
        """Which model scores."""
        second = self._model.second
        asked = f" + {second.version} below {second.below}" if second else ""
        return self._model.version + asked

    def score(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Score one batch.

        Args:
            rows: What was read.

        Returns:
            The scored batch.
        """
        names = [name for name in MODEL_COLUMNS if name in rows.schema.names]
        with _without_collector():
            found = self._analyze({name: rows.column(name).to_pylist() for name in names})
            dues = self._due(rows.column("created_at"), found)
            return scored_columns(rows, {**found, **dues})

    def _due(self, created: pa.Array, found: Columns) -> dict[str, pa.Array]:
        if created.null_count:
            raise ValueError("a row without created_at has no deadlines; intake gives it one")
        moments = created.cast(_MOMENT).cast(pa.int64()).to_numpy()
        levels, calendar = self._model.artifact.taxonomy.service_levels, self._model.calendar
        dues = due_columns(moments, found["urgency"], found["severity"], levels, calendar)
        return {n: pa.array(d).cast(_MOMENT) for n, d in zip(DUE_FIELDS, dues, strict=True)}

    def _analyze(self, columns: Columns) -> Columns:
        keys = list(zip(*(columns[name] for name in _FACTS if name in columns), strict=True))
        first: dict[tuple[Any, ...], int] = {}
        for i, key in enumerate(keys):
            if key not in self._known:
                first.setdefault(key, i)
        places = list(first.values())
        if len(places) == len(keys):
            found = self._model.analyze_timeless(columns)
            self._remember(first, found)
            return found
        fresh = self._model.analyze_timeless(
            {name: [cells[i] for i in places] for name, cells in columns.items()}
        )
        repeats = sorted({*range(len(keys))}.difference(places))
        found = self._with_repeats(fresh, first, [keys[i] for i in repeats])
        self._remember(first, fresh)
        order = np.argsort(np.array(places + repeats), kind="stable").tolist()
        found = {name: [cells[i] for i in order] for name, cells in found.items()}
        found["feedback_id"] = [str(id_ or "") for id_ in columns["feedback_id"]]
        return found

    def _with_repeats(
        self, fresh: Columns, first: dict[tuple[Any, ...], int], keys: list[tuple[Any, ...]]
    ) -> Columns:
        """Append what was said before of the same words, in this batch or an earlier one."""
        position = {key: n for n, key in enumerate(first)}
        answers = [
            self._known[key]
            if key in self._known
            else tuple(cells[position[key]] for cells in fresh.values())
            for key in keys
        ]
        cells = zip(*answers, strict=True)
        return {
            name: [*fresh[name], *more] for name, more in zip(TIMELESS_FIELDS, cells, strict=True)
        }

    def _remember(self, keys: Iterable[tuple[Any, ...]], found: Columns) -> None:
        for key, answer in zip(keys, zip(*found.values(), strict=True), strict=True):
            if len(key[0]) <= _MOST_CHARS:
                self._known[key] = answer
        # All at once: each search for the oldest would walk over the gaps that the last one left.
        for key in list(islice(self._known, max(0, len(self._known) - _MOST_RESULTS))):
            del self._known[key]


@contextmanager
def _without_collector() -> Iterator[None]:
    """Stop the search for cycles: scoring makes none, and a tenth of its time went into looking."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
