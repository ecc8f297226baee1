"""Keeps sending while the server runs: one process of a machine, the one that holds a lock."""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from models.deadlines import SHANGHAI
from serve.problems import Problem
from serve.store_door import StoreDoor

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from serve.outbox_sender import Sender

logger = logging.getLogger(__name__)

_EVERY_S = 1.0
_LOCK_EVERY_S = 5.0
_TIDY_EVERY_S = 3_600.0
_KEPT = timedelta(days=30)
_N_DIGEST_HEX = 16


def run_sender(sender: Sender, door: StoreDoor, lock_file: Path, stopping: threading.Event) -> None:
    """Send until told to stop, while no other process of this machine does.

    Args:
        sender: Sends.
        door: The store.
        lock_file: Held by the one that sends.
        stopping: Ends it.
    """
    lock_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(lock_file)
    while not stopping.is_set():
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            stopping.wait(_LOCK_EVERY_S)
    tidied_at = -_TIDY_EVERY_S
    while not stopping.is_set():
        try:
            if time.monotonic() - tidied_at > _TIDY_EVERY_S:
                tidied_at = time.monotonic()
                door.do(_tidy)
            door.do(sender.send_due)
        except Problem:  # the door has logged why
            stopping.wait(_LOCK_EVERY_S)
        except Exception as error:
            logger.error("sender failed", exc_info=error)
            stopping.wait(_LOCK_EVERY_S)
        stopping.wait(_EVERY_S)
    lock.release()


def _tidy(store: Store) -> None:
    from pipeline.store.outbox import prune_sent

    prune_sent(store, datetime.now(SHANGHAI) - _KEPT)


def lock_of(store_url: str) -> Path:
    """Say which file the senders of one store take turns at.

    Args:
        store_url: The store.

    Returns:
        A file in the user's cache.
    """
    digest_ = hashlib.sha256(store_url.encode()).hexdigest()[:_N_DIGEST_HEX]
    return Path.home() / ".cache" / "huiyin" / "watch" / f"sender-{digest_}.lock"
