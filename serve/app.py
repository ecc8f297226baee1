"""Builds the application: settings and model go in, nothing is read before it starts."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from serve.answers import answer_http_error, answer_invalid, answer_problem
from serve.batching import Analyzer
from serve.docs_page import add_docs
from serve.envelope import Envelope
from serve.guarding import Guard
from serve.keys import KeyRing
from serve.lifetime import make_life, make_lifespan, make_push, make_shadow
from serve.openapi import API_VERSION, install_openapi
from serve.problems import Problem
from serve.routes import Endpoints, add_routes, add_store_routes
from serve.settings import AlertSettings, ServeSettings
from serve.standing_queue import StandingQueue
from serve.store_door import StoreDoor
from serve.store_routes import StoreEndpoints
from serve.telemetry import add_telemetry
from serve.watching import Watch
from serve.writes import Writer


def create_app(
    settings: ServeSettings, model: Analyzer | None = None, alerts: AlertSettings | None = None
) -> FastAPI:
    """Build the application.

    The model is loaded when the application starts, beside the event loop: until it is warm,
    `/health/live` answers and everything that needs it says 503.

    Args:
        settings: How to serve.
        model: A loaded model; None loads the one that the settings name.
        alerts: Where urgent rows are pushed to; None pushes nothing.

    Returns:
        The ASGI application.

    Raises:
        DataError: If the key file or a destination cannot be used.
    """
    watch = Watch()
    queue = StandingQueue(settings.max_concurrency, settings.target_ms / 1000)
    door = StoreDoor(settings.store)
    life, shadow = make_life(settings, model, watch), make_shadow(settings, watch)
    push = make_push(settings, alerts, door, watch)
    app = FastAPI(
        title="Huiyin 回音",
        version=API_VERSION,
        lifespan=make_lifespan(settings, life, shadow, push, door),
        docs_url=None,
        redoc_url=None,
    )
    add_routes(app, Endpoints(settings, life, watch, queue, shadow, push))
    writer = Writer(door, settings.body_timeout_s)
    add_store_routes(app, StoreEndpoints(door, writer, life.taxonomy))
    add_docs(app)
    install_openapi(app)
    app.add_exception_handler(Problem, answer_problem)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    ring = KeyRing(settings.keys_file)
    _add_review(app, settings, ring)
    # The last one added is the outermost.
    app.add_middleware(Guard, ring=ring, rate_per_s=settings.rate_per_s, queue=queue)
    if settings.telemetry:
        add_telemetry(app)
    app.add_middleware(Envelope, watch=watch, log_requests=settings.log_requests)
    return app


def app_from_environment() -> FastAPI:
    """Build the application as uvicorn's workers do.

    Returns:
        The ASGI application, set up by `HUIYIN_*`.
    """
    return create_app(ServeSettings(), alerts=AlertSettings())


def _add_review(app: FastAPI, settings: ServeSettings, ring: KeyRing) -> None:
    """The page costs a second at start and 30 MB, so nothing of it is loaded where it is off."""
    if settings.store and settings.review:
        from serve.review.mounting import mount_review

        mount_review(app, settings, ring)
    else:
        from serve.review.off import explain_off

        explain_off(app, settings)
