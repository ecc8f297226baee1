"""What reading feedback gives: batches of usable rows, rejected rows, cells that were emptied."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import pyarrow as pa

Reason = Literal[
    "missing_text",
    "unusable_text",
    "too_long",
    "wrong_type",
    "ragged",
    "broken_quote",
    "bad_json",
    "encoding",
    "duplicate_id",
]


@dataclass(frozen=True, slots=True)
class Rejected:
    r"""A row that cannot be used; its raw content is kept.

    Attributes:
        row_number: Its place among the data rows, from 1.
        raw: What stood in the file; bytes that are no text are written as `\xNN`.
        reason: What is wrong and what was expected, for a person.
        code: The same for a program.
        field: The column at fault, if it is one.
        line_number: Line of a CSV or JSONL file, row of an Excel sheet; None for Parquet.
    """

    row_number: int
    raw: str
    reason: str
    code: Reason
    field: str | None = None
    line_number: int | None = None


@dataclass(frozen=True, slots=True)
class CellWarning:
    """Optional cells of one column that could not be used as they were; their rows were kept.

    Attributes:
        column: Which column.
        problem: What was expected and what became of the cells.
        n_cells: How many cells of the batch.
        first_row: Row number of the first of them.
        example: The first of them, at most 80 characters; empty for personal data.
    """

    column: str
    problem: str
    n_cells: int
    first_row: int
    example: str


@dataclass(frozen=True, slots=True)
class RowBatch:
    """Some consecutive rows of the input.

    A pyarrow RecordBatch holds them because it costs a tenth of a list of dicts, has one schema
    for the whole file, and goes to Parquet, pandas and worker processes without a copy.

    Attributes:
        rows: The usable rows; `ROW_COLUMNS` first, then the file's other columns as they are.
        row_numbers: Row number of each usable row, from 1.
        rejected: The others, in row order.
        warnings: Cells that were emptied or repaired.
    """

    rows: pa.RecordBatch
    row_numbers: tuple[int, ...]
    rejected: tuple[Rejected, ...]
    warnings: tuple[CellWarning, ...]

    @property
    def n_rows_in(self) -> int:
        """Rows read: kept and rejected."""
        return len(self.row_numbers) + len(self.rejected)


@dataclass(frozen=True, slots=True)
class RawRows:
    """Rows as a reader found them, before any cell was looked at.

    Attributes:
        columns: Column name to values: a list, or an arrow array where the file has types.
        row_numbers: Row number of each row, from 1.
        line_numbers: Line or sheet row of each, or None.
        raw_of: Gives the raw content of the i-th row.
        rejected: Rows that the reader could not take apart.
    """

    columns: dict[str, Sequence[Any] | pa.Array]
    row_numbers: Sequence[int]
    line_numbers: Sequence[int] | None
    raw_of: Callable[[int], str]
    rejected: Sequence[Rejected]

    def reject(self, i: int, code: Reason, reason: str, field: str | None = None) -> Rejected:
        """Make the rejection of one of these rows.

        Args:
            i: Which row, from 0.
            code: The reason for a program.
            reason: The reason for a person.
            field: The column at fault.

        Returns:
            The rejected row with its numbers and raw content.
        """
        line = None if self.line_numbers is None else self.line_numbers[i]
        return Rejected(self.row_numbers[i], self.raw_of(i), reason, code, field, line)
