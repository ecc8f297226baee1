"""Writes that may be sent twice: the same Idempotency-Key gets the same answer, done once."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from fastapi import Request, Response
from pydantic import BaseModel

from models.deadlines import SHANGHAI
from models.errors import StoreError
from serve.edit_bodies import read_as
from serve.exchange import exchange_of
from serve.json_body import parse_json, read_body
from serve.problems import FieldError, Problem
from serve.store_door import StoreDoor

if TYPE_CHECKING:
    from pipeline.store.engine import Store

logger = logging.getLogger(__name__)

B = TypeVar("B", bound=BaseModel)
REPLAYED = "Idempotency-Replayed"
_MAX_KEY_CHARS = 200
IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "重发时带同一个键,只做一次 same key: done once, answered alike for a day",
    "schema": {
        "type": "string",
        "minLength": 1,
        "maxLength": _MAX_KEY_CHARS,
        "pattern": "^[\\x21-\\x7e]+$",
    },
}


@dataclass(frozen=True, slots=True)
class Asking:
    """Who sends a write, and under which key.

    Attributes:
        client: The API key's id, or local.
        who: Its name; stands in the audit trail unless the body names a person.
        key: The Idempotency-Key; None without one.
        digest: Of method, path and body.
    """

    client: str
    who: str
    key: str | None
    digest: str


class Writer:
    """Carries out writes.

    Args:
        door: The store.
        body_timeout_s: How long a client may take to send its body.
    """

    def __init__(self, door: StoreDoor, body_timeout_s: float) -> None:
        self._door = door
        self._body_timeout_s = body_timeout_s

    async def write(
        self, request: Request, model: type[B], work: Callable[[Store, B, str], Any], status: int
    ) -> Response:
        """Carry out one write.

        Args:
            request: The request.
            model: What its body should be.
            work: Does it; given the store, the body and who asks.
            status: The status of success.

        Returns:
            What `work` gives, as JSON; or the answer of the first time.
        """
        raw = await read_body(request, self._body_timeout_s)
        body = read_as(model, parse_json(raw))
        asking = _asking(request, raw)

        def carry_out(store: Store) -> Response:
            if asking.key is None:
                return _json(orjson.dumps(work(store, body, asking.who)), status)
            return _once(store, asking, lambda: orjson.dumps(work(store, body, asking.who)), status)

        return await self._door.ask(carry_out)


def _once(store: Store, asking: Asking, work: Callable[[], bytes], status: int) -> Response:
    from pipeline.store.idempotency import abandon, begin, finish

    assert asking.key
    replay = _begin(store, asking, begin)
    if replay is not None:
        return _json(replay.response.encode(), replay.status_code, {REPLAYED: "true"})
    try:
        content = work()
    except BaseException:
        with contextlib.suppress(StoreError):  # it is forgotten by itself after two minutes
            abandon(store, asking.client, asking.key)
        raise
    try:
        finish(store, asking.client, asking.key, status, content.decode(), datetime.now(SHANGHAI))
    except StoreError as error:
        # The write itself stands, so the client must hear of it.
        logger.error("answer not kept for repetition", exc_info=error)
    return _json(content, status)


def _begin(store: Store, asking: Asking, begin: Callable[..., Any]) -> Any:
    from pipeline.store.idempotency import InProgressError, KeyReusedError

    try:
        return begin(store, asking.client, asking.key, asking.digest, datetime.now(SHANGHAI))
    except KeyReusedError:
        raise Problem(
            "idempotency-key-reused",
            "这个 Idempotency-Key 已用于另一个请求,请换一个。",
            "The Idempotency-Key belongs to another request; use a new one.",
        ) from None
    except InProgressError:
        raise Problem(
            "idempotency-in-progress",
            "同一个请求正在处理,请稍后重试。",
            "The same request is being worked on; ask again in a moment.",
            headers={"Retry-After": "1"},
        ) from None


def _asking(request: Request, raw: bytes) -> Asking:
    exchange = exchange_of(request.scope)
    key = request.headers.get("idempotency-key")
    if key is not None and not (1 <= len(key) <= _MAX_KEY_CHARS and _is_plain(key)):
        said = f"1 to {_MAX_KEY_CHARS} printable ASCII characters without blanks"
        fault = FieldError(
            "", "Idempotency-Key 应为 1 至 200 个可见 ASCII 字符", f"Expected {said}"
        )
        raise Problem("invalid-field", errors=[fault])
    name = f"{request.method} {request.url.path}\n".encode()
    client = exchange.key_id or "local"
    return Asking(client, exchange.who, key, hashlib.sha256(name + raw).hexdigest())


def _is_plain(key: str) -> bool:
    return all("\x21" <= char <= "\x7e" for char in key)


def _json(content: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(content, status, headers, "application/json")
