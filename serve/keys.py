"""API keys: shown once, kept as salted hashes.

A key is `hy_<id>_<secret>`; the secret is 256 random bits, so a plain salted SHA-256 is as safe as
a slow hash would be and costs no request a tenth of a second.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

from models.errors import DataError

logger = logging.getLogger(__name__)

Scope = Literal["classify", "view", "review", "admin"]
SCOPES: tuple[Scope, ...] = get_args(Scope)

_PREFIX = "hy"
_CHECK_EVERY_S = 1.0


@dataclass(frozen=True, slots=True)
class Key:
    """One API key as it is kept.

    Attributes:
        id: Its public part.
        name: What it is for.
        scopes: What it may do; review may view too, admin may do everything.
        salt: Hexadecimal.
        hash: SHA-256 of salt and secret, hexadecimal.
        created_at: ISO 8601, UTC.
    """

    id: str
    name: str
    scopes: tuple[Scope, ...]
    salt: str
    hash: str
    created_at: str

    def allows(self, scope: Scope) -> bool:
        """Tell whether the key may do something.

        Args:
            scope: What.

        Returns:
            True if it may.
        """
        implied = "review" if scope == "view" else scope
        return scope in self.scopes or implied in self.scopes or "admin" in self.scopes


# Compared with when the id is unknown, so that the time taken does not tell which ids exist.
_NOBODY = Key("", "", (), "00" * 16, "00" * 32, "")


def create_key(path: Path, name: str, scopes: Iterable[Scope]) -> str:
    """Add a key to the file.

    Args:
        path: The key file; made when missing, readable by its owner only.
        name: What the key is for.
        scopes: What it may do.

    Returns:
        The key itself, which cannot be had again.

    Raises:
        ValueError: If there is no scope or an unknown one.
        DataError: If the file cannot be used.
    """
    wanted = tuple(dict.fromkeys(scopes))
    if not wanted or (unknown := set(wanted) - set(SCOPES)):
        found = ", ".join(sorted(unknown)) if wanted else "none"
        raise ValueError(f"expected scopes out of {', '.join(SCOPES)}, got {found}")
    id_, secret, salt = secrets.token_hex(6), secrets.token_urlsafe(32), secrets.token_hex(16)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    key = Key(id_, name, wanted, salt, _hash(salt, secret), now)
    _write(path, [*read_keys(path).values(), key])
    return f"{_PREFIX}_{id_}_{secret}"


def revoke_key(path: Path, id_: str) -> None:
    """Take a key out of the file; running workers notice within a second or two.

    Args:
        path: The key file.
        id_: Which key.

    Raises:
        DataError: If there is no such key.
    """
    keys = read_keys(path)
    if id_ not in keys:
        raise DataError(f"{path}: has no key {id_!r}; it has {', '.join(keys) or 'none'}")
    _write(path, [key for key in keys.values() if key.id != id_])


def read_keys(path: Path) -> dict[str, Key]:
    """Read a key file.

    Args:
        path: The file; a missing one holds no keys.

    Returns:
        Id to key.

    Raises:
        DataError: If it is no key file.
    """
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))["keys"]
        keys = [_read_key(entry) for entry in entries]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"{path}: cannot be read as a key file ({type(error).__name__}); "
            "restore it, or delete it and create new keys"
        ) from error
    return {key.id: key for key in keys}


class KeyRing:
    """The keys of a file, read again when the file changes.

    Args:
        path: The key file.

    Raises:
        DataError: If it is no key file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = self._stat()
        self._keys: Mapping[str, Key] = read_keys(path)
        self._checked_at = time.monotonic()

    def has_keys(self) -> bool:
        """Tell whether any key exists."""
        self._refresh()
        return bool(self._keys)

    def find(self, token: str) -> Key | None:
        """Find the key that a client presents, in time that does not depend on the secret.

        Args:
            token: What stands after `Bearer`.

        Returns:
            The key; None if it is not valid.
        """
        prefix, _, rest = token.partition("_")
        id_, _, secret = rest.partition("_")
        key = self._keys.get(id_, _NOBODY)
        is_right = hmac.compare_digest(_hash(key.salt, secret), key.hash)
        return key if is_right and prefix == _PREFIX and key is not _NOBODY else None

    def by_id(self, id_: str) -> Key | None:
        """Give a key by its public part, for a session that it opened.

        Args:
            id_: The public part.

        Returns:
            The key; None once it is revoked.
        """
        return self._keys.get(id_)

    def _refresh(self) -> None:
        if time.monotonic() - self._checked_at < _CHECK_EVERY_S:
            return
        self._checked_at = time.monotonic()
        stamp = self._stat()
        if stamp == self._stamp:
            return
        try:
            self._keys = read_keys(self._path)
            self._stamp = stamp
        except DataError as error:
            logger.error("key file unusable, keeping the keys known before", exc_info=error)

    def _stat(self) -> tuple[int, int, int] | None:
        try:
            stat = self._path.stat()
        except OSError:
            return None
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _read_key(entry: Mapping[str, Any]) -> Key:
    bytes.fromhex(entry["salt"]), bytes.fromhex(entry["hash"])
    if unknown := set(entry["scopes"]) - set(SCOPES):
        raise ValueError(f"unknown scopes {unknown}")
    return Key(**{**entry, "scopes": tuple(entry["scopes"])})


def _hash(salt: str, secret: str) -> str:
    return hashlib.sha256(bytes.fromhex(salt) + secret.encode("utf-8", "replace")).hexdigest()


def _write(path: Path, keys: Iterable[Key]) -> None:
    document: dict[str, Any] = {"keys": [asdict(key) for key in keys]}
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Made with its rights, so that nobody can read it even for a moment.
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(document, file, ensure_ascii=False, indent=1)
        temporary.replace(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror})") from error
