"""The weekly digest reaches every destination once."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from models.deadlines import SHANGHAI
from pipeline.store.engine import Store, open_store
from pipeline.store.outbox import count_messages, enqueue
from pipeline.week import TOPIC
from serve.destinations import NotDeliveredError, Notice
from serve.outbox_sender import Sender

NOW = datetime(2026, 11, 23, 8, tzinfo=SHANGHAI)
PAYLOAD = {"week": "2026-W47", "title": "客户反馈周报", "lines": ["1. 甲", "2. @所有人 <b>乙</b>"]}


class Chat:
    """Keeps what it is sent; may be down."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.notices: list[Notice] = []
        self.is_down = False

    def send(self, notice: Notice) -> None:
        """Take a notice."""
        if self.is_down:
            raise NotDeliveredError("down")
        self.notices.append(notice)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """A store with one digest to send."""
    opened = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    with opened.begin() as connection:
        enqueue(connection, TOPIC, "week:2026-W47", PAYLOAD, NOW)
    return opened


def test_every_destination_gets_it_once(store):
    """One that is down does not make the other get it twice."""
    chats = Chat("wecombot-1"), Chat("mailto-2")
    chats[1].is_down = True
    seconds = iter(range(0, 10_000, 100))
    sender = Sender({chat.name: chat for chat in chats}, 20, clock=lambda: float(next(seconds)))
    for _ in range(3):
        sender.send_due(store)
    assert [len(chat.notices) for chat in chats] == [1, 0]
    assert count_messages(store) == {"sent": 2, "waiting": 1}


def test_words_of_customers_are_harmless_in_a_chat(store):
    """A theme's name may call everybody or bring a link."""
    chat = Chat("wecombot-1")
    Sender({chat.name: chat}, 20).send_due(store)
    assert chat.notices[0].title == "客户反馈周报"
    assert chat.notices[0].body == "1. 甲\n2. ＠所有人 ＜b＞乙＜/b＞"
