"""What a database says when it refuses, as one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from models.errors import StoreError

_GONE = (
    *("unable to open", "no such file", "no such table", "does not exist", "could not translate"),
    *("connection refused", "connection failed", "connection is lost", "connection is closed"),
    *("could not connect", "server closed", "terminating connection", "timeout expired"),
    *("shutting down", "starting up", "no password supplied", "authentication failed"),
)


class StoreBusyError(StoreError):
    """Somebody else is writing; the same call may succeed in a moment."""


class StoreGoneError(StoreError):
    """The database cannot be reached, or is not there any more."""


class NoSuchRowError(StoreError):
    """The id is not in the store."""


_LOST = "the store cannot be reached; check that the database runs and that HUIYIN_STORE names it"
_KINDS: tuple[tuple[tuple[str, ...], type[StoreError], str], ...] = (
    (
        ("locked", "busy", "lock timeout", "statement timeout", "deadlock", "too many clients"),
        StoreBusyError,
        "another program is writing to the store; try again",
    ),
    (
        ("disk is full", "no space left", "could not extend file"),
        StoreError,
        "the disk of the store is full; make room and repeat",
    ),
    (
        ("readonly", "read-only", "permission denied"),
        StoreError,
        "the store may not be written; check its rights",
    ),
    (
        ("malformed", "not a database", "corrupt"),
        StoreError,
        "this is no store of Huiyin's, or a damaged one; restore a backup",
    ),
    (_GONE, StoreGoneError, _LOST),
)


@contextmanager
def store_errors(url: str) -> Iterator[None]:
    """Turn what the database raises into a StoreError.

    Args:
        url: Names the store in the message; without its password.

    Yields:
        Nothing.

    Raises:
        StoreError: In place of SQLAlchemy's error, whose text may hold rows of feedback.
    """
    try:
        yield
    except SQLAlchemyError as error:
        raise explain(url, error) from error


def explain(url: str, error: SQLAlchemyError) -> StoreError:
    """Say what is wrong and what to do.

    Args:
        url: Names the store; without its password.
        error: What SQLAlchemy raised.

    Returns:
        The error to raise.
    """
    reason = _first_line(error)
    said = reason.lower()
    for words, kind, advice in _KINDS:
        if any(word in said for word in words):
            return kind(f"{url}: {advice} ({reason})")
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return StoreGoneError(f"{url}: {_LOST} ({reason})")
    return StoreError(f"{url}: the store refuses ({reason})")


def _first_line(error: SQLAlchemyError) -> str:
    # The lines after the first may quote the values of a row.
    original = getattr(error, "orig", None) or error
    lines = str(original).strip().splitlines()
    return lines[0].strip() if lines else type(original).__name__
