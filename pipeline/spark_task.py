"""What runs on a Spark executor: rows read as `huiyin score` reads them, and scored.

The functions work on Arrow batches (`mapInArrow`) and not on frames: pandas would turn whole
numbers with gaps into floats, and the rows would not be the same as on one machine.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from pipeline.ingest_assemble import Assembler, Ids, reject_repeat
from pipeline.ingest_batch import Rejected, RowBatch
from pipeline.ingest_ids import made_id
from pipeline.ingest_parquet import raw_rows

if TYPE_CHECKING:
    from pipeline.backlog_scorer import Scorer

FILE, ROW, ID = "huiyin_file", "huiyin_row", "huiyin_id"
IS_OWN, REASON, N_BEFORE = "huiyin_is_own", "huiyin_reason", "huiyin_n_before"
LINE = "value"
IDENTITY = pa.schema(
    [
        (FILE, pa.string()),
        (ROW, pa.int64()),
        (ID, pa.string()),
        (IS_OWN, pa.bool_()),
        (REASON, pa.string()),
    ]
)
LINES = pa.schema([(LINE, pa.string())])

Batches = Iterable[pa.RecordBatch]
Task = Callable[[Batches], Iterator[pa.RecordBatch]]

_loaded: dict[str, Scorer] = {}


@dataclass(frozen=True)
class Reading:
    """How rows are read; it travels to the executors.

    Attributes:
        names: The columns' names as the rest of the program knows them; one is `text`.
        types: Arrow type of each column.
        as_of: Stands in for a missing `created_at`.
        customer_key: Secret for hashing customer ids.
    """

    names: tuple[str, ...]
    types: dict[str, pa.DataType]
    as_of: datetime
    customer_key: bytes | None

    def assemble(self, rows: pa.RecordBatch, ids: Ids) -> RowBatch:
        """Check and complete rows.

        Args:
            rows: The columns of the input, in order.
            ids: Gives the rows their ids.

        Returns:
            The batch; row numbers count from 1 within it.
        """
        assembler = Assembler(self.names, self.types, self.as_of, self.customer_key, ids)
        return assembler.assemble(raw_rows(rows, 1, list(self.names)))


class NumberedIds:
    """Gives ids to rows of which somebody else knows how often they were there before.

    Args:
        n_before: How many equal rows came before each; None stands for none at all.

    Attributes:
        is_own: Which rows brought their own id.
    """

    def __init__(self, n_before: Sequence[int] | None = None) -> None:
        self._n_before = n_before
        self.is_own: list[bool] = []

    def assign(
        self, given: Sequence[str | None], contents: Sequence[str], days: Sequence[str]
    ) -> list[str | None]:
        """Give an id to each row.

        Args:
            given: The rows' own ids.
            contents: What makes a row equal to another.
            days: yyyymmdd of each row.

        Returns:
            The ids.
        """
        self.is_own = [own is not None for own in given]
        counts = self._n_before or [0] * len(given)
        return [
            own if own is not None else made_id(content, day, n)
            for own, content, day, n in zip(given, contents, days, counts, strict=True)
        ]


def identify(reading: Reading) -> Task:
    """Make the task that tells each row's id, or why the row is rejected.

    Args:
        reading: How rows are read.

    Returns:
        For `mapInArrow`; gives rows of `IDENTITY`.
    """

    def run(batches: Batches) -> Iterator[pa.RecordBatch]:
        for rows in batches:
            ids = NumberedIds()
            batch = reading.assemble(rows.drop_columns([FILE, ROW]), ids)
            id_of: list[str | None] = [None] * rows.num_rows
            own: list[bool] = [False] * rows.num_rows
            reason_of: list[str | None] = [None] * rows.num_rows
            found = zip(
                batch.row_numbers, batch.rows["feedback_id"].to_pylist(), ids.is_own, strict=True
            )
            for number, id_, is_own in found:
                id_of[number - 1], own[number - 1] = id_, is_own
            for row in batch.rejected:
                i = row.row_number - 1
                reason_of[i] = _as_line(row, rows[FILE][i].as_py(), rows[ROW][i].as_py())
            arrays = [rows[FILE], rows[ROW], pa.array(id_of, pa.string()), pa.array(own)]
            arrays.append(pa.array(reason_of, pa.string()))
            yield pa.RecordBatch.from_arrays(arrays, schema=IDENTITY)

    return run


def reject_repeats(reading: Reading) -> Task:
    """Make the task that rejects rows whose own id another row had.

    Args:
        reading: How rows are read.

    Returns:
        For `mapInArrow`; gives rows of `LINES`.
    """

    def run(batches: Batches) -> Iterator[pa.RecordBatch]:
        for rows in batches:
            raw = raw_rows(rows.drop_columns([FILE, ROW]), 1, list(reading.names))
            lines = [
                _as_line(reject_repeat(raw, i), rows[FILE][i].as_py(), rows[ROW][i].as_py())
                for i in range(rows.num_rows)
            ]
            yield pa.RecordBatch.from_arrays([pa.array(lines, pa.string())], schema=LINES)

    return run


def score_rows(reading: Reading, model_name: str, schema: pa.Schema) -> Task:
    """Make the task that scores rows.

    Args:
        reading: How rows are read.
        model_name: Under which name the model's folder was shipped.
        schema: Of the scored rows.

    Returns:
        For `mapInArrow`; gives rows of the schema.
    """

    def run(batches: Batches) -> Iterator[pa.RecordBatch]:
        scorer = _scorer(model_name)
        for rows in batches:
            ids = NumberedIds(rows[N_BEFORE].to_pylist())
            batch = reading.assemble(rows.drop_columns([FILE, ROW, N_BEFORE]), ids)
            yield scorer.score(batch.rows).cast(schema)

    return run


def _scorer(model_name: str) -> Scorer:
    """Load the model once a process; Spark keeps its Python processes for the next task."""
    from pyspark import SparkFiles

    from pipeline.backlog_scorer import ModelChoice, Scorer

    if model_name not in _loaded:
        _loaded[model_name] = Scorer.load(ModelChoice(Path(SparkFiles.get(model_name))))
    return _loaded[model_name]


def _as_line(row: Rejected, file: str, place: int) -> str:
    numbered = replace(row, row_number=place + 1)
    record = {**asdict(numbered), "file": file.rpartition("/")[2]}
    return json.dumps(record, ensure_ascii=False).encode("utf-8", "backslashreplace").decode()
