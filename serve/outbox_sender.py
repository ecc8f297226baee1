"""Sends what waits in the outbox: at least once, not too often, later again when it fails.

One worker of a machine does it, the one that holds a lock; or a process of its own:

    python -m serve.outbox_sender
"""

from __future__ import annotations

import hashlib
import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock, Timeout

from models.deadlines import SHANGHAI
from models.errors import HuiyinError
from serve.alerts import topic_of
from serve.destinations import Destination, NotDeliveredError, Notice
from serve.notices import digest, one_row
from serve.problems import Problem
from serve.store_door import StoreDoor
from serve.week_notices import is_digest, share_out, week_notice, week_topic_of

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.outbox import Message

logger = logging.getLogger(__name__)

_EVERY_S = 1.0
_LOCK_EVERY_S = 5.0
_WINDOW_S = 60.0
_WEEKS_EVERY_S = 20.0
_MAX_DIGEST = 200
_TIDY_EVERY_S = 3_600.0
_KEPT = timedelta(days=30)
_N_DIGEST_HEX = 16


class Sender:
    """Sends the messages of every destination.

    Args:
        destinations: Name to destination.
        per_minute: Notices to one destination in a minute.
        clock: Seconds, never going back.
        count: Told `sent` or `failed` and how many rows.
    """

    def __init__(
        self,
        destinations: Mapping[str, Destination],
        per_minute: int,
        clock: Callable[[], float] = time.monotonic,
        count: Callable[[str, int], None] | None = None,
    ) -> None:
        self._destinations = destinations
        self._per_minute = per_minute
        self._clock = clock
        self._count = count or (lambda _what, _n: None)
        self._next_weeks = float("-inf")
        self._sent_at: dict[str, deque[float]] = {name: deque() for name in destinations}

    def send_due(self, store: Store) -> int:
        """Send what is due, as far as the destinations' limits go.

        Args:
            store: The store.

        Returns:
            How many notices were tried.
        """
        from pipeline.store.outbox import claim, count_messages

        # Claiming takes the store's write lock, so an idle sender only reads.
        if not count_messages(store).keys() & {"waiting", "sending"}:
            return 0
        n_tried = self._send_weeks(store)
        for name, destination in self._destinations.items():
            n_left = self._n_left(name)
            if n_left < 1:
                continue
            now = datetime.now(SHANGHAI)
            messages = claim(store, now, limit=_MAX_DIGEST, topic=topic_of(name))
            # The last one of a minute is kept for a digest of all that may still come.
            is_few = len(messages) < n_left or len(messages) == 1
            groups = [[message] for message in messages] if is_few else [list(messages)]
            for group in groups:
                n_tried += 1
                self._send(store, destination, group)
        return n_tried

    def _send_weeks(self, store: Store) -> int:
        """Send digests of weeks; they come seldom, so they are not looked for all the time."""
        from pipeline.store.outbox import claim

        if self._clock() < self._next_weeks:
            return 0
        self._next_weeks = self._clock() + _WEEKS_EVERY_S
        n_tried = 0
        share_out(store, self._destinations, datetime.now(SHANGHAI))
        for name, destination in self._destinations.items():
            n_left = max(0, self._n_left(name))
            topic = week_topic_of(name)
            for message in claim(store, datetime.now(SHANGHAI), limit=n_left, topic=topic):
                n_tried += 1
                self._send(store, destination, [message])
        return n_tried

    def _n_left(self, name: str) -> int:
        sent_at = self._sent_at[name]
        while sent_at and sent_at[0] <= self._clock() - _WINDOW_S:
            sent_at.popleft()
        return self._per_minute - len(sent_at)

    def _send(self, store: Store, destination: Destination, group: Sequence[Message]) -> None:
        from pipeline.store.outbox import mark_failed, mark_sent

        self._sent_at[destination.name].append(self._clock())
        try:
            destination.send(notice_of(group))
        except Exception as error:
            reason = str(error) if isinstance(error, NotDeliveredError) else type(error).__name__
            logger.warning(
                "push failed",
                extra={"fields": {"to": destination.name, "rows": len(group), "reason": reason}},
            )
            self._count("failed", len(group))
            for message in group:
                if mark_failed(store, message, reason, datetime.now(SHANGHAI)) is None:
                    logger.error("push given up", extra={"fields": {"to": destination.name}})
            return
        self._count("sent", len(group))
        for message in group:
            mark_sent(store, message, datetime.now(SHANGHAI))


def notice_of(group: Sequence[Message]) -> Notice:
    """Write a group of messages.

    Args:
        group: One message, or several for a digest.

    Returns:
        The notice.
    """
    if len(group) == 1 and is_digest(group[0]):
        return week_notice(group[0])
    if len(group) == 1:
        return one_row(group[0].key, group[0].payload)
    keys = "\n".join(sorted(message.key for message in group))
    key = f"digest:{hashlib.sha256(keys.encode()).hexdigest()[:_N_DIGEST_HEX]}"
    return digest(key, [message.payload for message in group])


def run_sender(sender: Sender, door: StoreDoor, lock_file: Path, stopping: threading.Event) -> None:
    """Send until told to stop, while no other process of this machine does.

    Args:
        sender: Sends.
        door: The store.
        lock_file: Held by the one that sends.
        stopping: Ends it.
    """
    lock_file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = FileLock(lock_file)
    while not stopping.is_set():
        try:
            lock.acquire(blocking=False)
            break
        except Timeout:
            stopping.wait(_LOCK_EVERY_S)
    tidied_at = -_TIDY_EVERY_S
    while not stopping.is_set():
        try:
            if time.monotonic() - tidied_at > _TIDY_EVERY_S:
                tidied_at = time.monotonic()
                door.do(_tidy)
            door.do(sender.send_due)
        except Problem:  # the door has logged why
            stopping.wait(_LOCK_EVERY_S)
        except Exception as error:
            logger.error("sender failed", exc_info=error)
            stopping.wait(_LOCK_EVERY_S)
        stopping.wait(_EVERY_S)
    lock.release()


def _tidy(store: Store) -> None:
    from pipeline.store.outbox import prune_sent

    prune_sent(store, datetime.now(SHANGHAI) - _KEPT)


def lock_of(store_url: str) -> Path:
    """Say which file the senders of one store take turns at.

    Args:
        store_url: The store.

    Returns:
        A file in the user's cache.
    """
    digest_ = hashlib.sha256(store_url.encode()).hexdigest()[:_N_DIGEST_HEX]
    return Path.home() / ".cache" / "huiyin" / "watch" / f"sender-{digest_}.lock"


def main() -> None:
    """Send until interrupted."""
    import logging.config

    from serve.destinations import make_destinations
    from serve.logs import LOG_CONFIG
    from serve.settings import AlertSettings, ServeSettings

    logging.config.dictConfig(LOG_CONFIG)
    settings, alerts = ServeSettings(), AlertSettings()
    if not settings.store or not alerts.urls.strip():
        raise SystemExit("错误: 请设置 HUIYIN_STORE 和 HUIYIN_ALERT_URLS")
    try:
        sender = Sender(make_destinations(alerts), alerts.per_minute)
    except HuiyinError as error:
        raise SystemExit(f"错误: {error}") from None
    run_sender(sender, StoreDoor(settings.store), lock_of(settings.store), threading.Event())


if __name__ == "__main__":
    main()
