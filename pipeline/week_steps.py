"""Which steps of a week are done, in a small file beside their results."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from models.errors import DataError
from pipeline.backlog_lock import only_run
from pipeline.output import atomic_writer


class Steps:
    """The list of steps; what cannot be read counts as not done.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._steps = _read(path)

    def is_done(self, name: str, stamp: str) -> bool:
        """Tell whether a step was finished with the same input.

        Args:
            name: The step.
            stamp: Says what went in.

        Returns:
            True if so.
        """
        return bool(self._steps.get(name) == {"stamp": stamp, "done": True})

    def begun(self, name: str) -> str | None:
        """Tell what a step was begun with and not finished.

        Args:
            name: The step.

        Returns:
            Its stamp; None if it was never begun, or finished.
        """
        step = self._steps.get(name, {})
        return None if step.get("done") else step.get("stamp")

    def begin(self, name: str, stamp: str) -> None:
        """Note that a step begins.

        Args:
            name: The step.
            stamp: Says what goes in.
        """
        self._write(name, stamp, is_done=False)

    def finish(self, name: str, stamp: str) -> None:
        """Note that a step is done; its results are on the disk.

        Args:
            name: The step.
            stamp: Says what went in.
        """
        self._write(name, stamp, is_done=True)

    def _write(self, name: str, stamp: str, *, is_done: bool) -> None:
        self._steps = self._steps | {name: {"stamp": stamp, "done": is_done}}
        with atomic_writer(self._path) as file:
            file.write(json.dumps(self._steps, indent=1).encode())


@contextmanager
def only_week(folder: Path, week: str) -> Iterator[None]:
    """Keep a second run of the same week out, such as cron's while one still works.

    Args:
        folder: The output folder.
        week: The week.

    Yields:
        Nothing; the week is this run's.

    Raises:
        DataError: If another run has it.
    """
    place = folder / f".week-{week}"
    try:
        place.mkdir(exist_ok=True)
    except OSError as error:
        raise DataError(f"{folder}: cannot be written ({error.strerror})") from error
    with only_run(place, str(folder)):
        yield
    with suppress(OSError):  # another run has just come in
        place.rmdir()


def file_digest(path: Path) -> str:
    """Say what a file, or every file of a folder, holds.

    Args:
        path: A file or folder.

    Returns:
        SHA-256.

    Raises:
        DataError: If it cannot be read.
    """
    digest = hashlib.sha256()
    try:
        files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
        for file in files:
            digest.update(os.fsencode(file.name))
            with file.open("rb") as opened:
                hashlib.file_digest(opened, lambda: digest)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    return digest.hexdigest()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
