"""Rows of high urgency on their way into the outbox.

A request waits a moment for its rows to be stored, so that what was answered is also pushed, even
if the worker is killed right after. When the store is slow or gone the answer goes out all the same
and the rows wait in memory, so many and no more, for the store to come back.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from models.deadlines import SHANGHAI
from models.results import FeedbackResult
from serve.problems import Problem
from serve.store_door import StoreDoor

if TYPE_CHECKING:
    from pipeline.store.engine import Store

logger = logging.getLogger(__name__)

_PATIENCE_S = 0.25
_RETRY_S = 2.0
_MAX_WAITING = 5_000
_MAX_TEXT_CHARS = 300
_N_DIGEST_HEX = 16


class AlertWatch(Protocol):
    """What is asked of `serve.watching.Watch`."""

    def alerts(self, what: str, n: int) -> None:
        """Count urgent rows: queued, repeated or lost."""
        ...


class Alerts:
    """Writes urgent rows into the outbox, one message for each destination.

    Args:
        door: The store.
        destinations: Names of the destinations.
        watch: Counts.
    """

    def __init__(self, door: StoreDoor, destinations: Sequence[str], watch: AlertWatch) -> None:
        self._door = door
        self._destinations = tuple(destinations)
        self._watch = watch
        self._waiting: deque[dict[str, Any]] = deque()
        self._something = asyncio.Event()
        self._stored = asyncio.Event()
        self._is_well = True

    async def offer(self, results: Iterable[Any]) -> None:
        """Take the urgent rows among results; waits a moment until they are stored.

        Args:
            results: What was answered.
        """
        urgent = [
            payload_of(result)
            for result in results
            if isinstance(result, FeedbackResult) and result.urgency == "high"
        ]
        if not urgent:
            return
        n_lost = max(0, len(self._waiting) + len(urgent) - _MAX_WAITING)
        if n_lost:
            logger.error("urgent rows lost", extra={"fields": {"n_rows": n_lost}})
            self._watch.alerts("lost", n_lost)
        self._waiting.extend(urgent[: len(urgent) - n_lost])
        self._stored.clear()
        self._something.set()
        if self._is_well:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_S):
                    await self._stored.wait()

    async def keep_writing(self) -> None:
        """Write what waits, again and again until cancelled."""
        while True:
            await self._something.wait()
            self._something.clear()
            while self._waiting:
                await self._write()

    async def _write(self) -> None:
        batch = list(self._waiting)
        try:
            n_new = await self._door.ask(lambda store: self._enqueue(store, batch))
        except Problem:  # the door has logged why
            self._is_well = False
            await asyncio.sleep(_RETRY_S)
            return
        self._is_well = True
        for _ in batch:
            self._waiting.popleft()
        if not self._waiting:
            self._stored.set()
        self._watch.alerts("queued", n_new)
        self._watch.alerts("repeated", len(batch) * len(self._destinations) - n_new)

    def _enqueue(self, store: Store, batch: Sequence[dict[str, Any]]) -> int:
        from pipeline.store.outbox import enqueue

        now = datetime.now(SHANGHAI)
        with store.begin() as connection:
            return sum(
                enqueue(connection, topic_of(name), f"{name}:{key_of(payload)}", payload, now)
                for payload in batch
                for name in self._destinations
            )


def topic_of(destination: str) -> str:
    """Name the outbox's topic for one destination.

    Args:
        destination: Its name.

    Returns:
        The topic.
    """
    return f"urgent/{destination}"


def key_of(payload: dict[str, Any]) -> str:
    """Tell rows apart: the same words under the same id are the same row.

    Args:
        payload: From `payload_of`.

    Returns:
        A digest.
    """
    content = f"{payload['feedback_id']}\x1f{payload['text']}"
    return hashlib.sha256(content.encode()).hexdigest()[:_N_DIGEST_HEX]


def payload_of(result: FeedbackResult) -> dict[str, Any]:
    """Choose what is pushed of a row; its text is masked already.

    Args:
        result: The row's result.

    Returns:
        JSON-ready values.
    """
    return {
        "feedback_id": result.feedback_id,
        "text": result.text[:_MAX_TEXT_CHARS],
        "type": result.type,
        "severity": result.severity,
        "urgency_score": result.urgency_score,
        "urgency_reasons": list(result.urgency_reasons),
        "department": result.department,
        "acknowledge_due": result.acknowledge_due.isoformat(),
        "respond_due": result.respond_due.isoformat(),
        "model_version": result.model_version,
    }
