"""Sends what waits in the outbox: at least once, not too often, later again when it fails.

A worker of the API does it (`serve.outbox_loop`), or a process of its own:

    python -m serve.outbox_sender
    python -m serve.outbox_sender --revive    # what was given up is due again
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING

from models.deadlines import SHANGHAI
from models.errors import HuiyinError
from serve.alerts import topic_of
from serve.destinations import Destination, NotDeliveredError, Notice
from serve.notices import digest, one_row
from serve.week_notices import is_digest, share_out, week_notice, week_topic_of

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.outbox import Message
    from serve.settings import AlertSettings

logger = logging.getLogger(__name__)

_WINDOW_S = 60.0
_WEEKS_EVERY_S = 20.0
_MAX_DIGEST = 200
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


def main(arguments: Sequence[str] | None = None) -> None:
    """Send until interrupted, or give what was given up another round.

    Args:
        arguments: `--revive` or nothing; None takes the command line's.
    """
    import argparse

    from serve.settings import AlertSettings, ServeSettings

    parser = argparse.ArgumentParser("python -m serve.outbox_sender", description="发送待发的通知")
    parser.add_argument("--revive", action="store_true", help="把已放弃的通知重新排队,然后退出")
    is_reviving = parser.parse_args(arguments).revive
    settings, alerts = ServeSettings(), AlertSettings()
    if not settings.store or not (is_reviving or alerts.urls.strip()):
        raise SystemExit("错误: 请设置 HUIYIN_STORE 和 HUIYIN_ALERT_URLS")
    try:
        if is_reviving:
            print(f"重新排队 {_revive(settings.store)} 条")
        else:
            _send_for_ever(settings.store, alerts)
    except HuiyinError as error:
        raise SystemExit(f"错误: {error}") from None


def _revive(store_url: str) -> int:
    from pipeline.store.engine import open_store
    from pipeline.store.outbox import revive

    with closing(open_store(store_url)) as store:
        return revive(store, datetime.now(SHANGHAI))


def _send_for_ever(store_url: str, alerts: AlertSettings) -> None:
    import logging.config
    import threading

    from serve.destinations import make_destinations
    from serve.logs import LOG_CONFIG
    from serve.outbox_loop import lock_of, run_sender
    from serve.store_door import StoreDoor

    logging.config.dictConfig(LOG_CONFIG)
    sender = Sender(make_destinations(alerts), alerts.per_minute)
    run_sender(sender, StoreDoor(store_url), lock_of(store_url), threading.Event())


if __name__ == "__main__":
    main()
