"""Messages to other programs, written in the transaction of the change that they tell of.

A message is sent at least once: whoever claims it and dies loses the claim after a while, and the
next one sends it again. Receivers tell repetitions by its key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import Connection, delete, func, select, true, update

from pipeline.store.failures import NoSuchRowError
from pipeline.store.tables import outbox

if TYPE_CHECKING:
    from pipeline.store.engine import Store

LEASE = timedelta(minutes=5)
MAX_ATTEMPTS = 12
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(hours=1)
_MAX_ERROR_CHARS = 500

_o = outbox.c


@dataclass(frozen=True, slots=True)
class Message:
    """One message to send.

    Attributes:
        message_id: Its number.
        topic: What it is about, such as theme.new.
        key: Unique; the receiver tells a repetition by it.
        payload: What to send.
        status: waiting, sending, sent or dead.
        n_attempts: How often it was claimed.
        due_at: When it may be claimed next.
        last_error: Why the last attempt failed.
        made_at: When it was written.
        sent_at: When it was sent; None while not.
    """

    message_id: int
    topic: str
    key: str
    payload: dict[str, Any]
    status: Literal["waiting", "sending", "sent", "dead"]
    n_attempts: int
    due_at: datetime
    last_error: str | None
    made_at: datetime
    sent_at: datetime | None


def enqueue(
    connection: Connection, topic: str, key: str, payload: dict[str, Any], now: datetime
) -> bool:
    """Write a message; it exists exactly if the caller's transaction is stored.

    Args:
        connection: From `store.begin()`, with the change that the message tells of.
        topic: What it is about.
        key: Unique; a second message with the same key is not written.
        payload: JSON-ready values; no text that was not masked.
        now: When.

    Returns:
        False if there was one with this key.
    """
    from sqlalchemy.dialects import postgresql, sqlite

    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    values = {"topic": topic, "key": key, "payload": payload, "status": "waiting"}
    added = (
        dialect.insert(outbox)
        .values(**values, n_attempts=0, due_at=now, made_at=now)
        .on_conflict_do_nothing(index_elements=["key"])
        .returning(_o.message_id)
    )
    return connection.execute(added).first() is not None


def claim(
    store: Store,
    now: datetime,
    *,
    limit: int = 20,
    lease: timedelta = LEASE,
    topic: str | None = None,
) -> tuple[Message, ...]:
    """Take messages to send; nobody else gets them until the lease is over.

    Args:
        store: The store.
        now: Messages due by now are taken, and those whose lease is over.
        limit: How many at most.
        lease: How long the caller has to say `mark_sent` or `mark_failed`.
        topic: Only messages about this; None takes all.

    Returns:
        The messages, the earliest due first.
    """
    ready = (
        select(_o.message_id)
        .where(_o.status.in_(("waiting", "sending")), _o.due_at <= now)
        .where(true() if topic is None else _o.topic == topic)
        .order_by(_o.due_at, _o.message_id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    with store.begin() as connection:
        ids = list(connection.execute(ready).scalars())
        taken = (
            update(outbox)
            .where(_o.message_id.in_(ids))
            .values(status="sending", n_attempts=_o.n_attempts + 1, due_at=now + lease)
            .returning(outbox)
        )
        messages = {
            row["message_id"]: Message(**row) for row in connection.execute(taken).mappings()
        }
    return tuple(messages[id_] for id_ in ids)


def mark_sent(store: Store, message: Message, now: datetime) -> None:
    """Note that a message arrived.

    Args:
        store: The store.
        message: As claimed.
        now: When.
    """
    _set(store, message, {"status": "sent", "sent_at": now, "last_error": None})


def mark_failed(
    store: Store, message: Message, error: str, now: datetime, max_attempts: int = MAX_ATTEMPTS
) -> datetime | None:
    """Note that a message could not be sent; it waits twice as long after each attempt.

    Args:
        store: The store.
        message: As claimed.
        error: Why, for people; its first 500 characters are kept.
        now: When.
        max_attempts: After so many the message is dead and waits for a person.

    Returns:
        When it is tried again; None if it is dead.
    """
    is_dead = message.n_attempts >= max_attempts
    wait = min(_FIRST_WAIT * 2 ** min(message.n_attempts - 1, 20), _LONGEST_WAIT)
    values = {"status": "dead" if is_dead else "waiting", "due_at": now + wait}
    _set(store, message, {**values, "last_error": error[:_MAX_ERROR_CHARS]})
    return None if is_dead else now + wait


def revive(store: Store, now: datetime) -> int:
    """Give dead messages another round, once the cause is mended.

    Args:
        store: The store.
        now: When they are due.

    Returns:
        How many there were.
    """
    values = {"status": "waiting", "n_attempts": 0, "due_at": now}
    with store.begin() as connection:
        revived = connection.execute(update(outbox).where(_o.status == "dead").values(values))
        return revived.rowcount


def count_messages(store: Store) -> dict[str, int]:
    """Count the messages of each status, for the page and the monitor.

    Args:
        store: The store.

    Returns:
        Status to number; a status without messages is left out.
    """
    query = select(_o.status, func.count()).group_by(_o.status)
    with store.read() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def prune_sent(store: Store, before: datetime) -> int:
    """Delete messages that were sent long ago.

    Args:
        store: The store.
        before: Those sent earlier go.

    Returns:
        How many.
    """
    old = delete(outbox).where(_o.status == "sent", _o.sent_at < before)
    with store.begin() as connection:
        return connection.execute(old).rowcount


def _set(store: Store, message: Message, values: dict[str, Any]) -> None:
    """Change a message, unless its lease ran out and somebody else has claimed it since."""
    chosen = (_o.message_id == message.message_id) & (_o.n_attempts == message.n_attempts)
    with store.begin() as connection:
        changed = connection.execute(update(outbox).where(chosen).values(values))
        if not changed.rowcount:
            found = select(_o.message_id).where(_o.message_id == message.message_id)
            if connection.execute(found).first() is None:
                raise NoSuchRowError(f"{store.url}: there is no message {message.message_id}")
