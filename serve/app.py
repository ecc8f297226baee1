"""Builds the application: settings and model go in, nothing is read before it starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI
from starlette.exceptions import HTTPException

from serve.batching import Analyzer, Batcher
from serve.docs_page import add_docs
from serve.envelope import Envelope
from serve.guarding import Guard
from serve.keys import KeyRing
from serve.model_life import ModelLife
from serve.openapi import API_VERSION, install_openapi
from serve.problems import Problem
from serve.routes import Endpoints, add_routes, answer_http_error, answer_problem
from serve.settings import ServeSettings
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

    life = ModelLife(lambda: model or _load(settings), make_batcher, watch.model)
    app = FastAPI(
        title="Huiyin 回音",
        version=API_VERSION,
        lifespan=_lifespan(life, settings.wait_for_model),
        docs_url=None,
        redoc_url=None,
    )
    add_routes(app, Endpoints(settings, life, watch))
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


def _lifespan(
    life: ModelLife, wait_for_model: bool
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        loading = asyncio.create_task(life.start())
        try:
            if wait_for_model:
                await loading
            yield
        finally:
            loading.cancel()
            life.stop()

    return lifespan


def _load(settings: ServeSettings) -> Analyzer:
    from models.analysis import FeedbackModel

    return FeedbackModel.load(settings.model)
