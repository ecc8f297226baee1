"""One run at a time in a folder, by a lock that dies with the process that holds it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.errors import DataError

LOCK = ".lock"


@contextmanager
def only_run(folder: Path, name: str) -> Iterator[None]:
    """Keep every other run out of a folder.

    The system drops the lock when the process ends, however it ends; the file that stays behind
    after a crash locks nothing. It is removed when the block ends.

    Args:
        folder: An existing folder.
        name: What the person called it, for the message.

    Yields:
        Nothing; the folder is this run's.

    Raises:
        DataError: If another run holds the folder.
    """
    path = folder / LOCK
    handle = _acquire(path, name)
    try:
        os.ftruncate(handle, 0)
        os.write(handle, str(os.getpid()).encode())
        yield
    finally:
        # While the lock is held: a run that waits for the file must not find it unlocked and gone.
        with suppress(OSError):
            path.unlink()
        os.close(handle)


def _acquire(path: Path, name: str) -> int:
    while True:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if not _try_lock(handle):
            owner = os.read(handle, 32).decode("ascii", "replace").strip()
            os.close(handle)
            raise DataError(
                f"{name}: another run (process {owner or 'unknown'}) is writing here; "
                "let it end or choose another place"
            )
        if _is_same_file(handle, path):
            return handle
        os.close(handle)


def _try_lock(handle: int) -> bool:
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_same_file(handle: int, path: Path) -> bool:
    """Tell whether the locked file is still the one of that name, not one just removed."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False
