"""What runs beside the requests while the application is up, and how it is started and ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from fastapi import FastAPI

from models.errors import DataError
from pipeline.model_watch import Target
from serve.alerts import Alerts
from serve.batching import Analyzer, Batcher
from serve.destinations import make_destinations
from serve.model_life import ModelLife
from serve.model_source import FixedSource, make_source
from serve.outbox_loop import lock_of, run_sender
from serve.outbox_sender import Sender
from serve.settings import MAX_ITEMS, AlertSettings, ServeSettings
from serve.shadow import Shadow
from serve.smoke import check_model
from serve.store_door import StoreDoor
from serve.watching import Watch


@dataclass(frozen=True, slots=True)
class Push:
    """Urgent rows on their way to people.

    Attributes:
        alerts: Writes them into the outbox.
        sender: Sends them from there; None leaves that to another process.
        lock_file: Held by the worker that sends.
    """

    alerts: Alerts
    sender: Sender | None
    lock_file: Path


def make_life(settings: ServeSettings, model: Analyzer | None, watch: Watch) -> ModelLife:
    """Make the life of the model in service.

    Args:
        settings: Which model, and how batches are made.
        model: A loaded model; None loads the one that the settings name.
        watch: Told of models, batches and the queue.

    Returns:
        The life, not begun.
    """

    def make_batcher(ready: Analyzer) -> Batcher:
        window_s = settings.window_ms / 1000
        return Batcher(
            ready,
            settings.max_batch_rows,
            settings.max_queued_rows,
            window_s,
            watch,
            settings.inline_chars,
        )

    if model is not None:
        return ModelLife(FixedSource(), lambda _target: model, make_batcher, None, watch)
    source = make_source(settings.model, settings.model_poll_s, _shipped)
    return ModelLife(source, _load, make_batcher, check_model, watch)


def make_shadow(settings: ServeSettings, watch: Watch) -> Shadow | None:
    """Make the challenger, if there is one.

    Args:
        settings: Which model, and its share.
        watch: Told of differences.

    Returns:
        The challenger; None without one.
    """
    if not settings.shadow_model:
        return None

    def make_batcher(ready: Analyzer) -> Batcher:
        return Batcher(ready, settings.max_batch_rows, MAX_ITEMS)

    source = make_source(settings.shadow_model, settings.model_poll_s, _shipped)
    life = ModelLife(source, _load, make_batcher, check_model)
    return Shadow(life, settings.shadow_share, watch)


def make_push(
    settings: ServeSettings, alerts: AlertSettings | None, door: StoreDoor, watch: Watch
) -> Push | None:
    """Make what pushes urgent rows, if anything does.

    Args:
        settings: Where the store is.
        alerts: Where rows are pushed to.
        door: The store.
        watch: Counts.

    Returns:
        The parts; None where no destination is set.

    Raises:
        DataError: If a destination cannot be used, or there is no store for the outbox.
    """
    if alerts is None or not alerts.urls.strip():
        return None
    if not settings.store:
        raise DataError("HUIYIN_ALERT_URLS needs HUIYIN_STORE: the outbox lies in the store")
    destinations = make_destinations(alerts)
    sender = Sender(destinations, alerts.per_minute, count=watch.alerts)
    waiting = Alerts(door, list(destinations), watch)
    return Push(waiting, sender if alerts.sender else None, lock_of(settings.store))


def make_lifespan(
    settings: ServeSettings,
    life: ModelLife,
    shadow: Shadow | None,
    push: Push | None,
    door: StoreDoor,
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Make what FastAPI runs at start and end.

    Args:
        settings: Whether to wait for the model, and how often to look for another.
        life: The model in service.
        shadow: The challenger.
        push: Pushes urgent rows.
        door: The store.

    Returns:
        The lifespan.
    """
    lives = [life, *([shadow.life] if shadow else [])]

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(each.look()) for each in lives]
        stopping = threading.Event()
        sending = _start_sender(push, door, stopping)
        try:
            if settings.wait_for_model:
                await tasks[0]
            every_s = settings.model_poll_s
            tasks += [asyncio.create_task(each.keep_looking(every_s)) for each in lives]
            if push:
                tasks.append(asyncio.create_task(push.alerts.keep_writing()))
            yield
        finally:
            stopping.set()
            for task in tasks:
                task.cancel()
            for each in lives:
                each.stop()
            if sending:
                await asyncio.to_thread(sending.join)
            door.close()

    return lifespan


def _start_sender(
    push: Push | None, door: StoreDoor, stopping: threading.Event
) -> threading.Thread | None:
    if push is None or push.sender is None:
        return None
    arguments = (push.sender, door, push.lock_file, stopping)
    thread = threading.Thread(target=run_sender, args=arguments, name="huiyin-sender", daemon=True)
    thread.start()
    return thread


def _load(target: Target) -> Analyzer:
    from models.analysis import FeedbackModel

    return FeedbackModel.load(target.folder)


def _shipped() -> Path:
    from models.artifact import DEFAULT_FOLDER

    return DEFAULT_FOLDER
