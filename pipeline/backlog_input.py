"""Which files are the input, what they hold, and whether they stay as they are."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.artifact import file_digest
from models.errors import DataError
from pipeline.ingest_open import SUFFIXES, is_supported, unreadable

_WILD = frozenset("*?[")


@dataclass(frozen=True)
class InputFile:
    """One file of the input as it was when the run began.

    Attributes:
        path: Where it is.
        name: Its name in the input, which does not depend on where that is.
        n_bytes: Its size.
        modified_ns: When it was last written.
        sha256: Of its content.
    """

    path: Path
    name: str
    n_bytes: int
    modified_ns: int
    sha256: str

    def as_record(self) -> dict[str, Any]:
        """Give what a manifest keeps.

        Returns:
            JSON-ready fields.
        """
        return {"name": self.name, "n_bytes": self.n_bytes, "sha256": self.sha256}

    @classmethod
    def of_record(cls, record: dict[str, Any]) -> InputFile:
        """Read what `as_record` gave.

        Args:
            record: From a manifest.

        Returns:
            The file, without place and time.
        """
        name = str(record["name"])
        return cls(Path(name), name, int(record["n_bytes"]), 0, str(record["sha256"]))


def find_inputs(source: str | Path) -> list[Path]:
    """List the files that an input names.

    Args:
        source: A file, a folder (with all below it) or a pattern such as `in/*.parquet`.

    Returns:
        The files, ordered by name; hidden ones and those that begin with `_` are left out.

    Raises:
        DataError: If a folder or pattern has no file that can be read.
    """
    path = Path(source)
    if path.is_dir():
        return _usable(source, path.rglob("*"), path)
    if _WILD & set(str(source)) and not path.exists():
        return _usable(source, map(Path, glob.glob(str(source), recursive=True)), None)  # noqa: PTH207 - absolute patterns too
    return [path]


def digest_inputs(paths: Sequence[Path]) -> tuple[InputFile, ...]:
    """Take down what the input holds.

    Args:
        paths: The files.

    Returns:
        One record a file.

    Raises:
        DataError: If one cannot be read.
    """
    root = _root(paths)
    found = []
    for path in paths:
        try:
            before = path.stat()
        except OSError as error:
            raise unreadable(path, error) from error
        name = path.relative_to(root).as_posix()
        found.append(InputFile(path, name, before.st_size, before.st_mtime_ns, file_digest(path)))
    return tuple(found)


def refuse_growth(inputs: Iterable[InputFile], n_rows: int) -> None:
    """Refuse a file that somebody writes to while it is read: its last row may be half a row.

    Args:
        inputs: The files as they were.
        n_rows: Rows read so far, for the message.

    Raises:
        DataError: If one has changed; names it.
    """
    for file in inputs:
        try:
            now = file.path.stat()
        except OSError as error:
            raise unreadable(file.path, error) from error
        if (now.st_size, now.st_mtime_ns) != (file.n_bytes, file.modified_ns):
            raise DataError(
                f"{file.path}: changed while it was read, up to row {n_rows} "
                f"({file.n_bytes:,} bytes before, {now.st_size:,} now); "
                "let its writer finish, or score a copy"
            )


def _usable(source: str | Path, found: Iterable[Path], root: Path | None) -> list[Path]:
    files = [path for path in found if path.is_file() and not _is_hidden(path, root)]
    usable = sorted((p for p in files if is_supported(p)), key=lambda p: p.as_posix())
    if not usable:
        what = "holds" if root else "matches"
        raise DataError(
            f"{source}: {what} no file that can be read; expected {', '.join(SUFFIXES)}"
        )
    return usable


def _is_hidden(path: Path, root: Path | None) -> bool:
    parts = path.relative_to(root).parts if root else (path.name,)
    return any(part.startswith((".", "_")) for part in parts)


def _root(paths: Sequence[Path]) -> Path:
    import os.path

    if len(paths) == 1:
        return paths[0].parent
    return Path(os.path.commonpath([path.parent for path in paths]))
