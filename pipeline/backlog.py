"""The backlog: any number of rows through the model, in parts that a crash cannot take back.

The input is read once from its beginning, even when a run is resumed: reading is a small part of
the work, and it brings back exactly the ids that the finished parts gave away. Rows of finished
parts are read and not scored again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path

import pyarrow as pa

from models.errors import DataError
from pipeline.backlog_formats import Scored
from pipeline.backlog_input import digest_inputs, find_inputs, refuse_growth
from pipeline.backlog_job import Job
from pipeline.backlog_manifest import Manifest, read_manifest, refuse_changes, sound_parts
from pipeline.backlog_parts import PartWriter, drop_parts, prepare_folder
from pipeline.backlog_target import Target
from pipeline.backlog_workers import open_pool
from pipeline.ingest_batch import RowBatch
from pipeline.ingest_many import Place
from pipeline.score_summary import Summary
from pipeline.scored import scored_schema

_Read = tuple[RowBatch, Place]


class Stopped(Exception):  # noqa: N818 - nothing went wrong: somebody asked for it
    """The run ended early because it was asked to; `--resume` goes on."""

    def __init__(self, summary: Summary, folder: Path) -> None:
        super().__init__(f"{folder}: stopped after {summary.rows_in} rows")
        self.summary = summary
        self.folder = folder


def run_backlog(
    job: Job,
    target: Target,
    *,
    resume: bool = False,
    restart: bool = False,
    on_batch: Callable[[Summary], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Summary:
    """Score everything.

    Args:
        job: What and how.
        target: Where to.
        resume: Go on with an unfinished run of the same job.
        restart: Throw an earlier run away.
        on_batch: Called after each batch, for a progress display.
        should_stop: Asked after each part; True ends the run there.

    Returns:
        What was done, by this run and the one that it resumed.

    Raises:
        DataError: If input or output cannot be used; says what is kept.
        ArtifactError: If the model cannot be loaded.
        Stopped: If it was asked to stop.
    """
    started = time.monotonic()
    paths = find_inputs(job.source)
    target.refuse_inputs(paths)
    as_of = job.as_of or target.as_of_before(resume) or datetime.now().astimezone()
    feed = job.feed(paths, as_of)
    stream = iter(feed)
    first = next(stream)
    with ExitStack() as stack:
        pool = stack.enter_context(open_pool(job.workers, job.choice, target.part_format))
        inputs = digest_inputs(paths)
        parameters = job.parameters(pool.version, target.part_format, as_of)
        stack.enter_context(target.open(restart=restart))
        run = _Run(job, target, Manifest(parameters, inputs), on_batch, should_stop, started)
        run.summary.model_version = pool.version
        run.summary.rows_expected = feed.n_rows
        schema = scored_schema(first[0].rows.schema)
        with run.explained():
            rest = run.begin(chain([first], stream), resume)
            run.write(pool.in_order(rest), schema)
            target.finish(run.manifest, schema)
        run.summary.seconds = time.monotonic() - started
    return run.summary


class _Run:
    """One run in the making."""

    def __init__(
        self,
        job: Job,
        target: Target,
        manifest: Manifest,
        on_batch: Callable[[Summary], None] | None,
        should_stop: Callable[[], bool],
        started: float,
    ) -> None:
        self._job, self._target = job, target
        self._on_batch, self._should_stop, self._started = on_batch, should_stop, started
        self._part: PartWriter | None = None
        self.manifest = manifest
        self.summary = Summary()

    def begin(self, stream: Iterator[_Read], resume: bool) -> Iterator[_Read]:
        """Take over what an earlier run finished; give the batches that are left."""
        folder = self._target.folder
        old = read_manifest(folder)
        if old is not None and old.parts:
            if not resume:
                raise self._target.occupied(old)
            refuse_changes(self._target.name, old, self.manifest)
            self.manifest = replace(self.manifest, parts=sound_parts(folder, old.parts))
        prepare_folder(folder)
        drop_parts(folder, self.manifest.parts)
        for part in self.manifest.parts:
            self.summary.merge(Summary.of_counts(part.counts))
        self.summary.rows_resumed = self.summary.rows_in
        self.manifest.write(folder)
        return self._skip(stream, self.summary.rows_in)

    def write(self, results: Iterator[tuple[RowBatch, Place, Scored]], schema: pa.Schema) -> None:
        """Write all that is left into parts."""
        for batch, place, scored in results:
            if self._part is None:
                self._start_part(schema)
            self._part_written(batch, place, scored)
        self._end(schema)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Leave nothing half done, and say what is kept."""
        try:
            yield
        except BaseException as error:
            if self._part is not None:
                self._part.drop(error)
            if isinstance(error, DataError):
                raise self._target.explain(error, self.manifest) from error
            raise

    def _start_part(self, schema: pa.Schema) -> None:
        number = len(self.manifest.parts)
        self._part = PartWriter(
            self._target.folder, number, schema, self._target.part_format, self.manifest.inputs
        )

    def _part_written(self, batch: RowBatch, place: Place, scored: Scored) -> None:
        part = self._part
        assert part is not None
        part.write(batch, place, scored)
        self.summary.add(batch, scored.rows)
        self.summary.seconds = time.monotonic() - self._started
        if self._on_batch:
            self._on_batch(self.summary)
        if part.summary.rows_in >= self._job.part_rows:
            self._seal()
            if self._should_stop():
                raise Stopped(self.summary, self._target.folder)

    def _seal(self) -> None:
        assert self._part is not None
        refuse_growth(self.manifest.inputs, self.summary.rows_in)
        sealed = self._part.seal()
        self._part = None
        self.manifest = self.manifest.with_part(sealed)
        self.manifest.write(self._target.folder)

    def _end(self, schema: pa.Schema) -> None:
        if self._part is None and not self.manifest.parts:
            self._start_part(schema)
        if self._part is not None:
            self._seal()
        self.manifest = replace(self.manifest, is_complete=True, counts=self.summary.counts())
        self.manifest.write(self._target.folder)

    def _skip(self, stream: Iterator[_Read], n_rows: int) -> Iterator[_Read]:
        """Read past the rows of finished parts; their ids stay taken."""
        n_read = 0
        for batch, place in stream:
            if n_read >= n_rows and (batch.n_rows_in or not n_rows):
                yield batch, place
            n_read += batch.n_rows_in
            if n_read > n_rows > n_read - batch.n_rows_in:
                raise DataError(
                    f"{self._target.name}: the finished parts end at row {n_rows}, within a batch "
                    "of the input; start over with --restart"
                )
