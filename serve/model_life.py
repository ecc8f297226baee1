"""The model of one worker: loaded off the event loop, warmed up, and only then ready."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from models.deadlines import SHANGHAI
from serve.batching import Analyzer, Batcher
from serve.problems import Problem

logger = logging.getLogger(__name__)

# Long and short, plain and odd, so that every lazily built table stands before the first customer.
WARM_UP_TEXTS = (
    "更新之后一打开就闪退,会员白充了,客服也不理人!!!",
    "客服很耐心,問題當場就解決了👍",
    "充电宝冒烟起火了,電話13812345678,订单号2026111600123,请马上联系我",
    "希望能出一个夜间模式。" * 60,
    "好",
)
_N_WARM_UP_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in service."""

    batcher: Batcher
    version: str
    loaded_at: datetime


class ModelLife:
    """Brings the model into service.

    Args:
        load: Gives the model; runs in a thread.
        make_batcher: Puts the model to work.
        on_ready: Told the model's version.
    """

    def __init__(
        self,
        load: Callable[[], Analyzer],
        make_batcher: Callable[[Analyzer], Batcher],
        on_ready: Callable[[LoadedModel], None] | None = None,
    ) -> None:
        self._load = load
        self._make_batcher = make_batcher
        self._on_ready = on_ready or (lambda _model: None)
        self._loaded: LoadedModel | None = None
        self.state: Literal["loading", "ready", "failed", "stopped"] = "loading"

    @property
    def current(self) -> LoadedModel:
        """The model in service.

        Raises:
            Problem: If there is none.
        """
        if self._loaded is None:
            raise self._not_ready()
        return self._loaded

    async def start(self) -> None:
        """Load the model and warm it up; a failure is logged and leaves the worker not ready."""
        try:
            model = await asyncio.to_thread(self._load_and_warm_up)
        except Exception as error:
            self.state = "failed"
            logger.error("model failed to load", exc_info=error)
            return
        self._loaded = LoadedModel(
            self._make_batcher(model), model.version, datetime.now(SHANGHAI).replace(microsecond=0)
        )
        self.state = "ready"
        self._on_ready(self._loaded)
        logger.info("model ready", extra={"fields": {"model_version": model.version}})

    def stop(self) -> None:
        """Take the model out of service."""
        self.state = "stopped"
        if self._loaded:
            self._loaded.batcher.close()
            self._loaded = None

    def _load_and_warm_up(self) -> Analyzer:
        model = self._load()
        created_at = datetime.now(SHANGHAI)
        rows = [{"text": text, "created_at": created_at} for text in WARM_UP_TEXTS]
        for _ in range(_N_WARM_UP_ROUNDS):
            model.analyze(rows)
            for row in rows:
                model.analyze([row])
        return model

    def _not_ready(self) -> Problem:
        detail = {
            "loading": ("模型正在加载。", "The model is being loaded."),
            "failed": ("模型加载失败,详见日志。", "The model failed to load; see the log."),
            "stopped": ("服务正在停止。", "The service is stopping."),
        }[self.state]
        return Problem("not-ready", *detail, headers={"Retry-After": "5"})
