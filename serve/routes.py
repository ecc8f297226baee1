"""The addresses of the API."""

from __future__ import annotations

import time
from datetime import datetime
from http import HTTPStatus
from typing import Any

import orjson
from fastapi import APIRouter, FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException

from models.deadlines import SHANGHAI
from models.results import FeedbackResult
from serve.batching import Outcome
from serve.edit_bodies import CorrectionIn, MergeIn, SplitIn, ThemePatch, UndoIn
from serve.exchange import exchange_of
from serve.json_body import parse_json, read_body
from serve.lifetime import Push
from serve.model_life import ModelLife
from serve.openapi import CLASSIFY_BODY, body_of, responses
from serve.problems import Problem
from serve.records import Asked, read_request
from serve.schemas import Answer
from serve.settings import MAX_BODY_BYTES, MAX_ITEMS, MAX_TEXT_CHARS, ServeSettings
from serve.shadow import Shadow
from serve.standing_queue import StandingQueue
from serve.status_schemas import Health, ModelInfo, Ready
from serve.store_routes import StoreEndpoints
from serve.store_schemas import Corrections, Edited, ThemeDetail, ThemeList
from serve.watching import Watch


class Endpoints:
    """Answers requests.

    Args:
        settings: Limits.
        life: The model.
        watch: Counts rows.
        queue: Told how long a lone row takes.
        shadow: Compares a challenger on a sample.
        push: Tells people of urgent rows.
    """

    def __init__(
        self,
        settings: ServeSettings,
        life: ModelLife,
        watch: Watch,
        queue: StandingQueue,
        shadow: Shadow | None = None,
        push: Push | None = None,
    ) -> None:
        self._settings = settings
        self._life = life
        self._watch = watch
        self._queue = queue
        self._shadow = shadow
        self._push = push

    async def classify(self, request: Request) -> Response:
        """判断一条或一批(最多 256 条)反馈的类型、紧急程度和答复期限。

        A batch answers row by row, in order: a row that cannot be scored gets `{"error": …}`.
        """
        body = await read_body(request, self._settings.body_timeout_s)
        begun_s = time.monotonic()
        now = datetime.now(SHANGHAI).replace(microsecond=0)
        asked = read_request(parse_json(body), now)
        exchange_of(request.scope).n_rows = len(asked.rows)
        model = self._life.current
        good = [row for row in asked.rows if not isinstance(row, Problem)]
        answers = await model.batcher.score(good)
        if len(good) == 1:
            self._queue.took(time.monotonic() - begun_s)
        if self._shadow:
            self._shadow.offer(good, answers)
        if self._push:
            await self._push.alerts.offer(answers)
        scored = iter(answers)
        outcomes = [row if isinstance(row, Problem) else next(scored) for row in asked.rows]
        self._count(outcomes)
        return _json(_answer(asked, outcomes, model.version))

    async def model(self) -> Response:
        """当前使用的模型与各项限制。Which model answers, and the limits."""
        model = self._life.current
        limits = {"body_bytes": MAX_BODY_BYTES, "items": MAX_ITEMS, "text_chars": MAX_TEXT_CHARS}
        loaded_at = model.loaded_at.isoformat()
        return _json({"model_version": model.version, "loaded_at": loaded_at, "limits": limits})

    async def live(self) -> Response:
        """进程在运行。The process answers; restart it when it does not."""
        return _json({"status": "live"})

    async def ready(self) -> Response:
        """模型已加载并预热,可以接收请求。The model is loaded and warm; send traffic."""
        version = self._life.current.version
        problem = self._life.update_problem
        return _json({"status": "ready", "model_version": version, "update_problem": problem})

    async def metrics(self) -> Response:
        """Prometheus 指标。Counts for Prometheus."""
        return Response(self._watch.exposition(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    def _count(self, outcomes: list[Outcome]) -> None:
        results = [outcome for outcome in outcomes if isinstance(outcome, FeedbackResult)]
        self._watch.results(results, len(outcomes) - len(results))


def add_routes(app: FastAPI, endpoints: Endpoints) -> None:
    """Give the application its addresses.

    Args:
        app: The application.
        endpoints: What answers.
    """
    router = APIRouter()
    router.post(
        "/v1/classify",
        response_model=Answer,
        responses=responses(400, 401, 403, 408, 413, 415, 422, 429, 500, 503),
        openapi_extra=CLASSIFY_BODY,
        tags=["classify"],
    )(endpoints.classify)
    router.get(
        "/v1/model",
        response_model=ModelInfo,
        responses=responses(401, 403, 429, 503),
        tags=["watch"],
    )(endpoints.model)
    router.get("/health/live", response_model=Health, tags=["watch"])(endpoints.live)
    router.get("/health/ready", response_model=Ready, responses=responses(503), tags=["watch"])(
        endpoints.ready
    )
    router.get(
        "/metrics",
        response_class=Response,
        responses={
            **responses(401, 403, 429),
            200: {"content": {"text/plain": {"schema": {"type": "string"}}}},
        },
        tags=["watch"],
    )(endpoints.metrics)
    app.include_router(router)


def add_store_routes(app: FastAPI, endpoints: StoreEndpoints) -> None:
    """Give the application the addresses that need the store.

    Args:
        app: The application.
        endpoints: What answers.
    """
    reads = responses(401, 403, 404, 422, 429, 500, 503)
    writes = responses(400, 401, 403, 404, 408, 409, 413, 415, 422, 429, 500, 503)
    router = APIRouter(tags=["themes"])
    router.get("/v1/themes", response_model=ThemeList, responses=reads)(endpoints.themes)
    router.post(
        "/v1/themes/undo", response_model=Edited, responses=writes, openapi_extra=body_of(UndoIn)
    )(endpoints.undo)
    # Else GET and PATCH of this address would ask for a theme called undo.
    router.api_route("/v1/themes/undo", methods=["GET", "PATCH"], include_in_schema=False)(
        _no_method
    )
    path = "/v1/themes/{theme_id}"
    router.get(path, response_model=ThemeDetail, responses=reads)(endpoints.theme)
    router.patch(path, response_model=Edited, responses=writes, openapi_extra=body_of(ThemePatch))(
        endpoints.change
    )
    router.post(
        f"{path}/merge", response_model=Edited, responses=writes, openapi_extra=body_of(MergeIn)
    )(endpoints.merge)
    router.post(
        f"{path}/split", response_model=Edited, responses=writes, openapi_extra=body_of(SplitIn)
    )(endpoints.split)
    app.include_router(router)
    corrections = APIRouter(tags=["corrections"])
    corrections.post(
        "/v1/corrections",
        response_model=Corrections,
        status_code=201,
        responses=writes,
        openapi_extra=body_of(CorrectionIn),
    )(endpoints.correct)
    app.include_router(corrections)


async def _no_method() -> None:
    raise HTTPException(HTTPStatus.METHOD_NOT_ALLOWED, headers={"Allow": "POST"})


def _answer(asked: Asked, outcomes: list[Outcome], version: str) -> dict[str, Any]:
    if not asked.is_batch and isinstance(outcomes[0], Problem):
        raise outcomes[0]
    # orjson writes a result as `as_record` would have it, in a third of the time; a test compares.
    results = [
        {"error": outcome.body()} if isinstance(outcome, Problem) else outcome
        for outcome in outcomes
    ]
    return {"results": results, "model_version": version}


def _json(content: Any) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
