"""Sessions in a signed cookie: nothing to store, nothing to lose at a restart."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import asdict
from pathlib import Path

from models.errors import DataError
from serve.review.person import Person

_SECRET_BYTES = 32


class Sessions:
    """Issues and reads session cookies.

    Args:
        secret: Signs them; whoever has it can sign in as anybody.
        lifetime_s: How long one is good.
    """

    def __init__(self, secret: bytes, lifetime_s: float) -> None:
        self._secret = secret
        self.lifetime_s = lifetime_s

    def issue(self, person: Person, now: float) -> str:
        """Begin a session.

        Args:
            person: Who signed in.
            now: Unix seconds.

        Returns:
            The cookie's value.
        """
        claims = asdict(person) | {"until": now + self.lifetime_s, "salt": secrets.token_hex(8)}
        body = urlsafe_b64encode(json.dumps(claims).encode()).decode()
        return f"{body}.{self._sign(body)}"

    def read(self, token: str, now: float) -> Person | None:
        """Tell whose session a cookie is.

        Args:
            token: The cookie's value, from anywhere.
            now: Unix seconds.

        Returns:
            Who; None if it is forged, damaged or over.
        """
        body, _, signature = token.partition(".")
        if not hmac.compare_digest(self._sign(body).encode(), signature.encode()):
            return None
        claims = json.loads(urlsafe_b64decode(body))
        del claims["salt"]
        return Person(**claims) if now < claims.pop("until") else None

    def _sign(self, body: str) -> str:
        return hmac.new(self._secret, body.encode(), hashlib.sha256).hexdigest()


def read_secret(path: Path) -> bytes:
    """Read the secret that signs sessions; make it when there is none.

    Args:
        path: Its file, readable by its owner only.

    Returns:
        At least 256 random bits.

    Raises:
        DataError: If the file cannot be read or made, or holds too little.
    """
    try:
        if not path.exists():
            _make_secret(path)
        secret = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise DataError(
            f"{path}: cannot be used as the secret of the review page ({type(error).__name__}); "
            "delete it to have a new one made, or check the folder's rights"
        ) from error
    if len(secret) < _SECRET_BYTES:
        raise DataError(f"{path}: expected {_SECRET_BYTES} bytes in hexadecimal; delete it")
    return secret


def _make_secret(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_SECRET_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(temporary, path)  # the first of several starting processes wins
    except FileExistsError:
        pass
    finally:
        temporary.unlink()
