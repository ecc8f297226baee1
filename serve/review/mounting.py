"""Puts the page on the application. Imported only where the page is on: NiceGUI takes a second."""

from __future__ import annotations

import logging
import os
import tempfile
from pathlib import Path

from fastapi import FastAPI

from serve.keys import KeyRing
from serve.review.doors import Doors
from serve.review.gate import ROOT, ReviewGate
from serve.review.sessions import Sessions, read_secret
from serve.settings import ServeSettings

_RECONNECT_S = 30.0
_HOUR_S = 3600


def mount_review(app: FastAPI, settings: ServeSettings, ring: KeyRing) -> None:
    """Serve the review page under `/review`.

    NiceGUI keeps its pages in one place for the whole process, so a process has one review page.

    Args:
        app: The application.
        settings: Names the store and how people sign in.
        ring: The API keys.

    Raises:
        DataError: If the secret that signs sessions cannot be read or made.
    """
    # Read when NiceGUI is imported; nothing is kept there, but the folder must not be ours.
    os.environ.setdefault("NICEGUI_STORAGE_PATH", str(Path(tempfile.gettempdir()) / "huiyin-page"))
    from nicegui import ui

    from serve.review.desk import Desk
    from serve.review.pages import add_pages

    sessions = Sessions(
        read_secret(settings.review_secret_file), settings.review_session_h * _HOUR_S
    )
    doors = Doors(settings, ring, sessions)
    assert settings.store
    add_pages(Desk(settings.store, doors, settings.mlflow_url))
    ui.run_with(
        app,
        title="回音 Huiyin",
        favicon=_FAVICON,
        mount_path=ROOT,
        language="zh-CN",
        dark=None,
        tailwind=False,
        binding_refresh_interval=None,
        reconnect_timeout=_RECONNECT_S,
        show_welcome_message=False,
    )
    app.add_middleware(ReviewGate, doors=doors)
    # Warns of every address that a browser guesses.
    logging.getLogger("nicegui").setLevel(logging.ERROR)


_FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
    '<rect width="32" height="32" rx="7" fill="#1f4e79"/>'
    '<path d="M9 9h14v9H14l-5 5z" fill="#fff"/></svg>'
)
