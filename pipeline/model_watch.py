"""Which model a reference means right now, told to servers by a process of its own.

Asking the registry takes MLflow: three seconds to import, 200 MB, and a lock on the interpreter
while it works. A server that did so itself would answer late at every look, so one process a
machine asks and writes what it found into a small file, which every worker may read as often as it
likes:

    python -m pipeline.model_watch models:/huiyin@champion FILE [--every-s 3]

It ends when its standard input closes, that is with whoever started it, even by kill -9.
"""

from __future__ import annotations

import hashlib
import json
import os
import select
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import typer

from models.artifact import MANIFEST, read_manifest
from models.errors import HuiyinError
from pipeline.model_ref import REGISTERED
from pipeline.tracking import TrackingSettings

_N_DIGEST_HEX = 16


@dataclass(frozen=True, slots=True)
class Target:
    """The model that a reference means at one moment.

    Attributes:
        key: Changes whenever the model does.
        folder: Where its files are.
    """

    key: str
    folder: str


@dataclass(frozen=True, slots=True)
class Pointer:
    """What the watching process found.

    Attributes:
        checked_at: When it looked last, Unix seconds.
        target: What the reference means; the last known while the registry does not answer.
        problem: Why the last look failed; None if it did not.
    """

    checked_at: float
    target: Target | None
    problem: str | None = None


def find_target(ref: str) -> Target:
    """Look up a reference.

    Args:
        ref: A folder, `models:/huiyin@champion` or `models:/huiyin/3`.

    Returns:
        The model it means now.

    Raises:
        ArtifactError: If the folder is no model.
        StoreError: If the registry has no such model, or does not answer.
    """
    if not ref.startswith(REGISTERED):
        folder = Path(ref)
        version = str(read_manifest(folder).get("version"))
        stat = (folder / MANIFEST).stat()
        # A folder repaired in place has the same version and deserves another try.
        return Target(f"{version}@{stat.st_mtime_ns}", str(folder))
    from pipeline.registry import resolve

    folder = resolve(ref)
    return Target(f"{read_manifest(folder).get('version')}@{folder}", str(folder))


def pointer_file(ref: str, settings: TrackingSettings | None = None) -> Path:
    """Say where the watching process of a reference writes.

    Args:
        ref: The reference.
        settings: Where the registry and the cache are; None reads the environment.

    Returns:
        A file in the user's cache, one for each registry and reference.
    """
    settings = settings or TrackingSettings()
    digest = hashlib.sha256(f"{settings.mlflow_uri} {ref}".encode()).hexdigest()
    return settings.cache.parent / "watch" / f"{digest[:_N_DIGEST_HEX]}.json"


def read_pointer(file: Path) -> Pointer | None:
    """Read what the watching process found.

    Args:
        file: From `pointer_file`.

    Returns:
        The pointer; None if there is none yet.
    """
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        target = content["target"] and Target(**content["target"])
        return Pointer(float(content["checked_at"]), target, content["problem"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_pointer(file: Path, pointer: Pointer) -> None:
    """Write what was found, whole or not at all.

    Args:
        file: Where to.
        pointer: What was found.
    """
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_text(json.dumps(asdict(pointer), ensure_ascii=False), encoding="utf-8")
    temporary.replace(file)


def look(ref: str, known: Target | None) -> Pointer:
    """Look once.

    Args:
        ref: The reference.
        known: What it meant at the last look that worked.

    Returns:
        What it means now.
    """
    try:
        return Pointer(time.time(), find_target(ref))
    except HuiyinError as error:
        return Pointer(time.time(), known, str(error))
    except Exception as error:  # whatever MLflow raises, the next look may succeed
        return Pointer(time.time(), known, type(error).__name__)


def main(
    ref: Annotated[str, typer.Argument(help="models:/NAME@ALIAS or a folder")],
    file: Annotated[Path, typer.Argument(help="where the answer is written")],
    every_s: Annotated[float, typer.Option(min=0.1)] = 3.0,
) -> None:
    """Watch until standard input closes.

    Args:
        ref: The reference.
        file: Where the answer is written.
        every_s: Seconds between two looks.
    """
    os.nice(10)  # answering customers comes first
    last = read_pointer(file)
    known = last.target if last else None
    while True:
        pointer = look(ref, known)
        known = pointer.target
        write_pointer(file, pointer)
        if select.select([sys.stdin], [], [], every_s)[0]:
            return


if __name__ == "__main__":
    typer.run(main)
