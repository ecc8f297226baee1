"""The store as requests see it: opened when first needed, off the event loop, allowed to fail.

Scoring rows needs no store, so a store that is locked or gone must not reach further than here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from models.deadlines import SHANGHAI
from models.errors import StoreError
from serve.problems import FieldError, Problem

if TYPE_CHECKING:
    from pipeline.store.engine import Store

logger = logging.getLogger(__name__)

T = TypeVar("T")
_N_THREADS = 4
_RETRY = {"Retry-After": "2"}


class StoreDoor:
    """Gives the store to requests.

    Args:
        url: SQLAlchemy URL; None says that there is no store.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url
        self._store: Store | None = None
        self._file: tuple[int, int] | None = None
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(_N_THREADS, thread_name_prefix="huiyin-store")

    async def ask(self, work: Callable[[Store], T]) -> T:
        """Do something with the store, in a thread.

        Args:
            work: What to do.

        Returns:
            What it gives.

        Raises:
            Problem: If the store refuses, or has not what was asked for.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, self.do, work)

    def do(self, work: Callable[[Store], T]) -> T:
        """Do something with the store, here and now.

        Args:
            work: What to do.

        Returns:
            What it gives.

        Raises:
            Problem: If the store refuses, or has not what was asked for.
        """
        try:
            return work(self._open())
        except StoreError as error:
            raise explain(error) from error

    def close(self) -> None:
        """Let what runs finish and give the connections back."""
        self._pool.shutdown(cancel_futures=True)
        with self._lock:
            self._drop()

    def _open(self) -> Store:
        if self._url is None:
            raise _unavailable("没有配置数据库(HUIYIN_STORE)。", "No store is set (HUIYIN_STORE).")
        with self._lock:
            if self._store and self._file and _file_of(self._store) != self._file:
                # Writing on into a deleted file would lose everything in silence.
                logger.error("the store's file was moved or deleted")
                self._drop()
                if not _has_file(self._url):
                    raise _unavailable("数据库文件不见了。", "The store's file is gone.")
            if self._store is None:
                self._store = self._first_open(self._url)
            return self._store

    def _first_open(self, url: str) -> Store:
        from pipeline.store.engine import open_store
        from pipeline.store.idempotency import prune

        if self._file and not _has_file(url):
            raise _unavailable("数据库文件不见了。", "The store's file is gone.")
        store = open_store(url)
        prune(store, datetime.now(SHANGHAI))
        self._file = _file_of(store)
        return store

    def _drop(self) -> None:
        if self._store:
            self._store.close()
            self._store = None


def explain(error: StoreError) -> Problem:
    """Say as a problem what the store says.

    Args:
        error: Any of its errors.

    Returns:
        404, 409, 422 or 503; no text of the database, which may quote rows.
    """
    from pipeline.store.failures import NoSuchRowError, StoreBusyError
    from pipeline.store.theme_errors import (
        EditConflictError,
        EditRefusedError,
        UnknownThemeError,
    )

    if isinstance(error, EditConflictError):
        now = f"It is version {error.actual} now, you saw {error.expected}; read it again."
        return Problem("edit-conflict", str(error), now)
    if isinstance(error, UnknownThemeError):
        return Problem("unknown-id", str(error), "No such theme, mention or edit.")
    if isinstance(error, NoSuchRowError):
        return Problem("unknown-id", "数据库里没有这条反馈。", "The store has no such feedback.")
    if isinstance(error, EditRefusedError):
        return Problem("edit-refused", str(error), "The edit makes no sense as things stand.")
    logger.error("store failed", exc_info=error)
    if isinstance(error, StoreBusyError):
        return _unavailable("数据库正忙,请稍后重试。", "The store is busy; try again.")
    return _unavailable("数据库连不上或拒绝操作,详见日志。", "The store refuses; see the log.")


def bad_field(pointer: str, detail: str, detail_en: str) -> Problem:
    """Blame one field.

    Args:
        pointer: JSON pointer.
        detail: What is wrong, in Chinese.
        detail_en: The same in English.

    Returns:
        The problem.
    """
    return Problem("invalid-field", errors=[FieldError(pointer, detail, detail_en)])


def _unavailable(detail: str, detail_en: str) -> Problem:
    return Problem("store-unavailable", detail, detail_en, headers=_RETRY)


def _file_of(store: Store) -> tuple[int, int] | None:
    if store.is_postgres:
        return None
    try:
        stat = Path(str(store.engine.url.database)).stat()
    except OSError:
        return (0, 0)
    return stat.st_dev, stat.st_ino


def _has_file(url: str) -> bool:
    return Path(url.partition("sqlite:///")[2] or os.devnull).exists()
