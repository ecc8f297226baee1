"""Parts of the output: each appears whole or not at all, and stays through a power cut.

FOLDER/manifest.json
FOLDER/parts/part-00000.parquet …
FOLDER/rejected/part-00000.jsonl …
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import asdict
from pathlib import Path

import pyarrow as pa

from models.artifact import file_digest
from pipeline.backlog_formats import PART_SUFFIXES, Scored, open_part
from pipeline.backlog_input import InputFile
from pipeline.backlog_manifest import PARTS, REJECTED, Part
from pipeline.ingest_batch import Rejected, RowBatch
from pipeline.ingest_many import Place
from pipeline.output import atomic_writer
from pipeline.score_summary import Summary


class PartWriter:
    """Writes one part; nothing of it is there before `seal`.

    Args:
        folder: The run's folder.
        number: Which part, from 0.
        schema: Of every batch.
        format_: The part's format, a key of `PART_SUFFIXES`.
        inputs: The input files, to name the one of a rejected row.

    Attributes:
        summary: What was written so far.
        last_file: The input file of the last batch.
    """

    def __init__(
        self,
        folder: Path,
        number: int,
        schema: pa.Schema,
        format_: str,
        inputs: Sequence[InputFile],
    ) -> None:
        self.summary = Summary()
        self.last_file = 0
        self._inputs = inputs
        self._stack = ExitStack()
        name = f"part-{number:05d}"
        self._part = folder / PARTS / f"{name}{PART_SUFFIXES[format_]}"
        self._rejected = folder / REJECTED / f"{name}.jsonl"
        with ExitStack() as stack:
            # The table closes first: it is what fills a disk.
            self._lines = stack.enter_context(atomic_writer(self._rejected))
            file = stack.enter_context(atomic_writer(self._part))
            self._table = stack.enter_context(open_part(format_, file, schema))
            self._stack = stack.pop_all()

    def write(self, batch: RowBatch, place: Place, scored: Scored) -> None:
        """Add a batch.

        Args:
            batch: What was read.
            place: Where that stands.
            scored: Its results.
        """
        self._table.write(scored)
        self._write_rejected(batch.rejected, place)
        self.summary.add(batch, scored.rows)
        self.last_file = place.file

    def seal(self) -> Part:
        """Put the part on the disk.

        Returns:
            What the manifest keeps of it.
        """
        self._stack.close()
        return Part(
            self._part.name,
            self._rejected.name,
            file_digest(self._part),
            file_digest(self._rejected),
            self.last_file,
            self.summary.counts(),
        )

    def drop(self, error: BaseException) -> None:
        """Leave nothing of the part.

        Args:
            error: Why.
        """
        with suppress(BaseException):
            self._stack.__exit__(type(error), error, error.__traceback__)

    def _write_rejected(self, rejected: Iterable[Rejected], place: Place) -> None:
        for row in rejected:
            record = asdict(row)
            if len(self._inputs) > 1:
                record["file"] = self._inputs[place.file].name
                record["file_row"] = row.row_number - place.rows_before
            line = json.dumps(record, ensure_ascii=False)
            self._lines.write(line.encode("utf-8", "backslashreplace") + b"\n")


def prepare_folder(folder: Path) -> None:
    """Make a run's folder and take away what a crash left half written.

    Args:
        folder: The run's folder.
    """
    for name in (PARTS, REJECTED):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for place in (folder, folder / PARTS, folder / REJECTED):
        for leftover in place.glob(".*.tmp"):
            leftover.unlink(missing_ok=True)


def drop_parts(folder: Path, keep: Sequence[Part]) -> None:
    """Take away every part that is not to be kept.

    Args:
        folder: The run's folder.
        keep: The parts that stay.
    """
    kept = {p.name for p in keep} | {p.rejected_name for p in keep}
    for name in (PARTS, REJECTED):
        for path in (folder / name).glob("part-*"):
            if path.name not in kept:
                path.unlink()


def remove_run(folder: Path) -> None:
    """Take away everything that a run writes into its folder, and the folder if it is empty then.

    Args:
        folder: The run's folder.
    """
    prepare_folder(folder)
    drop_parts(folder, ())
    (folder / "manifest.json").unlink(missing_ok=True)
    for path in (folder / PARTS, folder / REJECTED):
        with suppress(OSError):
            path.rmdir()
