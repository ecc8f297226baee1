"""Where a worker learns which model it should serve."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from models.errors import StoreError
from pipeline.model_ref import REGISTERED
from pipeline.model_watch import Pointer, Target, find_target, pointer_file, read_pointer

logger = logging.getLogger(__name__)

_FIRST_LOOK_S = 120.0
_STALE_S = 60.0


class ModelSource(Protocol):
    """Says which model is wanted."""

    is_fixed: bool

    def find(self) -> Target:
        """Look; may block, so it is called in a thread."""
        ...

    def stop(self) -> None:
        """End whatever watches."""
        ...


class FixedSource:
    """A model that was given; nothing is watched."""

    is_fixed = True

    def find(self) -> Target:
        """Name it."""
        return Target("given", "")

    def stop(self) -> None:
        """Nothing to end."""


class FolderSource:
    """A folder; a model put in its place is noticed.

    Args:
        folder: The model folder.
    """

    is_fixed = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def find(self) -> Target:
        """Read its manifest."""
        return find_target(str(self._folder))

    def stop(self) -> None:
        """Nothing to end."""


class RegistrySource:
    """A reference into MLflow's registry, watched by one process for all workers of a machine.

    The worker that holds the lock keeps that process alive; when it dies, another takes over.

    Args:
        ref: Such as `models:/huiyin@champion`.
        every_s: Seconds between two looks at the registry.
        file: Where the watching process writes; by default in the user's cache.
    """

    is_fixed = False

    def __init__(self, ref: str, every_s: float, file: Path | None = None) -> None:
        self._ref = ref
        self._every_s = every_s
        self._file = file or pointer_file(ref)
        self._file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Not per thread: the look that takes it and the stop that gives it back are on two.
        self._lock = FileLock(self._file.with_suffix(".lock"), thread_local=False)
        self._watcher: subprocess.Popen[bytes] | None = None
        self._stopping = threading.Event()
        self._has_looked = False

    def find(self) -> Target:
        """Read what the watching process found; the first time wait for a fresh answer.

        Returns:
            The model that the reference means; the last known while the registry is silent.

        Raises:
            StoreError: If it means none, or nothing is known.
        """
        self._keep_watch()
        pointer = self._latest() if self._has_looked else self._first()
        self._has_looked = True
        if pointer is None or (pointer.target is None and pointer.problem is None):
            raise StoreError(f"{self._ref}: the registry did not answer")
        if pointer.target is None:
            raise StoreError(f"{self._ref}: {pointer.problem}")
        if pointer.problem:
            logger.warning(
                "registry does not answer, the last known model is wanted",
                extra={"fields": {"reason": pointer.problem}},
            )
        return pointer.target

    def stop(self) -> None:
        """End the watching process, if it is ours, and let another worker start one."""
        self._stopping.set()
        if self._watcher and self._watcher.stdin:
            self._watcher.stdin.close()
            self._watcher.terminate()
            self._watcher.wait()
        self._lock.release()

    def _latest(self) -> Pointer | None:
        pointer = read_pointer(self._file)
        if pointer and time.time() - pointer.checked_at > _STALE_S + self._every_s:
            return Pointer(pointer.checked_at, pointer.target, "the watching process is silent")
        return pointer

    def _first(self) -> Pointer | None:
        """Wait for a look not older than one round, so that no worker starts on an old model."""
        not_before = time.time() - self._every_s
        deadline = time.monotonic() + _FIRST_LOOK_S
        while time.monotonic() < deadline and not self._stopping.is_set():
            pointer = read_pointer(self._file)
            if pointer and pointer.checked_at >= not_before:
                return pointer
            self._stopping.wait(0.1)
            self._keep_watch()
        return self._latest()

    def _keep_watch(self) -> None:
        if self._stopping.is_set():
            return
        if not self._lock.is_locked:
            try:
                self._lock.acquire(blocking=False)
            except Timeout:
                return
        if self._watcher is None or self._watcher.poll() is not None:
            command = [sys.executable, "-m", "pipeline.model_watch", self._ref, str(self._file)]
            self._watcher = subprocess.Popen(  # noqa: S603 - our own module, no shell
                [*command, "--every-s", str(self._every_s)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
            )


def make_source(ref: str | None, every_s: float, default: Callable[[], Path]) -> ModelSource:
    """Choose how to learn of a reference.

    Args:
        ref: A folder, `models:/huiyin@champion`, or None.
        every_s: Seconds between two looks at the registry.
        default: Gives the folder of the model that ships with the package.

    Returns:
        The source.
    """
    if ref and ref.startswith(REGISTERED):
        return RegistrySource(ref, every_s)
    return FolderSource(Path(ref) if ref else default())
