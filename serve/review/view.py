"""One page in one browser: what its parts need to draw, to change things and to draw again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlencode

from nicegui import background_tasks, context
from nicegui.element import Element

from models.errors import HuiyinError
from serve.review.desk import Desk, NotAllowedError
from serve.review.gate import ROOT
from serve.review.person import Person
from serve.review.tags import button, set_text, tag
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.engine import Store

T = TypeVar("T")


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
            # By the client: the part of the page that asked is gone.
            script = f"setTimeout(() => document.getElementById({focus!r})?.focus(), 60)"
            self.body.client.run_javascript(script)

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

    def later(self, box: Element, read: Callable[[], T], draw: Callable[[T], None]) -> None:
        """Read something slow after the page is there, and draw it in its place.

        Args:
            box: Its place, with what to show meanwhile.
            read: Reads it; runs in a thread.
            draw: Draws it.
        """
        client = context.client
        box._props["aria-busy"] = "true"

        async def fill() -> None:
            try:
                found = await asyncio.to_thread(read)
            except HuiyinError as error:
                self.say(str(error), is_bad=True)
                return
            if not box.is_deleted:
                with client:
                    box.clear()
                    box._props["aria-busy"] = "false"
                    with box:
                        draw(found)

        background_tasks.create(fill(), name="read what is slow")

    async def act(
        self,
        change: Callable[[Store, str], Any],
        done: str,
        *,
        focus: str = "",
        undo: Callable[[Any], Callable[[Store, str], Any] | None] | None = None,
        alert: Element | None = None,
    ) -> bool:
        """Change something, say so, and draw the page again.

        Args:
            change: What to change.
            done: What to say then.
            focus: Id of the element that gets the focus.
            undo: Makes the change that takes it back from what the change gave; None offers none.
            alert: Where a refusal is said, in the dialog that asked.

        Returns:
            Whether it was changed.
        """
        result = await self.attempt(change, alert)
        if result is _FAILED:
            return False
        await self.rebuild(focus)
        back = undo(result) if undo else None
        take_back = partial(self.act, back, self.t("act.undone")) if back else None
        self.say(done, take_back)
        return True

    async def attempt(
        self, change: Callable[[Store, str], Any], alert: Element | None = None
    ) -> Any:
        """Change something; a refusal is said.

        Args:
            change: What to change.
            alert: Where a refusal is said, in the dialog that asked; None says it below the page.

        Returns:
            What the change gave; see `failed`.
        """
        try:
            return await self.desk.edit(self.person, self._scope, change)
        except NotAllowedError:
            self._refuse(self.t("act.not_allowed"), alert)
        except (HuiyinError, ValueError) as error:
            # Drawn again, so that the next try starts from what the other person left.
            if is_conflict(error):
                await self.rebuild()
                self._refuse(f"{self.t('act.conflict')} {error}", None)
            else:
                self._refuse(str(error), alert)
        return _FAILED

    def _refuse(self, words: str, alert: Element | None) -> None:
        if alert is None:
            self.say(words, is_bad=True)
        else:
            set_text(alert, words)

    @staticmethod
    def failed(result: Any) -> bool:
        """Tell whether `attempt` was refused."""
        return result is _FAILED

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


def is_conflict(error: Exception) -> bool:
    """Tell whether somebody else was faster."""
    from pipeline.store.theme_errors import EditConflictError

    return isinstance(error, EditConflictError)


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
