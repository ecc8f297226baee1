"""Builds the application: settings and model go in, nothing is read before it starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from pipeline.model_watch import Target
from serve.batching import Analyzer, Batcher
from serve.docs_page import add_docs
from serve.envelope import Envelope
from serve.guarding import Guard
from serve.keys import KeyRing
from serve.model_life import ModelLife
from serve.model_source import FixedSource, make_source
from serve.openapi import API_VERSION, install_openapi
from serve.problems import Problem
from serve.routes import Endpoints, add_routes, answer_http_error, answer_problem
from serve.settings import MAX_ITEMS, ServeSettings
from serve.shadow import Shadow
from serve.smoke import check_model
from serve.watching import Watch


def create_app(settings: ServeSettings, model: Analyzer | None = None) -> FastAPI:
    """Build the application.

    The model is loaded when the application starts, beside the event loop: until it is warm,
    `/health/live` answers and everything that needs it says 503.

    Args:
        settings: How to serve.
        model: A loaded model; None loads the one that the settings name.

    Returns:
        The ASGI application.

    Raises:
        DataError: If the key file cannot be used.
    """
    watch = Watch()

    def make_batcher(ready: Analyzer) -> Batcher:
        return Batcher(
            ready,
            settings.max_batch_rows,
            settings.max_queued_rows,
            settings.window_ms / 1000,
            watch,
        )

    life = _make_life(settings, model, make_batcher, watch)
    shadow = _make_shadow(settings, watch)
    app = FastAPI(
        title="Huiyin 回音",
        version=API_VERSION,
        lifespan=_lifespan([life, *([shadow.life] if shadow else [])], settings),
        docs_url=None,
        redoc_url=None,
    )
    add_routes(app, Endpoints(settings, life, watch, shadow))
    add_docs(app)
    install_openapi(app)
    app.add_exception_handler(Problem, answer_problem)
    app.add_exception_handler(HTTPException, answer_http_error)
    ring = KeyRing(settings.keys_file)
    _add_review(app, settings, ring)
    # The last one added is the outermost.
    app.add_middleware(
        Guard, ring=ring, rate_per_s=settings.rate_per_s, max_concurrency=settings.max_concurrency
    )
    app.add_middleware(Envelope, watch=watch, log_requests=settings.log_requests)
    return app


def app_from_environment() -> FastAPI:
    """Build the application as uvicorn's workers do.

    Returns:
        The ASGI application, set up by `HUIYIN_*`.
    """
    return create_app(ServeSettings())


def _add_review(app: FastAPI, settings: ServeSettings, ring: KeyRing) -> None:
    """The page costs a second at start and 30 MB, so nothing of it is loaded where it is off."""
    if settings.store and settings.review:
        from serve.review.mounting import mount_review

        mount_review(app, settings, ring)
    else:
        from serve.review.off import explain_off

        explain_off(app, settings)


def _make_life(
    settings: ServeSettings,
    model: Analyzer | None,
    make_batcher: Callable[[Analyzer], Batcher],
    watch: Watch,
) -> ModelLife:
    if model is not None:
        return ModelLife(FixedSource(), lambda _target: model, make_batcher, None, watch)
    source = make_source(settings.model, settings.model_poll_s, _shipped)
    return ModelLife(source, _load, make_batcher, check_model, watch)


def _make_shadow(settings: ServeSettings, watch: Watch) -> Shadow | None:
    if not settings.shadow_model:
        return None

    def make_batcher(ready: Analyzer) -> Batcher:
        return Batcher(ready, settings.max_batch_rows, MAX_ITEMS)

    source = make_source(settings.shadow_model, settings.model_poll_s, _shipped)
    life = ModelLife(source, _load, make_batcher, check_model)
    return Shadow(life, settings.shadow_share, watch)


def _lifespan(
    lives: Sequence[ModelLife], settings: ServeSettings
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        looking = [asyncio.create_task(life.look()) for life in lives]
        try:
            if settings.wait_for_model:
                await looking[0]
            looking += [
                asyncio.create_task(life.keep_looking(settings.model_poll_s)) for life in lives
            ]
            yield
        finally:
            for task in looking:
                task.cancel()
            for life in lives:
                life.stop()

    return lifespan


def _load(target: Target) -> Analyzer:
    from models.analysis import FeedbackModel

    return FeedbackModel.load(target.folder)


def _shipped() -> Path:
    from models.artifact import DEFAULT_FOLDER

    return DEFAULT_FOLDER
