"""Who may call, how often and how many at once; decided before a byte of the body is read."""

from __future__ import annotations

import ipaddress
import math
import re
import time
from collections.abc import Callable
from typing import Literal, TypeAlias

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from serve import keys
from serve.bucket import Bucket
from serve.exchange import exchange_of
from serve.keys import Key, KeyRing
from serve.problems import Problem
from serve.refusals import Refusals, overloaded
from serve.settings import MAX_LABEL_CHARS
from serve.standing_queue import StandingQueue

Access: TypeAlias = keys.Scope | Literal["anybody", "any key"]

# What is not listed needs a key of any scope.
ACCESS: dict[str, Access] = {
    "/v1/classify": "classify",
    "/v1/model": "any key",
    "/v1/corrections": "review",
    "/v1/themes": "view",
    "/v1/themes/undo": "review",
    "/v1/themes/{theme_id}": "view",
    "/v1/themes/{theme_id}/merge": "review",
    "/v1/themes/{theme_id}/split": "review",
    "/metrics": "any key",
    "/health/live": "anybody",
    "/health/ready": "anybody",
    "/docs": "anybody",
    "/docs/swagger-ui.css": "anybody",
    "/docs/swagger-ui-bundle.js": "anybody",
    "/docs/start.js": "anybody",
    "/openapi.json": "anybody",
}
_LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
_FORWARDED = ("x-forwarded-for", "forwarded", "x-real-ip")


# Signs people in itself; see serve.review.gate.
_REVIEW = "/review"


_THEME = re.compile(r"/v1/themes/(?!undo$)[^/]+(/merge|/split)?")


def _access(path: str, method: str) -> Access:
    if path == _REVIEW or path.startswith(f"{_REVIEW}/"):
        return "anybody"
    if found := _THEME.fullmatch(path):
        path = "/v1/themes/{theme_id}" + (found[1] or "")
    access = ACCESS.get(path, "any key")
    # Whoever may only look may change nothing.
    return "review" if access == "view" and method not in ("GET", "HEAD") else access


class Guard:
    """Lets a request in, or answers it.

    Args:
        app: The layers inside.
        ring: The API keys.
        rate_per_s: Requests a second of one key; 0 sets no limit.
        queue: Says how many requests may do work at once; those that only watch do not count.
        clock: Seconds, never going back.
    """

    def __init__(
        self,
        app: ASGIApp,
        ring: KeyRing,
        rate_per_s: float,
        queue: StandingQueue,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._ring = ring
        self._rate_per_s = rate_per_s
        self._queue = queue
        self._clock = clock
        self._buckets: dict[str, Bucket] = {}
        self._refusals = Refusals()
        self._n_inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        is_http = scope["type"] == "http"
        access = _access(scope["path"], scope["method"]) if is_http else "anybody"
        if access == "anybody":
            await self._app(scope, receive, send)
            return
        try:
            self._admit(scope, access)
        except Problem as problem:
            if problem.kind == "overloaded":
                await self._refusals.wait()
            await problem.response(exchange_of(scope).request_id)(scope, receive, send)
            return
        n_slots = 0 if access == "any key" else 1
        self._n_inside += n_slots
        try:
            await self._app(scope, receive, send)
        finally:
            self._n_inside -= n_slots

    def _admit(self, scope: Scope, access: Access) -> None:
        headers = Headers(scope=scope)
        if self._ring.has_keys():
            key = self._identify(headers, access)
            exchange = exchange_of(scope)
            exchange.key_id, exchange.who = key.id, key.name[:MAX_LABEL_CHARS] or key.id
            self._spend(key)
        elif not is_local(scope["client"], headers):
            raise Problem(
                "forbidden",
                "尚未创建 API 密钥,只接受本机直接访问。",
                "No API key exists, so only this machine may call, without a proxy.",
            )
        if access != "any key" and self._n_inside >= self._queue.limit:
            raise overloaded()

    def _identify(self, headers: Headers, access: Access) -> Key:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        key = self._ring.find(token.strip()) if scheme.lower() == "bearer" else None
        if key is None:
            raise Problem(
                "unauthorized",
                "请在 Authorization: Bearer 中提供密钥。",
                "Send a key as Authorization: Bearer.",
                headers={"WWW-Authenticate": 'Bearer realm="huiyin"'},
            )
        if access in keys.SCOPES and not key.allows(access):
            raise Problem(
                "forbidden", f"密钥缺少 {access} 权限。", f"The key lacks the scope {access}."
            )
        return key

    def _spend(self, key: Key) -> None:
        if not self._rate_per_s:
            return
        now = self._clock()
        fresh = Bucket(self._rate_per_s, max(1.0, self._rate_per_s), now)
        wait_s = self._buckets.setdefault(key.id, fresh).take(now)
        if wait_s:
            raise Problem(
                "rate-limited",
                f"每个密钥每秒最多 {self._rate_per_s:g} 次请求。",
                f"At most {self._rate_per_s:g} requests a second for one key.",
                headers={"Retry-After": str(math.ceil(wait_s))},
            )


def is_local(client: tuple[str, int] | None, headers: Headers) -> bool:
    """Tell whether a request comes from this machine, by itself.

    A proxy on this machine would make the whole world look local, and so would a web page whose
    host name was pointed at 127.0.0.1 (DNS rebinding).

    Args:
        client: Address and port.
        headers: Of the request.

    Returns:
        True for a loopback address that speaks to a loopback name, and for nobody else.
    """
    if client is None or any(name in headers for name in _FORWARDED):
        return False
    host = headers.get("host", "").rsplit("]", 1)[0].lstrip("[")
    name = host if ":" in host and "]" in headers.get("host", "") else host.split(":", 1)[0]
    return name.lower() in _LOOPBACK_NAMES and _is_loopback(client[0])


def _is_loopback(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    return (mapped or found).is_loopback
