"""Urgent rows reach people: once stored, at least once sent, never too often, never inside."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from models.deadlines import SHANGHAI
from models.errors import DataError
from pipeline.store import outbox
from pipeline.store.engine import Store, open_store
from serve.addresses import RefusedAddressError, is_public, resolve
from serve.alerts import payload_of, topic_of
from serve.destinations import NotDeliveredError, Notice, make_destinations, sign
from serve.notices import digest, one_row, plain
from serve.outbox_sender import Sender, main
from serve.settings import AlertSettings
from tests.serve.serving import ConstantModel, serving, wait_until

SECRET = "a shared secret"
NOW = datetime(2026, 11, 16, 9, 30, tzinfo=SHANGHAI)


class UrgentModel(ConstantModel):
    """Calls every row urgent."""

    def analyze(self, rows: Sequence[Any]) -> list[Any]:
        """Score rows."""
        from dataclasses import replace

        return [replace(result, urgency="high") for result in super().analyze(rows)]


class Receiver(ThreadingHTTPServer):
    """A program that takes webhooks; answers as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.status = 200

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}/hook?room=1"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        """Take one."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Run a receiver."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def settings(urls: str, **more: Any) -> AlertSettings:
    """Settings for a receiver on this machine."""
    given = {"secret": SecretStr(SECRET), "allow_private": True, **more}
    return AlertSettings(urls=urls, **given)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty store."""
    opened = open_store(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


class Box:
    """A destination that remembers, and fails when told."""

    name = "box"

    def __init__(self) -> None:
        self.notices: list[Notice] = []
        self.is_down = False

    def send(self, notice: Notice) -> None:
        """Take a notice."""
        if self.is_down:
            raise NotDeliveredError("down")
        self.notices.append(notice)


def payload(number: int = 1) -> dict[str, Any]:
    """What is pushed of a row."""
    row = {"text": f"第{number}条冒烟了", "feedback_id": f"F{number}", "created_at": NOW}
    return payload_of(UrgentModel().analyze([row])[0])


def fill(store: Store, n: int, name: str = "box") -> None:
    """Put messages into the outbox."""
    with store.begin() as connection:
        for i in range(n):
            outbox.enqueue(connection, topic_of(name), f"{name}:{i}", payload(i), NOW)


def test_an_urgent_row_is_pushed_once_however_often_it_is_sent(tmp_path: Path) -> None:
    """From the request to the receiver, with a signature that can be checked."""
    store = f"sqlite:///{tmp_path / 'store.db'}"
    with receiving() as receiver:
        alerts = settings(receiver.url)
        with serving(tmp_path, UrgentModel(), alerts=alerts, store=store, review=False) as client:
            body = {"text": "充电宝冒烟", "feedback_id": "F1"}
            for _ in range(3):
                assert client.post("/v1/classify", json=body).status_code == 200
            wait_until(
                lambda: 'huiyin_alert_rows_total{what="sent"} 1.0' in client.get("/metrics").text
            )
            assert 'huiyin_alert_rows_total{what="repeated"} 2.0' in client.get("/metrics").text
    ((headers, sent),) = receiver.got
    moment = headers["x-huiyin-signature"].split(",")[0].removeprefix("t=")
    expected = hmac.new(SECRET.encode(), f"{moment}.".encode() + sent, hashlib.sha256).hexdigest()
    assert headers["x-huiyin-signature"] == f"t={moment},v1={expected}"
    assert json.loads(sent)["items"][0]["feedback_id"] == "F1"
    assert headers["idempotency-key"] == json.loads(sent)["key"]


def test_without_a_store_that_answers_rows_are_scored_all_the_same(tmp_path: Path) -> None:
    """The push waits for the store; customers do not."""
    gone = f"sqlite:///{tmp_path / 'file' / 'store.db'}"
    (tmp_path / "file").write_text("", encoding="utf-8")
    alerts = settings("https://example.com/hook")
    with serving(tmp_path, UrgentModel(), alerts=alerts, store=gone, review=False) as client:
        assert client.post("/v1/classify", json={"text": "冒烟"}).status_code == 200


def test_what_fails_is_sent_later(store: Store) -> None:
    """At least once: nothing is forgotten while a robot is down."""
    box = Box()
    box.is_down = True
    fill(store, 1)
    sender = Sender({"box": box}, 20)
    sender.send_due(store)
    assert outbox.count_messages(store) == {"waiting": 1}
    with store.begin() as connection:
        connection.execute(outbox.outbox.update().values(due_at=NOW))
    box.is_down = False
    sender.send_due(store)
    assert (len(box.notices), outbox.count_messages(store)) == (1, {"sent": 1})


def test_more_than_a_minute_allows_becomes_a_digest(store: Store) -> None:
    """The robots refuse the 21st message of a minute, and people stop reading before."""
    box, now = Box(), [0.0]
    sender = Sender({"box": box}, 20, clock=lambda: now[0])
    fill(store, 50)
    sender.send_due(store)
    assert [len(notice.items) for notice in box.notices] == [50]
    assert "50 条" in box.notices[0].title and "其余 40 条" in box.notices[0].body
    assert outbox.count_messages(store) == {"sent": 50}


def test_no_minute_sees_more_than_its_share(store: Store) -> None:
    """Whatever comes, and in whatever portions."""
    box, now = Box(), [0.0]
    sender = Sender({"box": box}, 5, clock=lambda: now[0])
    for i in range(8):
        with store.begin() as connection:
            outbox.enqueue(connection, topic_of("box"), f"k{i}", payload(i), NOW)
        sender.send_due(store)
    assert len(box.notices) == 5
    now[0] = 61.0
    sender.send_due(store)
    assert sum(len(notice.items) for notice in box.notices) == 8


def test_a_customers_words_cannot_act_in_a_chat() -> None:
    """No mention of everybody, no link, no new line."""
    hostile = "<@all> 请点 [这里](http://evil.example)\n@所有人 `rm`"
    shown = plain(hostile)
    assert not set("@<>[]`\n") & set(shown) and "://" not in shown
    assert len(one_row("k", payload()).body.splitlines()) == 5
    assert len(digest("k", [payload(i) for i in range(30)]).body.splitlines()) == 12


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0"),
        *("100.64.0.1", "224.0.0.1", "::1", "fe80::1", "fc00::1", "::ffff:127.0.0.1"),
        *("64:ff9b::7f00:1", "2002:7f00:1::", "255.255.255.255", "::"),
    ],
)
def test_addresses_inside_are_not_public(address: str) -> None:
    """Every way to write the inside."""
    assert not is_public(address)


def test_a_name_is_judged_by_all_its_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    """One private address among public ones is how a name is turned inward."""

    def found(*_: object, **__: object) -> list[Any]:
        return [(socket.AF_INET, None, None, "", (ip, 443)) for ip in ("93.184.216.34", "10.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", found)
    with pytest.raises(RefusedAddressError):
        resolve("example.com", 443, allow_private=False)
    assert resolve("example.com", 443, allow_private=True) == "93.184.216.34"


def test_a_webhook_inside_is_refused_unless_allowed() -> None:
    """Also when the name says nothing of it."""
    with receiving() as receiver:
        url = f"https://localhost:{receiver.server_port}/"
        (hook,) = make_destinations(settings(url, allow_private=False)).values()
        with pytest.raises(NotDeliveredError, match="not public"):
            hook.send(one_row("k", payload()))
        assert receiver.got == []


def test_a_webhook_that_sends_us_elsewhere_has_not_delivered() -> None:
    """A redirect would lead around the check."""
    with receiving() as receiver:
        receiver.status = 302
        (hook,) = make_destinations(settings(receiver.url)).values()
        with pytest.raises(NotDeliveredError, match="302"):
            hook.send(one_row("k", payload()))


@pytest.mark.parametrize(
    "url",
    [
        *("wecombot://abcdefgh-1234-1234-1234-abcdefghijkl", f"dingtalk://SEC1@{'a' * 64}"),
        *(f"feishu://{'a' * 36}", "mailtos://user:pw@example.com?smtp=mail.example.com&to=a@b.cn"),
    ],
)
def test_robots_and_mail_are_understood_and_named_without_their_secret(url: str) -> None:
    """Their address is their password."""
    (name,) = make_destinations(settings(url))
    assert name.startswith(url.partition(":")[0]) and url.partition("://")[2][:8] not in name


@pytest.mark.parametrize(
    ("url", "more"),
    [
        ("ftp://example.com", {}),
        ("wecombot://", {}),
        ("http://example.com", {"allow_private": False}),
        ("https://example.com", {"secret": SecretStr("")}),
        ("https://user:pw@example.com", {}),
    ],
)
def test_a_destination_that_cannot_be_used_is_said_at_the_start(url: str, more: Any) -> None:
    """Not when the first fire breaks out; and without repeating the address."""
    with pytest.raises(DataError) as error:
        make_destinations(settings(url, **more))
    assert "example.com/" not in str(error.value) and "pw" not in str(error.value)


def test_mail_is_delivered_by_a_real_mail_server() -> None:
    """Through apprise, over a socket."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        lines: list[bytes] = []
        thread = threading.Thread(target=take_mail, args=(listener, lines))
        thread.start()
        port = listener.getsockname()[1]
        url = f"mailto://127.0.0.1:{port}?from=a@example.com&to=b@example.com&mode=insecure"
        (mail,) = make_destinations(settings(url)).values()
        mail.send(one_row("k", payload()))
        thread.join(30)
    assert b"rcpt to:<b@example.com>" in b"".join(lines).lower()


