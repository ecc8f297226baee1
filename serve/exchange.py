"""What the layers of the server tell each other of one request."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

_KEY = "huiyin.exchange"
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:-]{1,128}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_ZERO_TRACE, _ZERO_SPAN = b"0" * 32, b"0" * 16


@dataclass(slots=True)
class Exchange:
    """One request and its answer; filled in on the way.

    Attributes:
        request_id: The client's `X-Request-ID`, or one made here.
        trace_id: From the client's `traceparent`, or made here.
        span_id: This request's own.
        trace_flags: The client's; 00 when there is none.
        key_id: Public part of the API key.
        n_rows: Rows that were asked about.
        who: Name of the API key; stands in the audit trail.
    """

    request_id: str
    trace_id: str
    span_id: str
    trace_flags: str = "00"
    key_id: str | None = None
    n_rows: int = 0
    who: str = "local"

    @property
    def traceparent(self) -> str:
        """The W3C header that names this request's span."""
        return f"00-{self.trace_id}-{self.span_id}-{self.trace_flags}"


def open_exchange(scope: dict[str, Any]) -> Exchange:
    """Begin one request.

    Args:
        scope: ASGI scope; the exchange is kept in it.

    Returns:
        The exchange, with the client's ids where it sent valid ones.
    """
    request_id, trace = _client_ids(scope["headers"])
    trace_id, flags = trace or (secrets.token_hex(16), "00")
    exchange = Exchange(request_id or secrets.token_hex(16), trace_id, secrets.token_hex(8), flags)
    scope[_KEY] = exchange
    return exchange


def exchange_of(scope: Any) -> Exchange:
    """Give the exchange that a request belongs to.

    Args:
        scope: ASGI scope.

    Returns:
        The exchange.
    """
    exchange: Exchange = scope[_KEY]
    return exchange


def _client_ids(
    headers: Iterable[tuple[bytes, bytes]],
) -> tuple[str | None, tuple[str, str] | None]:
    request_id, trace = None, None
    for name, value in headers:
        # A free-form id would let a client write into the log.
        if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
            request_id = value.decode()
        elif name == b"traceparent":
            trace = _read_trace(value)
    return request_id, trace


def _read_trace(value: bytes) -> tuple[str, str] | None:
    found = _TRACEPARENT.fullmatch(value)
    if not found or value[:2] == b"ff" or found[1] == _ZERO_TRACE or found[2] == _ZERO_SPAN:
        return None
    return found[1].decode(), found[3].decode()
