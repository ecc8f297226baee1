"""`/docs`: Swagger UI from files on this machine, under a policy that runs no other script."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import FileResponse, HTMLResponse, Response

_FILES = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript"}
# Swagger UI sets styles from its script and draws its icons from data addresses.
_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "style-src 'self' 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
)
_PAGE = """<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>回音 API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
_START = """SwaggerUIBundle({
  url: "openapi.json",
  dom_id: "#swagger-ui",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  validatorUrl: null,
});
"""


def add_docs(app: FastAPI) -> None:
    """Give the application its documentation page.

    Args:
        app: The application.
    """

    async def page() -> Response:
        return HTMLResponse(_PAGE, headers={"Content-Security-Policy": _POLICY})

    async def start() -> Response:
        return Response(_START, media_type="text/javascript")

    app.add_api_route("/docs", page, include_in_schema=False)
    app.add_api_route("/docs/start.js", start, include_in_schema=False)
    for name in _FILES:
        app.add_api_route(f"/docs/{name}", _sender(name), include_in_schema=False)


def _sender(name: str) -> Callable[[], Awaitable[Response]]:
    async def send_file() -> Response:
        return FileResponse(_assets() / name, media_type=_FILES[name])

    return send_file


def _assets() -> Path:
    """The package's files; its code is not run."""
    spec = find_spec("fastapi_offline")
    assert spec and spec.origin
    return Path(spec.origin).parent / "static"
