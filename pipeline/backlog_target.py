"""Where results go: a folder of parts, or one file that is put together from parts at the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import pyarrow as pa

from models.errors import DataError
from pipeline.backlog_formats import PART_FORMATS, assemble, compressed
from pipeline.backlog_lock import LOCK, only_run
from pipeline.backlog_manifest import MANIFEST, PARTS, REJECTED, Manifest, is_run, read_manifest
from pipeline.backlog_parts import remove_run
from pipeline.ingest_bytes import COMPRESSED, plain_suffix
from pipeline.output import atomic_writer, rejected_path
from pipeline.output_formats import SUFFIXES


class Target:
    """An output as a person named it.

    Args:
        output: A file, whose suffix names the format, or a folder (no suffix, or it exists).

    Attributes:
        name: As given, for messages.
        is_folder: True for a folder of parts.
        folder: Where parts and manifest lie while the run lasts; for a folder, for good.
        part_format: The format of the parts.

    Raises:
        DataError: If the suffix names no format.
    """

    def __init__(self, output: str | Path) -> None:
        self.name = str(output)
        self.path = Path(output)
        self.is_folder = self.path.is_dir() or (not self.path.suffix and not self.path.exists())
        if self.is_folder:
            self.folder, self.part_format = self.path, "parquet"
            return
        self._suffix = plain_suffix(self.path)
        is_packed = self.path.suffix.lower() in COMPRESSED
        if self._suffix not in SUFFIXES or (is_packed and self._suffix not in (".csv", ".jsonl")):
            known = ", ".join(SUFFIXES)
            raise DataError(
                f"{output}: cannot write {self.path.suffix or 'a file without suffix'}; "
                f"use {known}, .csv.gz, .jsonl.zst, or a folder"
            )
        if self.path.exists() and not self.path.is_file():
            raise DataError(f"{output}: is no ordinary file; name a file to write, or a folder")
        self.folder = self.path.with_name(f".{self.path.name}.parts")
        self.part_format = PART_FORMATS[self._suffix]

    def refuse_inputs(self, paths: Sequence[Path]) -> None:
        """Refuse to write into what is read.

        Args:
            paths: The files of the input.

        Raises:
            DataError: If the output or its rejected rows are one of them, or its folder holds one.
        """
        own = self.path.resolve()
        written = {own, rejected_path(own)}
        for path in paths:
            if path.resolve() in written or (self.is_folder and own in path.resolve().parents):
                raise DataError(f"{self.name}: is the input too; choose another place")

    def as_of_before(self, resume: bool) -> datetime | None:
        """Tell which moment an unfinished run took for rows without one.

        Args:
            resume: Whether that run is to be resumed at all.

        Returns:
            The moment, or None.
        """
        old = read_manifest(self.folder) if resume else None
        return datetime.fromisoformat(old.parameters["as_of"]) if old else None

    @contextmanager
    def open(self, *, restart: bool = False) -> Iterator[None]:
        """Hold the output for one run; take everything away again if nothing worth keeping came.

        Args:
            restart: Throw an earlier run away first.

        Yields:
            Nothing.

        Raises:
            DataError: If it cannot be written, or another run writes there.
        """
        is_new = not self.folder.exists()
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = error.strerror or str(error)
            raise DataError(
                f"{self.name}: cannot be written ({reason}); choose another place"
            ) from error
        try:
            with self._locked():
                self._refuse_strangers()
                if restart:
                    remove_run(self.folder)
                try:
                    yield
                finally:
                    self._tidy()
        finally:
            if is_new or not self.is_folder:
                with suppress(OSError):
                    self.folder.rmdir()

    def finish(self, manifest: Manifest, schema: pa.Schema) -> None:
        """Put one file together, if that is what was asked for, and take the parts away.

        Args:
            manifest: The complete run.
            schema: Of the rows.
        """
        if self.is_folder:
            return
        parts = [self.folder / PARTS / part.name for part in manifest.parts]
        lines = [self.folder / REJECTED / part.rejected_name for part in manifest.parts]
        with atomic_writer(rejected_path(self.path)) as file:
            for piece in lines:
                with piece.open("rb") as source:
                    shutil.copyfileobj(source, file)
            # The table is renamed first: a full disk must not leave rejected rows alone.
            with (
                atomic_writer(self.path) as table,
                compressed(table, self.path.suffix.lower()) as plain,
            ):
                assemble(parts, self._suffix, plain, schema, self.name)
        remove_run(self.folder)

    def occupied(self, old: Manifest) -> DataError:
        """Say that there is an earlier run.

        Args:
            old: Its manifest.

        Returns:
            The error.
        """
        n_rows = sum(part.counts["rows_in"] for part in old.parts)
        if old.is_complete and self.is_folder:
            return DataError(
                f"{self.name}: holds the {n_rows:,} rows of a finished run; choose another folder, "
                "or throw it away with --restart"
            )
        return DataError(
            f"{self.name}: an unfinished run left {n_rows:,} rows in {self.folder}; "
            "go on with --resume, or throw them away with --restart"
        )

    def explain(self, error: DataError, manifest: Manifest) -> DataError:
        """Add to an error what is kept, and name what the person named.

        Args:
            error: What went wrong.
            manifest: The parts that are done.

        Returns:
            The error for people.
        """
        message = str(error)
        inside, _, rest = message.partition(": ")
        if Path(inside).is_relative_to(self.folder):
            message = f"{self.name}: {rest}"
        if not _is_worth_keeping(manifest):
            return type(error)(message)
        n_rows = sum(part.counts["rows_in"] for part in manifest.parts)
        return type(error)(
            f"{message}; {n_rows:,} rows in {len(manifest.parts)} parts are kept: "
            "when it is mended, run the same again with --resume"
        )

    def _refuse_strangers(self) -> None:
        found = {path.name for path in self.folder.iterdir()}
        # A crash may come before the first manifest has its name.
        half = {name for name in found if name.startswith(f".{MANIFEST}.")}
        others = found - half - {LOCK, PARTS, REJECTED}
        if others and not is_run(self.folder):
            raise DataError(
                f"{self.name}: is a folder with other files ({sorted(others)[0]}); "
                "name a new folder, or a file to write"
            )

    def _tidy(self) -> None:
        with suppress(DataError):
            manifest = read_manifest(self.folder)
            if manifest is not None and not _is_worth_keeping(manifest):
                if not (self.is_folder and manifest.is_complete):
                    remove_run(self.folder)
            elif manifest is None:
                remove_run(self.folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            with only_run(self.folder, self.name):
                yield
        except OSError as error:
            if error.filename is None or not str(error.filename).startswith(str(self.folder)):
                raise
            raise DataError(
                f"{self.name}: cannot be written ({error.strerror}); choose another place"
            ) from error


def _is_worth_keeping(manifest: Manifest) -> bool:
    """Tell whether there is a full part; less than that is scored again in seconds."""
    full: int = manifest.parameters["part_rows"]
    return any(part.counts["rows_in"] >= full for part in manifest.parts)
