"""What a scoring run did, in numbers that add up."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from pipeline.ingest_batch import CellWarning, RowBatch


@dataclass
class Summary:
    """What a run did; `rows_in` is always the sum of `scored` and `rejected`.

    Attributes:
        rows_in: Rows that were read.
        scored: Rows in the output.
        rejected: Rows beside the output.
        by_type: Scored rows a type.
        by_urgency: Scored rows an urgency.
        warnings: Optional cells that could not be used, by column and problem.
        seconds: Wall time of this run.
        model_version: Which model scored.
        rows_resumed: Rows that an earlier, unfinished run had done.
        rows_expected: Rows in all, where the input says so beforehand.
    """

    rows_in: int = 0
    scored: int = 0
    rejected: int = 0
    by_type: Counter[str] = field(default_factory=Counter)
    by_urgency: Counter[str] = field(default_factory=Counter)
    warnings: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    model_version: str = ""
    rows_resumed: int = 0
    rows_expected: int | None = None

    def add(self, batch: RowBatch, scored: pa.RecordBatch) -> None:
        """Count one batch.

        Args:
            batch: What was read.
            scored: What was written.
        """
        self.rows_in += batch.n_rows_in
        self.scored += scored.num_rows
        self.rejected += len(batch.rejected)
        self.by_type.update(_counts(scored.column("type")))
        self.by_urgency.update(_counts(scored.column("urgency")))
        for warning in batch.warnings:
            self.warnings[_describe(warning)] += warning.n_cells

    def merge(self, other: Summary) -> None:
        """Count what another run did.

        Args:
            other: The run, or a part of it.
        """
        self.rows_in += other.rows_in
        self.scored += other.scored
        self.rejected += other.rejected
        self.by_type.update(other.by_type)
        self.by_urgency.update(other.by_urgency)
        self.warnings.update(other.warnings)

    @property
    def rate(self) -> float:
        """Rows a second of this run."""
        return (self.rows_in - self.rows_resumed) / self.seconds if self.seconds else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Time that the other rows will take, if their number is known."""
        if not self.rows_expected or not self.rate:
            return None
        return max(self.rows_expected - self.rows_in, 0) / self.rate

    def counts(self) -> dict[str, Any]:
        """Give what was counted: the same for the same rows, however long they took.

        Returns:
            JSON-ready fields.
        """
        return {
            "rows_in": self.rows_in,
            "scored": self.scored,
            "rejected": self.rejected,
            "by_type": _ordered(self.by_type),
            "by_urgency": _ordered(self.by_urgency),
            "warnings": dict(sorted(self.warnings.items())),
        }

    @classmethod
    def of_counts(cls, counts: dict[str, Any]) -> Summary:
        """Read what `counts` gave.

        Args:
            counts: As in a manifest.

        Returns:
            The summary, without time and model.
        """
        return cls(
            counts["rows_in"],
            counts["scored"],
            counts["rejected"],
            Counter(counts["by_type"]),
            Counter(counts["by_urgency"]),
            Counter(counts["warnings"]),
        )

    def as_record(self) -> dict[str, Any]:
        """Give the summary as plain values.

        Returns:
            JSON-ready fields, and the rate in rows a second.
        """
        return {
            **self.counts(),
            "rows_resumed": self.rows_resumed,
            "seconds": round(self.seconds, 2),
            "rows_per_second": round(self.rate, 1),
            "model_version": self.model_version,
        }


def _counts(column: pa.Array) -> dict[str, int]:
    counted = column.value_counts()
    return {pair["values"]: pair["counts"] for pair in counted.to_pylist()}


def _ordered(counter: Counter[str]) -> dict[str, int]:
    """Put the most frequent first, equals by name: a resumed run counts in another order."""
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))


def _describe(warning: CellWarning) -> str:
    return f"{warning.column}: {warning.problem}"
