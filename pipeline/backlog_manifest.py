"""What a run of the backlog is sure of: its input, its parameters, and the parts that are done.

`manifest.json` is written anew, whole or not at all, after every part, and names only parts that
lie on the disk. It holds no clock and no path of the machine, so a run that was resumed leaves the
same bytes as one that was not.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from models.artifact import file_digest
from models.errors import ArtifactError, DataError
from pipeline.backlog_input import InputFile
from pipeline.output import atomic_writer

FORMAT = 1
_MARK = "huiyin_backlog"
MANIFEST = "manifest.json"
PARTS, REJECTED = "parts", "rejected"
_NAMES = {
    "model_version": "the model",
    "text_column": "--text-column",
    "as_of": "--as-of",
    "customer_key": "the customer key",
    "format": "the output's format",
    "batch_rows": "the size of a batch",
    "part_rows": "the size of a part",
}


@dataclass(frozen=True)
class Part:
    """One part of the output.

    Attributes:
        name: Its file below `parts/`.
        rejected_name: The file of its rejected rows below `rejected/`.
        sha256: Of the part.
        rejected_sha256: Of the rejected rows.
        last_file: The input file that its last row came from, from 0.
        counts: See `Summary.counts`.
    """

    name: str
    rejected_name: str
    sha256: str
    rejected_sha256: str
    last_file: int
    counts: dict[str, Any]


@dataclass(frozen=True)
class Manifest:
    """The record of a run.

    Attributes:
        parameters: What decides the output: model version, options, sizes.
        inputs: The input files.
        parts: The parts that are done, in order.
        is_complete: True once every row is in a part.
        counts: Of all parts, once complete.
    """

    parameters: dict[str, Any]
    inputs: tuple[InputFile, ...]
    parts: tuple[Part, ...] = ()
    is_complete: bool = False
    counts: dict[str, Any] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the manifest.

        Args:
            folder: The run's folder.
        """
        content = {_MARK: FORMAT, **asdict(self)}
        content["inputs"] = [i.as_record() for i in self.inputs]
        text = json.dumps(content, ensure_ascii=False, indent=1) + "\n"
        with atomic_writer(folder / MANIFEST) as file:
            file.write(text.encode())

    def with_part(self, part: Part) -> Manifest:
        """Add a part that is on the disk.

        Args:
            part: The part.

        Returns:
            The new manifest.
        """
        return replace(self, parts=(*self.parts, part))


def is_run(folder: Path) -> bool:
    """Tell whether a folder holds a run, sound or damaged: models have a manifest too.

    Args:
        folder: Any folder.

    Returns:
        True if its manifest is a run's, or a damaged one that stands beside parts.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return (folder / PARTS).is_dir()
    return isinstance(content, dict) and _MARK in content


def parquet_of(scored: Path) -> Path:
    """Name what to read of scored rows.

    Args:
        scored: A file, or the folder of parts that `huiyin score IN -o FOLDER` wrote.

    Returns:
        The file; for such a folder the one below it that holds nothing but Parquet.
    """
    parts = scored / PARTS
    return parts if parts.is_dir() and (scored / MANIFEST).is_file() else scored


def read_manifest(folder: Path) -> Manifest | None:
    """Read the record of an earlier run.

    Args:
        folder: The run's folder.

    Returns:
        The manifest, or None if there is none.

    Raises:
        DataError: If it cannot be understood.
    """
    path = folder / MANIFEST
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error}); start over with --restart") from error
    try:
        if content.pop(_MARK) != FORMAT:
            raise ValueError("another format")
        content["inputs"] = tuple(InputFile.of_record(i) for i in content["inputs"])
        content["parts"] = tuple(Part(**p) for p in content["parts"])
        return Manifest(**content)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DataError(
            f"{path}: is no manifest of this version ({error!r}); start over with --restart"
        ) from error


def refuse_changes(where: str, old: Manifest, new: Manifest) -> None:
    """Refuse to go on with a run whose output would not be of one piece.

    Input files that no finished part has reached may have changed: a damaged one was mended.

    Args:
        where: The output, for the message.
        old: The run to go on with.
        new: What is asked for now.

    Raises:
        DataError: If model, parameters or input differ; names what.
    """
    for name, wanted in new.parameters.items():
        had = old.parameters.get(name)
        if had != wanted:
            raise DataError(
                f"{where}: cannot be resumed: {_NAMES.get(name, name)} was {had!r} and is now "
                f"{wanted!r}; use the same, or start over with --restart"
            )
    n_used = 1 + max((part.last_file for part in old.parts), default=-1)
    for was, is_ in zip(old.inputs[:n_used], new.inputs, strict=False):
        if (was.name, was.sha256) != (is_.name, is_.sha256):
            raise DataError(
                f"{where}: cannot be resumed: the input {is_.path} is not what it was "
                f"({was.name}, {was.n_bytes:,} bytes; now {is_.n_bytes:,}); put the old file back, "
                "or start over with --restart"
            )
    if len(new.inputs) < n_used:
        missing = old.inputs[len(new.inputs)].name
        raise DataError(
            f"{where}: cannot be resumed: the input {missing} is gone; put it back, "
            "or start over with --restart"
        )


def sound_parts(folder: Path, parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Keep the parts whose files are what the manifest says, up to the first that is not.

    Args:
        folder: The run's folder.
        parts: As recorded.

    Returns:
        The parts to build on.
    """
    sound = []
    for part in parts:
        try:
            digests = (
                file_digest(folder / "parts" / part.name),
                file_digest(folder / "rejected" / part.rejected_name),
            )
        except ArtifactError:
            break
        if digests != (part.sha256, part.rejected_sha256):
            break
        sound.append(part)
    return tuple(sound)