def take_mail(listener: socket.socket, lines: list[bytes]) -> None:
    """The least that a mail server does."""
    connection, _ = listener.accept()
    with connection, connection.makefile("rwb") as stream:
        stream.write(b"220 here\r\n")
        stream.flush()
        is_data = False
        for line in stream:
            lines.append(line)
            if is_data and line != b".\r\n":
                continue
            is_data = line.upper().startswith(b"DATA")
            is_end = line.upper().startswith(b"QUIT")
            stream.write(b"354 go\r\n" if is_data else b"221 bye\r\n" if is_end else b"250 ok\r\n")
            stream.flush()
            if is_end:
                return


def test_a_signature_names_its_moment() -> None:
    """A receiver refuses what was recorded and sent again later."""
    now = time.time()
    assert sign("s", b"{}", now) != sign("s", b"{}", now + timedelta(minutes=5).total_seconds())


def test_given_up_notices_go_out_again_when_a_person_says_so(
    store: Store,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A robot that was deleted for a day must not cost its urgent rows."""
    with store.begin() as connection:
        outbox.enqueue(connection, topic_of("box"), "k0", payload(0), NOW)
    (message,) = outbox.claim(store, NOW, limit=1, topic=topic_of("box"))
    outbox.mark_failed(store, message, "gone", NOW, max_attempts=1)
    monkeypatch.setenv("HUIYIN_STORE", f"sqlite:///{tmp_path / 'store.db'}")
    main(["--revive"])
    assert capsys.readouterr().out == "重新排队 1 条\n"
    assert outbox.count_messages(store) == {"waiting": 1}


def test_sending_without_a_store_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """The two settings are named."""
    monkeypatch.delenv("HUIYIN_STORE", raising=False)
    with pytest.raises(SystemExit, match="HUIYIN_STORE 和 HUIYIN_ALERT_URLS"):
        main([])
