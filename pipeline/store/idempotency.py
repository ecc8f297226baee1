"""Answering a repeated request as the first time, instead of doing it twice.

`begin` before the work, `finish` after it, `abandon` when it failed. A worker that dies in between
blocks its key until `STALE` has passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, select, update

from models.errors import StoreError
from pipeline.store.failures import StoreBusyError
from pipeline.store.tables import idempotency

if TYPE_CHECKING:
    from pipeline.store.engine import Store

STALE = timedelta(minutes=2)
KEPT = timedelta(days=1)
MAX_KEY_CHARS = 200

_i = idempotency.c


class KeyReusedError(StoreError):
    """The key was used for another request; the client must choose a new one."""


class InProgressError(StoreBusyError):
    """The same request is being worked on; ask again in a moment."""


@dataclass(frozen=True, slots=True)
class Replay:
    """The answer that was given the first time.

    Attributes:
        status_code: Its HTTP status.
        response: Its body.
    """

    status_code: int
    response: str


def begin(store: Store, client: str, key: str, request_hash: str, now: datetime) -> Replay | None:
    """Say that a request is about to be worked on.

    Args:
        store: The store.
        client: Whose key it is; clients do not see each other's.
        key: The client's Idempotency-Key.
        request_hash: Digest of method, path and body.
        now: When.

    Returns:
        The answer to give again; None if the request is new and must be worked on.

    Raises:
        ValueError: If the key is empty or too long.
        KeyReusedError: If the key belongs to another request.
        InProgressError: If the same request is being worked on.
    """
    if not 1 <= len(key) <= MAX_KEY_CHARS:
        raise ValueError(f"Idempotency-Key must have 1 to {MAX_KEY_CHARS} characters")
    row = {"client": client, "key": key, "request_hash": request_hash, "begun_at": now}
    with store.begin() as connection:
        if _insert(connection, row):
            return None
        found = connection.execute(select(idempotency).where(_is(client, key)).with_for_update())
        first = found.mappings().one()
        is_old = first["begun_at"] < now - (STALE if first["finished_at"] is None else KEPT)
        if is_old:
            _replace(connection, row)
            return None
    if first["request_hash"] != request_hash:
        raise KeyReusedError(f"Idempotency-Key {key!r} was used for another request; use a new one")
    if first["finished_at"] is None:
        raise InProgressError(f"the request with Idempotency-Key {key!r} is being worked on")
    return Replay(first["status_code"], first["response"])


def finish(
    store: Store, client: str, key: str, status_code: int, response: str, now: datetime
) -> None:
    """Keep the answer for repetitions.

    Args:
        store: The store.
        client: Whose key it is.
        key: The client's Idempotency-Key.
        status_code: The HTTP status that is given.
        response: The body that is given; no text that was not masked.
        now: When.
    """
    values = {"status_code": status_code, "response": response, "finished_at": now}
    with store.begin() as connection:
        connection.execute(update(idempotency).where(_is(client, key)).values(values))


def abandon(store: Store, client: str, key: str) -> None:
    """Forget a request that failed, so that it can be tried again at once.

    Args:
        store: The store.
        client: Whose key it is.
        key: The client's Idempotency-Key.
    """
    with store.begin() as connection:
        connection.execute(delete(idempotency).where(_is(client, key), _i.finished_at.is_(None)))


def prune(store: Store, now: datetime) -> int:
    """Delete keys older than a day.

    Args:
        store: The store.
        now: When.

    Returns:
        How many.
    """
    with store.begin() as connection:
        return connection.execute(delete(idempotency).where(_i.begun_at < now - KEPT)).rowcount


def _is(client: str, key: str) -> Any:
    return (_i.client == client) & (_i.key == key)


def _insert(connection: Connection, row: dict[str, Any]) -> bool:
    from sqlalchemy.dialects import postgresql, sqlite

    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    added = dialect.insert(idempotency).values(row).on_conflict_do_nothing().returning(_i.key)
    return connection.execute(added).first() is not None


def _replace(connection: Connection, row: dict[str, Any]) -> None:
    empty = dict.fromkeys(("status_code", "response", "finished_at"))
    again = update(idempotency).where(_is(row["client"], row["key"])).values({**empty, **row})
    connection.execute(again)
