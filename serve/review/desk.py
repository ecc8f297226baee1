"""Where the page's questions meet the store: off the event loop, and only for those who may."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from serve.review.doors import Doors
from serve.review.drafts import Drafts
from serve.review.person import Person

if TYPE_CHECKING:
    from pipeline.store.engine import Store

T = TypeVar("T")


class NotAllowedError(Exception):
    """The session is over, or the person only looks."""


class Desk:
    """Asks the store and edits it.

    Args:
        url: The store's.
        doors: Tells whether somebody may still act.
        mlflow_url: Where people look at MLflow; empty if nowhere.
    """

    def __init__(self, url: str, doors: Doors, mlflow_url: str = "") -> None:
        self._url = url
        self._doors = doors
        self._store: Store | None = None
        self._lock = threading.Lock()
        self.mlflow_url = mlflow_url
        self.drafts = Drafts()

    async def ask(self, question: Callable[[Store], T]) -> T:
        """Read from the store.

        Args:
            question: What to read; runs in a thread.

        Returns:
            The answer.

        Raises:
            StoreError: If the store refuses.
        """
        return await asyncio.to_thread(lambda: question(self.open()))

    async def edit(self, person: Person, scope: Any, change: Callable[[Store, str], T]) -> T:
        """Change the store in somebody's name.

        Args:
            person: Who loaded the page.
            scope: ASGI scope of that request.
            change: What to change; gets the store and the name.

        Returns:
            What the change gives.

        Raises:
            NotAllowedError: If the person may not.
        """
        if not person.may_edit or not self._doors.is_still(person, scope):
            raise NotAllowedError
        return await self.ask(lambda store: change(store, person.name))

    def open(self) -> Store:
        """Open the store at the first question: the API must start without its database."""
        from pipeline.store.engine import open_store

        with self._lock:
            if self._store is None:
                self._store = open_store(self._url)
            return self._store
