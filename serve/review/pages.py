"""The addresses below `/review`."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from nicegui import Client, ui

from serve.review.desk import Desk
from serve.review.frame import make_view, show
from serve.review.view import Screen

_BUILD_TIMEOUT_S = 60.0


def add_pages(desk: Desk) -> None:
    """Register the pages with NiceGUI.

    Args:
        desk: Asks the store.
    """
    from serve.review.stub import Stub

    _add(desk, "/", lambda request: Stub())


def _add(desk: Desk, path: str, make_screen: Callable[[Request], Screen]) -> None:
    async def page(request: Request, client: Client) -> None:
        screen = make_screen(request)
        await show(make_view(desk, screen, request), client, request, screen.nav)

    ui.page(path, response_timeout=_BUILD_TIMEOUT_S)(page)
