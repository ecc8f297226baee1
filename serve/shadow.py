"""A challenger that scores a sample of the rows in silence.

Only labels are compared and only differences counted: what the challenger says never reaches a
client, and no text of it is kept. It has a thread and a short queue of its own; when that is full,
rows pass it by, and customers never wait for it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Sequence
from typing import Protocol

from models.results import FeedbackResult
from serve.batching import Outcome, Row
from serve.model_life import ModelLife
from serve.problems import Problem

logger = logging.getLogger(__name__)

FIELDS = ("intent", "type", "urgency", "needs_review")


class ShadowWatch(Protocol):
    """What is asked of `serve.watching.Watch`."""

    def shadow(self, n_rows: int, differences: Sequence[tuple[str, str, str]]) -> None:
        """Count compared rows and where they differ: field, served label, challenger's label."""
        ...


class Shadow:
    """Compares a challenger with the model in service.

    Args:
        life: The challenger.
        share: Which share of the requests it sees.
        watch: Told what was found.
    """

    def __init__(self, life: ModelLife, share: float, watch: ShadowWatch) -> None:
        self.life = life
        self._share = share
        self._watch = watch
        self._tasks: set[asyncio.Task[None]] = set()

    def offer(self, rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
        """Let the challenger score rows that were just answered, perhaps; returns at once.

        Args:
            rows: What was asked.
            outcomes: What was answered, in the same order.
        """
        if not rows or self.life.state != "ready" or random.random() >= self._share:
            return
        task = asyncio.create_task(self._compare(rows, outcomes))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _compare(self, rows: Sequence[Row], outcomes: Sequence[Outcome]) -> None:
        try:
            others = await self.life.current.batcher.score(rows)
        except Problem:  # its queue is full, or it is being stopped
            return
        except Exception as error:
            logger.error("shadow failed", exc_info=error)
            return
        pairs = [
            (served, other)
            for served, other in zip(outcomes, others, strict=True)
            if isinstance(served, FeedbackResult) and isinstance(other, FeedbackResult)
        ]
        found = [difference for pair in pairs for difference in differences(*pair)]
        self._watch.shadow(len(pairs), found)


def differences(served: FeedbackResult, other: FeedbackResult) -> list[tuple[str, str, str]]:
    """Compare the labels of one row.

    Args:
        served: What the client got.
        other: What the challenger says.

    Returns:
        Field, label served and challenger's label, where they differ.
    """
    pairs = [(name, getattr(served, name), getattr(other, name)) for name in FIELDS]
    return [(name, str(a).lower(), str(b).lower()) for name, a, b in pairs if a != b]
