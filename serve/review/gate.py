"""Stands before all of `/review`: signs people in, turns strangers and other sites away."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, quote

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from serve.review.doors import SESSION_COOKIE, Doors, cookie_of, is_same_origin
from serve.review.person import person_of, seat
from serve.review.plain_pages import bounce_page, signin_page

ROOT = "/review"
LANG_COOKIE, THEME_COOKIE = "huiyin_lang", "huiyin_theme"
LANGS, THEMES = ("zh", "en"), ("auto", "light", "dark")
_MAX_FORM_BYTES = 4_096
_GONE = "No response returned."
_YEAR_S = 365 * 24 * 3600
# NiceGUI's page is an inline script that compiles templates; nothing but this host is reached.
_POLICY = (
    b"default-src 'none'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; connect-src 'self'; "
    b"style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; "
    b"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


class ReviewGate:
    """Lets signed-in people through to the page; leaves other addresses alone.

    Args:
        app: The layers inside.
        doors: Decides who somebody is.
    """

    def __init__(self, app: ASGIApp, doors: Doors) -> None:
        self._app = app
        self._doors = doors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        path = scope.get("path", "")
        if scope["type"] == "lifespan" or not (path == ROOT or path.startswith(f"{ROOT}/")):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self._http(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        person = self._doors.who(scope)
        if person is None or not is_same_origin(Headers(scope=scope)):
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        seat(scope, person)
        await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        reply = _with_policy(send)
        answer = await self._own_answer(Request(scope, receive))
        try:
            await (answer or self._app)(scope, receive, reply)
        except RuntimeError as error:
            # What Starlette says where a browser left before its answer; no failure of ours.
            if str(error) != _GONE:
                raise

    async def _own_answer(self, request: Request) -> Response | None:
        """What the gate says itself; None lets the request through."""
        path = request.url.path.removeprefix(ROOT)
        if request.method not in ("GET", "HEAD") and not is_same_origin(request.headers):
            return Response("403", 403)
        if request.method == "POST" and path in _FORMS:
            answer: Response = await _FORMS[path](self._doors, request)
            return answer
        if path.startswith("/_nicegui/"):
            return None
        person = self._doors.who(request.scope)
        if path == "/sign-in":
            return _back(request) if person else _form(self._doors, request)
        if person is None:
            return _turn_away(request)
        seat(request.scope, person)
        return None


async def _sign_in(doors: Doors, request: Request) -> Response:
    fields = await _read_form(request)
    person = doors.admit(request.scope, fields.get("key", ""), fields.get("name", ""))
    if person is None:
        return _form(doors, request, failed=True)
    answer = _back(request)
    _set_cookie(doors, request, answer, doors.begin(person), int(doors.sessions.lifetime_s))
    return answer


async def _sign_out(doors: Doors, request: Request) -> Response:
    answer = RedirectResponse(f"{ROOT}/sign-in", 303)
    _set_cookie(doors, request, answer, "", 0)
    return answer


async def _prefer(_doors: Doors, request: Request) -> Response:
    fields = await _read_form(request)
    answer = _back(request)
    for cookie, field, known in ((LANG_COOKIE, "lang", LANGS), (THEME_COOKIE, "theme", THEMES)):
        if fields.get(field) in known:
            answer.set_cookie(cookie, fields[field], _YEAR_S, path=ROOT, samesite="lax")
    return answer


_FORMS: dict[str, Any] = {
    "/sign-in": _sign_in,
    "/sign-out": _sign_out,
    "/preferences": _prefer,
}


def _set_cookie(doors: Doors, request: Request, answer: Response, value: str, age_s: int) -> None:
    forwarded = request.headers.get("x-forwarded-proto", "")
    is_secure = request.url.scheme == "https" or (
        forwarded == "https" and doors.is_trusted_proxy(request.scope)
    )
    answer.set_cookie(
        SESSION_COOKIE,
        value,
        max_age=age_s,
        path=ROOT,
        secure=is_secure,
        httponly=True,
        samesite="strict",
    )


def _form(doors: Doors, request: Request, *, failed: bool = False) -> Response:
    target = _target(request)
    page = signin_page(lang_of(request.scope), target, doors.asks_for_key, failed)
    return HTMLResponse(page, 403 if failed else 200)


def _turn_away(request: Request) -> Response:
    if request.method != "GET" or "/_nicegui_ws/" in request.url.path:
        return Response("401", 401)
    # A link in a mail comes without the strict cookie; asked again from here, it comes with it.
    came_from_outside = request.headers.get("sec-fetch-site") == "cross-site"
    if came_from_outside and "again" not in request.query_params:
        return HTMLResponse(bounce_page(str(request.url.include_query_params(again=1))))
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return RedirectResponse(f"{ROOT}/sign-in?next={quote(path, safe='')}", 303)


def _back(request: Request) -> Response:
    return RedirectResponse(_target(request), 303)


def _target(request: Request) -> str:
    """Where to go next: a place on this page and nowhere else."""
    wanted = request.query_params.get("next", "")
    is_ours = wanted.startswith(f"{ROOT}/") and not set(wanted) & set("\\\r\n\t")
    return wanted if is_ours else f"{ROOT}/"


def lang_of(scope: Any) -> str:
    """Tell which language somebody chose; Chinese unless they did."""
    lang = cookie_of(scope, LANG_COOKIE)
    return lang if lang in LANGS else LANGS[0]


def theme_of(scope: Any) -> str:
    """Tell whether somebody chose light or dark; the device's choice unless they did."""
    theme = cookie_of(scope, THEME_COOKIE)
    return theme if theme in THEMES else THEMES[0]


async def _read_form(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _MAX_FORM_BYTES:
            return {}
    fields = parse_qs(body.decode("utf-8", "replace"))
    return {name: values[0] for name, values in fields.items()}


def _with_policy(send: Send) -> Send:
    async def reply(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [
                *message.get("headers", []),
                (b"content-security-policy", _POLICY),
                # With no-referrer a browser hides the Origin of our own forms too.
                (b"referrer-policy", b"same-origin"),
            ]
        await send(message)

    return reply


__all__ = ["ROOT", "ReviewGate", "lang_of", "person_of", "theme_of"]
