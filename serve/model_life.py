"""The model of one worker: loaded off the event loop, checked, and only then in service.

When another one is wanted it is loaded beside the one in service and takes its place between two
requests: every request takes its model once, so no answer mixes two. The old one finishes what it
has. A new one that cannot be loaded or fails its smoke rows changes nothing but what
`/health/ready`, the log and a metric say.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol

from models.deadlines import SHANGHAI
from models.errors import HuiyinError
from pipeline.model_watch import Target
from serve.batching import Analyzer, Batcher
from serve.model_source import ModelSource
from serve.problems import Problem

if TYPE_CHECKING:
    from models.taxonomy import Taxonomy

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
_RETRY_S = 60.0


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model in service."""

    batcher: Batcher
    version: str
    loaded_at: datetime
    key: str = ""
    taxonomy: Taxonomy | None = None


class LifeWatch(Protocol):
    """What is asked of `serve.watching.Watch`."""

    def model(self, model: LoadedModel, old: LoadedModel | None) -> None:
        """Note the model that came into service."""
        ...

    def model_update(self, is_failing: bool) -> None:
        """Note whether the wanted model could be brought into service."""
        ...


class ModelLife:
    """Brings the wanted model into service, now and whenever another one is wanted.

    Args:
        source: Says which model is wanted.
        load: Gives it; runs in a thread.
        make_batcher: Puts it to work.
        check: Raises if it must not answer customers.
        watch: Told of every change.
    """

    def __init__(
        self,
        source: ModelSource,
        load: Callable[[Target], Analyzer],
        make_batcher: Callable[[Analyzer], Batcher],
        check: Callable[[Analyzer], None] | None = None,
        watch: LifeWatch | None = None,
    ) -> None:
        self._source = source
        self._load = load
        self._make_batcher = make_batcher
        self._check = check or (lambda _model: None)
        self._watch = watch
        self._loaded: LoadedModel | None = None
        self._refused = ("", 0.0)
        self._looking = asyncio.Lock()
        self._retiring: set[asyncio.Task[None]] = set()
        self.state: Literal["loading", "ready", "failed", "stopped"] = "loading"
        self.update_problem: Literal["source", "model"] | None = None

    @property
    def current(self) -> LoadedModel:
        """The model in service.

        Raises:
            Problem: If there is none.
        """
        if self._loaded is None:
            raise self._not_ready()
        return self._loaded

    def taxonomy(self) -> Taxonomy | None:
        """Give the labels of the model in service, if there is one and it says so."""
        return self._loaded.taxonomy if self._loaded else None

    async def look(self) -> None:
        """Bring the wanted model into service, if it is not; a failure is logged and counted."""
        async with self._looking:
            await self._look()

    async def _look(self) -> None:
        try:
            target = await asyncio.to_thread(self._source.find)
        except Exception as error:
            self._fail("source", error)
            return
        key, until = self._refused
        if self._loaded and self._loaded.key == target.key:
            self._note(None)
        elif key != target.key or time.monotonic() >= until:
            await self._bring(target)

    async def keep_looking(self, every_s: float) -> None:
        """Look again and again, after the first look.

        Args:
            every_s: Seconds between two looks.
        """
        while not self._source.is_fixed:
            await asyncio.sleep(every_s)
            await self.look()

    def stop(self) -> None:
        """Take the model out of service."""
        self.state = "stopped"
        self._source.stop()
        for task in self._retiring:
            task.cancel()
        if self._loaded:
            self._loaded.batcher.close()
            self._loaded = None

    async def _bring(self, target: Target) -> None:
        try:
            model = await asyncio.to_thread(self._load_and_check, target)
        except Exception as error:
            self._refused = (target.key, time.monotonic() + _RETRY_S)
            self._fail("model", error)
            return
        if self.state != "stopped":
            self._switch(target, model)

    def _switch(self, target: Target, model: Analyzer) -> None:
        old = self._loaded
        now = datetime.now(SHANGHAI).replace(microsecond=0)
        taxonomy = getattr(getattr(model, "artifact", None), "taxonomy", None)
        batcher = self._make_batcher(model)
        self._loaded = LoadedModel(batcher, model.version, now, target.key, taxonomy)
        self.state = "ready"
        self._refused = ("", 0.0)
        self._note(None)
        if self._watch:
            self._watch.model(self._loaded, old)
        fields = {"model_version": model.version, "instead_of": old.version if old else None}
        logger.info("model ready", extra={"fields": fields})
        if old:
            task = asyncio.create_task(old.batcher.retire())
            self._retiring.add(task)
            task.add_done_callback(self._retiring.discard)

    def _load_and_check(self, target: Target) -> Analyzer:
        model = self._load(target)
        self._check(model)
        created_at = datetime.now(SHANGHAI)
        rows = [{"text": text, "created_at": created_at} for text in WARM_UP_TEXTS]
        for _ in range(_N_WARM_UP_ROUNDS):
            model.analyze(rows)
            for row in rows:
                model.analyze([row])
        return model

    def _fail(self, what: Literal["source", "model"], error: Exception) -> None:
        self._note(what)
        if self._loaded is None and self.state != "stopped":
            self.state = "failed"
        # Our own errors name files and versions; others may repeat anything.
        reason = str(error) if isinstance(error, HuiyinError) else type(error).__name__
        served = self._loaded.version if self._loaded else None
        fields = {"reason": reason, "still_served": served}
        logger.error("model failed to load", exc_info=error, extra={"fields": fields})

    def _note(self, problem: Literal["source", "model"] | None) -> None:
        self.update_problem = problem
        if self._watch:
            self._watch.model_update(problem is not None)

    def _not_ready(self) -> Problem:
        detail = {
            "loading": ("模型正在加载。", "The model is being loaded."),
            "failed": ("模型加载失败,详见日志。", "The model failed to load; see the log."),
            "stopped": ("服务正在停止。", "The service is stopping."),
        }[self.state]
        return Problem("not-ready", *detail, headers={"Retry-After": "5"})
