"""The three ways in: an API key, a reverse proxy's header, and this very machine."""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers

from serve.guarding import is_local
from serve.keys import KeyRing
from serve.review.person import Person, Role, clean_name
from serve.review.sessions import Sessions
from serve.settings import ServeSettings

SESSION_COOKIE = "huiyin_session"


class Doors:
    """Decides who somebody is.

    Args:
        settings: Names the proxy's header, its addresses and the editors behind it.
        ring: The API keys.
        sessions: The cookies.
        clock: Unix seconds.
    """

    def __init__(
        self,
        settings: ServeSettings,
        ring: KeyRing,
        sessions: Sessions,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._ring = ring
        self.sessions = sessions
        self._clock = clock
        self._header = settings.review_proxy_header.lower()
        self._peers = tuple(
            ipaddress.ip_network(peer.strip(), strict=False)
            for peer in settings.review_proxy_peers.split(",")
            if peer.strip()
        )
        self._editors = {name.strip() for name in settings.review_editors.split(",")}

    @property
    def asks_for_key(self) -> bool:
        """True once any API key exists."""
        return self._ring.has_keys()

    def who(self, scope: Any) -> Person | None:
        """Tell who makes a request.

        Args:
            scope: ASGI scope.

        Returns:
            Who; None if they have to sign in first.
        """
        headers = Headers(scope=scope)
        if person := self._announced(scope, headers):
            return person
        person = self.sessions.read(_cookie(headers, SESSION_COOKIE), self._clock())
        return person if person and self._is_good(person, scope, headers) else None

    def admit(self, scope: Any, key: str, name: str) -> Person | None:
        """Let somebody in who fills in the form.

        Args:
            scope: ASGI scope.
            key: An API key, as typed.
            name: What they are called, as typed.

        Returns:
            Who; None if the key does not open or, without keys, they are not on this machine.
        """
        name = clean_name(name)
        if not self.asks_for_key:
            is_here = is_local(scope["client"], Headers(scope=scope))
            return Person(name, "editor", "local") if is_here and name else None
        found = self._ring.find(key.strip())
        role = _role(found)
        if found is None or role is None:
            return None
        own = clean_name(found.name)
        # The key's name stays in sight: a shared key must not let one sign as another team.
        shown = f"{name}({own})" if name and name != own else own
        return Person(shown, role, "key", found.id)

    def begin(self, person: Person) -> str:
        """Begin a session; gives the cookie's value."""
        return self.sessions.issue(person, self._clock())

    def is_still(self, person: Person, scope: Any) -> bool:
        """Tell whether somebody who loaded a page earlier may still act.

        Args:
            person: Who loaded the page.
            scope: ASGI scope of that request.

        Returns:
            False once the session is over or the key is gone.
        """
        return self.who(scope) == person

    def is_trusted_proxy(self, scope: Any) -> bool:
        """Tell whether a request comes from the proxy that signs people in."""
        client = scope.get("client")
        if not self._header or client is None:
            return False
        try:
            address = ipaddress.ip_address(client[0])
        except ValueError:
            return False
        return any(address in peer for peer in self._peers)

    def _announced(self, scope: Any, headers: Headers) -> Person | None:
        name = headers.get(self._header, "") if self._header else ""
        if not name or not self.is_trusted_proxy(scope):
            return None
        name = clean_name(_decode(name))
        role: Role = "editor" if self._editors & {"*", name} else "viewer"
        return Person(name, role, "proxy") if name else None

    def _is_good(self, person: Person, scope: Any, headers: Headers) -> bool:
        if person.door == "local":
            return not self.asks_for_key and is_local(scope["client"], headers)
        self._ring.has_keys()  # reads the file again where it changed
        return person.door == "key" and _role(self._ring.by_id(person.key_id)) == person.role


def _role(key: Any) -> Role | None:
    """What a key may do here."""
    if key is None:
        return None
    if key.allows("review"):
        return "editor"
    return "viewer" if key.allows("view") else None


def is_same_origin(headers: Headers) -> bool:
    """Tell whether a browser says that the request comes from our own page.

    Args:
        headers: Of the request.

    Returns:
        False for another site's page; also where neither header tells, as old browsers do.
    """
    site = headers.get("sec-fetch-site")
    origin = headers.get("origin")
    if origin is None:
        return site in ("same-origin", "none")
    return site in (None, "same-origin", "none") and _netloc(origin) == headers.get("host", "")


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _decode(value: str) -> str:
    """Headers are Latin-1; proxies send names in UTF-8."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _cookie(headers: Headers, name: str) -> str:
    try:
        morsel = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return morsel.value if morsel else ""


def cookie_of(scope: Any, name: str) -> str:
    """Read a cookie; empty where there is none."""
    return _cookie(Headers(scope=scope), name)
