"""One page in one browser: what its parts need to draw, to change things and to draw again."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from nicegui import ui
from nicegui.element import Element

from models.errors import HuiyinError
from serve.review.desk import Desk, NotAllowedError
from serve.review.gate import ROOT
from serve.review.person import Person
from serve.review.tags import button, tag
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.engine import Store

logger = logging.getLogger(__name__)


class Screen(Protocol):
    """One kind of page: what it reads, and how it is drawn."""

    nav: str

    def load(self, store: Store) -> Any:
        """Read all that the page shows; runs in a thread."""

    def draw(self, view: View, data: Any) -> None:
        """Draw it."""


class View:
    """What a page's parts share.

    Args:
        desk: Asks the store.
        screen: The page.
        person: Who looks.
        scope: ASGI scope of the request that loaded the page.
        t: Words of their language.
    """

    def __init__(self, desk: Desk, screen: Screen, person: Person, scope: Any, t: Words) -> None:
        self.desk = desk
        self.person = person
        self.t = t
        self._screen = screen
        self._scope = scope
        self.body: Element | None = None
        self.notice: Element | None = None

    @property
    def may_edit(self) -> bool:
        """True for editors."""
        return self.person.may_edit

    async def rebuild(self, focus: str = "") -> None:
        """Read and draw the page again.

        Args:
            focus: Id of the element that gets the focus, where the old one is gone.
        """
        assert self.body is not None
        data = await self.load()
        self.body.clear()
        with self.body:
            self.draw(data)
        if focus:
            ui.run_javascript(f"setTimeout(() => document.getElementById({focus!r})?.focus(), 60)")

    async def load(self) -> Any:
        """Read what the page shows; an error of the store is what it shows then."""
        try:
            return await self.desk.ask(self._screen.load)
        except HuiyinError as error:
            return error

    def draw(self, data: Any) -> None:
        """Draw what was read."""
        if isinstance(data, HuiyinError):
            tag("h1", self.t("error.title"))
            tag("p", str(data), "alert", role="alert")
            return
        self._screen.draw(self, data)

    async def act(
        self,
        change: Callable[[Store, str], Any],
        done: str,
        *,
        focus: str = "",
        undo: Callable[[Any], Callable[[Store, str], Any] | None] | None = None,
    ) -> bool:
        """Change something, say so, and draw the page again.

        Args:
            change: What to change.
            done: What to say then.
            focus: Id of the element that gets the focus.
            undo: Makes the change that takes it back from what the change gave; None offers none.

        Returns:
            Whether it was changed.
        """
        result = await self.attempt(change)
        if result is _FAILED:
            return False
        await self.rebuild(focus)
        back = undo(result) if undo else None
        self.say(done, back and (lambda: self.act(back, self.t("act.undone"))))
        return True

    async def attempt(self, change: Callable[[Store, str], Any]) -> Any:
        """Change something; a refusal is said and drawn.

        Args:
            change: What to change.

        Returns:
            What the change gave; `FAILED` if it was refused.
        """
        try:
            return await self.desk.edit(self.person, self._scope, change)
        except NotAllowedError:
            self.say(self.t("act.not_allowed"), is_bad=True)
        except (HuiyinError, ValueError) as error:
            await self.rebuild()
            self.say(self.explain(error), is_bad=True)
        return _FAILED

    def explain(self, error: Exception) -> str:
        """Put an error into words."""
        is_conflict = "conflict" in type(error).__name__.lower()
        return f"{self.t('act.conflict')} {error}" if is_conflict else str(error)

    def say(
        self,
        words: str,
        undo: Callable[[], Awaitable[Any]] | None = None,
        *,
        is_bad: bool = False,
    ) -> None:
        """Tell something without taking the focus.

        Args:
            words: What.
            undo: Takes back what was done.
            is_bad: True for what went wrong.
        """
        assert self.notice is not None
        self.notice.clear()
        self.notice.classes(add="bad" if is_bad else "", remove="" if is_bad else "bad")
        with self.notice:
            tag("span", words)
            if undo:
                button(self.t("act.undo")).on("click", undo)
            button("✕", aria_label=self.t("close")).on("click", self.notice.clear)


_FAILED = object()
FAILED = _FAILED


def place(path: str, **query: str | None) -> str:
    """Write an address on the page.

    Args:
        path: Below `/review/`.
        **query: Its query; empty values are left out.

    Returns:
        The address.
    """
    rest = urlencode({name: value for name, value in query.items() if value})
    return f"{ROOT}/{path}" + (f"?{rest}" if rest else "")
