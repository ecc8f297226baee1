"""Where urgent rows are pushed to: robots and mail through apprise, programs by signed webhook.

Neither an address nor an error of it is logged in full: robots' addresses are their passwords.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson

from models.errors import DataError
from serve.addresses import RefusedAddressError, resolve
from serve.settings import AlertSettings

logger = logging.getLogger(__name__)

ROBOTS = {
    "wecombot": "qyapi.weixin.qq.com",
    "dingtalk": "oapi.dingtalk.com",
    "feishu": "open.feishu.cn",
    "lark": "open.larksuite.com",
}
_MAIL_PORTS = {"mailto": 25, "mailtos": 587}
_TIMEOUT_S = 10.0
_N_NAME_HEX = 8


class NotDeliveredError(Exception):
    """The destination did not take it; the message may be kept and shown."""


@dataclass(frozen=True, slots=True)
class Notice:
    """What is sent at once: one row, or a digest of several.

    Attributes:
        key: The receiver tells a repetition by it.
        title: One line.
        body: Plain text.
        items: The same for programs.
    """

    key: str
    title: str
    body: str
    items: Sequence[dict[str, Any]]


class Destination(Protocol):
    """Takes notices."""

    name: str

    def send(self, notice: Notice) -> None:
        """Send, or raise NotDeliveredError."""
        ...


class Robot:
    """A chat robot or mailbox, by apprise.

    Args:
        name: Stands in logs and in the outbox.
        url: As apprise writes it.
        allow_private: True lets a mail server lie anywhere.
    """

    def __init__(self, name: str, url: str, allow_private: bool) -> None:
        self.name = name
        self._allow_private = allow_private
        self._scheme = urlsplit(url).scheme.lower()
        self._plugin = _read_by_apprise(url)
        if self._plugin is None:
            raise DataError(f"HUIYIN_ALERT_URLS: apprise cannot read the {self._scheme}:// address")
        # Its own log may quote the address.
        logging.getLogger("apprise").setLevel(logging.CRITICAL)

    def send(self, notice: Notice) -> None:
        """Send.

        Args:
            notice: What.

        Raises:
            NotDeliveredError: If it was not taken.
        """
        host, port = self._host()
        _check(host, port, self._allow_private)
        if not _send_by_apprise(self._plugin, notice):
            raise NotDeliveredError(f"{self._scheme}: not taken")

    def _host(self) -> tuple[str, int]:
        if self._scheme in ROBOTS:
            return ROBOTS[self._scheme], 443
        host = getattr(self._plugin, "smtp_host", "") or self._plugin.host
        return str(host), int(self._plugin.port or _MAIL_PORTS[self._scheme])


class Webhook:
    """A program of the company, told by a signed request.

    The signature is `t=SECONDS,v1=HEX`, the HMAC-SHA256 of `SECONDS.BODY` under the shared secret.

    Args:
        name: Stands in logs and in the outbox.
        url: Where to.
        settings: The secret, and whether private addresses are allowed.
    """

    def __init__(self, name: str, url: str, settings: AlertSettings) -> None:
        parts = urlsplit(url)
        if not parts.hostname or parts.username or parts.password:
            raise DataError("HUIYIN_ALERT_URLS: expected https://host/path without a password")
        if not settings.secret.get_secret_value():
            raise DataError("HUIYIN_ALERT_URLS: a webhook needs HUIYIN_ALERT_SECRET")
        if parts.scheme == "http" and not settings.allow_private:
            raise DataError("HUIYIN_ALERT_URLS: expected https://; http only inside the company")
        self.name = name
        self._parts = parts
        self._port = parts.port or (443 if parts.scheme == "https" else 80)
        self._settings = settings

    def send(self, notice: Notice) -> None:
        """Send.

        Args:
            notice: What.

        Raises:
            NotDeliveredError: If the answer is not 2xx.
        """
        import httpx

        host = str(self._parts.hostname)
        address = _check(host, self._port, self._settings.allow_private)
        body = orjson.dumps({"key": notice.key, "title": notice.title, "items": notice.items})
        shown = f"[{address}]" if ":" in address else address
        path = self._parts.path or "/"
        query = f"?{self._parts.query}" if self._parts.query else ""
        headers = {
            "Host": self._parts.netloc,
            "Content-Type": "application/json",
            "Idempotency-Key": notice.key,
            "X-Huiyin-Signature": sign(self._settings.secret.get_secret_value(), body, time.time()),
        }
        try:
            # To the address that was checked, not to whatever the name says a moment later.
            with httpx.Client(
                timeout=_TIMEOUT_S, follow_redirects=False, trust_env=False
            ) as client:
                url = f"{self._parts.scheme}://{shown}:{self._port}{path}{query}"
                named = {"sni_hostname": host}
                response = client.post(url, content=body, headers=headers, extensions=named)
        except httpx.HTTPError as error:
            raise NotDeliveredError(f"webhook: {type(error).__name__}") from None
        if not response.is_success:
            raise NotDeliveredError(f"webhook: status {response.status_code}")


def sign(secret: str, body: bytes, now: float) -> str:
    """Sign a webhook's body.

    Args:
        secret: Shared with the receiver.
        body: The bytes that are sent.
        now: Unix seconds; the receiver refuses what is old.

    Returns:
        The header's value.
    """
    moment = str(int(now))
    digest = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256)
    return f"t={moment},v1={digest.hexdigest()}"


def make_destinations(settings: AlertSettings) -> dict[str, Destination]:
    """Read the configured destinations.

    Args:
        settings: From the environment.

    Returns:
        Name to destination; the name tells the kind, not the address.

    Raises:
        DataError: If one cannot be used.
    """
    made = [_make(url, settings) for url in settings.urls.split()]
    return {destination.name: destination for destination in made}


def _make(url: str, settings: AlertSettings) -> Destination:
    scheme = urlsplit(url).scheme.lower()
    name = f"{scheme}-{hashlib.sha256(url.encode()).hexdigest()[:_N_NAME_HEX]}"
    if scheme in ("http", "https"):
        return Webhook(name, url, settings)
    if scheme in ROBOTS or scheme in _MAIL_PORTS:
        return Robot(name, url, settings.allow_private)
    known = ", ".join((*ROBOTS, *_MAIL_PORTS, "https"))
    raise DataError(f"HUIYIN_ALERT_URLS: unknown kind {scheme[:20]!r}; expected one of {known}")


def _read_by_apprise(url: str) -> Any:
    with warnings.catch_warnings():
        # It imports all its plugins, of which one uses a module that Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        import apprise

        return apprise.Apprise.instantiate(url, suppress_exceptions=True)


def _send_by_apprise(plugin: Any, notice: Notice) -> bool:
    import apprise

    carrier = apprise.Apprise()
    carrier.add(plugin)
    # Said to be plain text, so that it is escaped where the destination takes HTML.
    sent = carrier.notify(body=notice.body, title=notice.title, body_format="text")
    return bool(sent)


def _check(host: str, port: int, allow_private: bool) -> str:
    try:
        return resolve(host, port, allow_private=allow_private)
    except RefusedAddressError as error:
        raise NotDeliveredError(str(error)) from None
