"""The addresses below `/review`."""

from __future__ import annotations

from fastapi import Request
from nicegui import Client, ui

from serve.review.desk import Desk
from serve.review.frame import make_view, show
from serve.review.inbox_page import InboxPage
from serve.review.ledger_files import add_ledger_files
from serve.review.ledgers_page import LedgersPage
from serve.review.map_page import MapPage
from serve.review.models_page import ModelsPage
from serve.review.person import person_of
from serve.review.theme_page import ThemePage
from serve.review.themes_page import ThemesPage
from serve.review.view import Screen
from serve.review.week_page import WeekPage

# A busy machine may take long to read; an error page would only be asked for again.
_BUILD_TIMEOUT_S = 60.0


def add_pages(desk: Desk) -> None:
    """Register the pages with NiceGUI.

    Args:
        desk: Asks the store.
    """

    async def draw(screen: Screen, request: Request, client: Client) -> None:
        await show(make_view(desk, screen, request), client, request, screen.nav)

    @ui.page("/", response_timeout=_BUILD_TIMEOUT_S)
    async def week(request: Request, client: Client) -> None:
        await draw(WeekPage(request.query_params), request, client)

    @ui.page("/themes", response_timeout=_BUILD_TIMEOUT_S)
    async def themes(request: Request, client: Client) -> None:
        await draw(ThemesPage(request.query_params), request, client)

    @ui.page("/themes/{theme_id}", response_timeout=_BUILD_TIMEOUT_S)
    async def theme(request: Request, client: Client, theme_id: str) -> None:
        await draw(ThemePage(theme_id, request.query_params), request, client)

    @ui.page("/map", response_timeout=_BUILD_TIMEOUT_S)
    async def theme_map(request: Request, client: Client) -> None:
        await draw(MapPage(request.query_params), request, client)

    @ui.page("/inbox", response_timeout=_BUILD_TIMEOUT_S)
    async def inbox(request: Request, client: Client) -> None:
        await draw(InboxPage(request.query_params), request, client)

    @ui.page("/ledgers", response_timeout=_BUILD_TIMEOUT_S)
    async def ledgers(request: Request, client: Client) -> None:
        token = request.query_params.get("draft", "")
        draft = desk.drafts.find(person_of(request.scope), token)
        await draw(LedgersPage(request.query_params, draft), request, client)

    add_ledger_files(desk)

    @ui.page("/models", response_timeout=_BUILD_TIMEOUT_S)
    async def models(request: Request, client: Client) -> None:
        await draw(ModelsPage(), request, client)
