"""What a database says when it refuses, as one clear line."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from models.errors import StoreError

_BUSY = ("locked", "busy", "lock timeout", "statement timeout", "deadlock", "too many clients")
_FULL = ("disk is full", "no space left", "could not extend file")
_READ_ONLY = ("readonly", "read-only", "permission denied")
_DAMAGED = ("malformed", "not a database", "corrupt")
_GONE = (
    *(
        "unable to open",
        "connection refused",
        "connection failed",
        "no such file",
        "does not exist",
    ),
    *("could not connect", "server closed", "terminating connection", "shutting down"),
    *("connection is lost", "connection is closed", "could not translate host", "timeout expired"),
    *("starting up", "no such table", "no password supplied", "authentication failed"),
)


class StoreBusyError(StoreError):
    """Somebody else is writing; the same call may succeed in a moment."""


class StoreGoneError(StoreError):
    """The database cannot be reached, or is not there any more."""


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
    if any(word in said for word in _BUSY):
        return StoreBusyError(
            f"{url}: another program is writing to the store; try again ({reason})"
        )
    if any(word in said for word in _FULL):
        return StoreError(f"{url}: the disk of the store is full; make room and repeat ({reason})")
    if any(word in said for word in _READ_ONLY):
        return StoreError(f"{url}: the store may not be written; check its rights ({reason})")
    if any(word in said for word in _DAMAGED):
        return StoreError(
            f"{url}: this is no store of Huiyin's, or a damaged one; restore a backup ({reason})"
        )
    is_lost = isinstance(error, DBAPIError) and error.connection_invalidated
    if is_lost or any(word in said for word in _GONE):
        return StoreGoneError(
            f"{url}: the store cannot be reached; check that the database runs and that "
            f"HUIYIN_STORE names it ({reason})"
        )
    return StoreError(f"{url}: the store refuses ({reason})")


def _first_line(error: SQLAlchemyError) -> str:
    # The lines after the first may quote the values of a row.
    original = getattr(error, "orig", None) or error
    lines = str(original).strip().splitlines()
    return lines[0].strip() if lines else type(original).__name__
