"""Several edits as one: all of them are stored, or none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection

from pipeline.store.engine import Store


@dataclass(frozen=True, slots=True, eq=False)
class JoinedStore(Store):
    """A store whose every transaction is part of the same one.

    Attributes:
        connection: The writing transaction that is open.
    """

    connection: Connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """Join the open transaction.

        Yields:
            The connection.
        """
        yield self.connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Read within the open transaction, so that earlier edits are seen.

        Yields:
            The connection.
        """
        yield self.connection


@contextmanager
def joined(store: Store) -> Iterator[JoinedStore]:
    """Open a transaction that edits of the block join.

    Args:
        store: The store.

    Yields:
        Give it to the edits instead of the store; when the block raises, nothing is stored.
    """
    with store.begin() as connection:
        yield JoinedStore(store.engine, store.url, connection)
