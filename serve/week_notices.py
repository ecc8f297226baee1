"""The weekly digest on its way: `huiyin week --notify` writes one, each destination gets one.

The pipeline knows no destinations, so its message is shared out here. Sharing out and noting it is
one transaction, and a destination's message has a key of its own, so that nobody gets it twice.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from serve.destinations import Notice
from serve.notices import plain

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.outbox import Message


def week_topic_of(destination: str) -> str:
    """Name the outbox's topic of one destination's digests.

    Args:
        destination: Its name.

    Returns:
        The topic.
    """
    return f"week/{destination}"


def share_out(store: Store, destinations: Iterable[str], now: datetime) -> int:
    """Give every destination its own message of each digest that waits.

    Args:
        store: The store.
        destinations: Their names.
        now: When.

    Returns:
        How many digests were shared out.
    """
    from pipeline.store.joined import joined
    from pipeline.store.outbox import claim, enqueue, mark_sent
    from pipeline.week import TOPIC

    messages = claim(store, now, topic=TOPIC)
    for message in messages:
        with joined(store) as one:
            for name in destinations:
                key = f"{name}:{message.key}"
                enqueue(one.connection, week_topic_of(name), key, message.payload, now)
            mark_sent(one, message, now)
    return len(messages)


def is_digest(message: Message) -> bool:
    """Tell a week's digest from urgent rows.

    Args:
        message: From the outbox.

    Returns:
        True for a digest.
    """
    return "lines" in message.payload


def week_notice(message: Message) -> Notice:
    """Write a week's digest.

    Args:
        message: From the outbox.

    Returns:
        The notice; theme names in it may hold customers' words, so they are made harmless.
    """
    payload = message.payload
    lines = [plain(line) for line in payload["lines"]]
    return Notice(message.key, plain(payload["title"]), "\n".join(lines), [payload])
