"""What every answer gets, whatever happens inside: ids, security headers, a log line, a count.

The outermost layer, in plain ASGI; Starlette's BaseHTTPMiddleware halves the requests per second.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.exchange import Exchange, open_exchange
from serve.guarding import ACCESS
from serve.problems import Problem
from serve.watching import Watch

logger = logging.getLogger(__name__)

SECURITY_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
_CSP = b"content-security-policy"
_STRICT_CSP = (_CSP, b"default-src 'none'; frame-ancestors 'none'; base-uri 'none'")
_OK, _CLIENT_GONE = 200, 499


class Envelope:
    """Wraps the whole application.

    Args:
        app: The layers inside.
        watch: Counts requests.
        log_requests: One log line a request.
    """

    def __init__(self, app: ASGIApp, watch: Watch, log_requests: bool) -> None:
        self._app = app
        self._watch = watch
        self._log_requests = log_requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = open_exchange(scope)  # type: ignore[arg-type]
        reply = _Reply(send, exchange)
        started = time.perf_counter()
        try:
            await self._app(scope, receive, reply.send)
        except Exception as error:
            await self._answer_failure(error, exchange, scope, receive, reply)
        finally:
            self._close(scope, exchange, reply.status, time.perf_counter() - started)

    async def _answer_failure(
        self, error: Exception, exchange: Exchange, scope: Scope, receive: Receive, reply: _Reply
    ) -> None:
        logger.error("request failed", exc_info=error, extra={"fields": _ids(exchange)})
        if reply.status == _CLIENT_GONE:
            problem = Problem("internal-error")
            await problem.response(exchange.request_id)(scope, receive, reply.send)

    def _close(self, scope: Scope, exchange: Exchange, status: int, duration_s: float) -> None:
        path = _path(scope)
        self._watch.request(path, status, duration_s)
        # Probes ask every few seconds and would bury the rest.
        is_probe = path.startswith("/health/") or path == "/metrics"
        if self._log_requests and not (is_probe and status == _OK):
            fields = {
                **_ids(exchange),
                "method": scope["method"],
                "path": path,
                "status": status,
                "duration_ms": round(duration_s * 1000, 2),
                "n_rows": exchange.n_rows,
                "key_id": exchange.key_id,
            }
            logger.info("request", extra={"fields": fields})


class _Reply:
    """Passes the answer on, with the headers that every answer gets."""

    def __init__(self, send: Send, exchange: Exchange) -> None:
        self._send = send
        self._exchange = exchange
        self.status = _CLIENT_GONE

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message.setdefault("headers", [])
            own = {name.lower() for name, _ in headers}
            message["headers"] = [
                *headers,
                *(pair for pair in SECURITY_HEADERS if pair[0] not in own),
                *(() if _CSP in own else (_STRICT_CSP,)),
                (b"x-request-id", self._exchange.request_id.encode()),
                (b"traceparent", self._exchange.traceparent.encode()),
            ]
        await self._send(message)


def _path(scope: Scope) -> str:
    """Name the route, not what the client typed: that could be anything, any number of times."""
    route: Any = scope.get("route")
    known = scope["path"] if scope["path"] in ACCESS else "other"
    return getattr(route, "path", known)


def _ids(exchange: Exchange) -> dict[str, Any]:
    return {"request_id": exchange.request_id, "trace_id": exchange.trace_id}
