"""What stands at `/review` where the page is off: how to turn it on."""

from __future__ import annotations

from fastapi import FastAPI, Request
from starlette.responses import HTMLResponse, Response

from serve.review.gate import ROOT, lang_of
from serve.review.plain_pages import off_page
from serve.settings import ServeSettings

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"


def explain_off(app: FastAPI, settings: ServeSettings) -> None:
    """Say at `/review` how the page is turned on.

    Args:
        app: The application.
        settings: Tells what is missing.
    """
    reason = "off.turned_off" if settings.store else "off.no_store"

    async def page(request: Request) -> Response:
        html = off_page(lang_of(request.scope), reason)
        return HTMLResponse(html, 503, {"Content-Security-Policy": _POLICY})

    app.add_route(ROOT, page)
    app.add_route(f"{ROOT}/{{rest:path}}", page)
