"""Clients that are slow, hasty, broken or hostile, over a real socket."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator

import pytest

from serve.app import create_app
from serve.connections import MAX_HEAD_BYTES, PatientProtocol
from serve.settings import ServeSettings
from tests.serve.serving import ConstantModel, listening

BODY = json.dumps({"text": "好"}).encode()
HEAD = b"POST /v1/classify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
PLAIN = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


class HastyProtocol(PatientProtocol):
    """The same with less patience, so that tests need none."""

    head_timeout_s = 0.3
    read_timeout_s = 0.3


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Port of a server in this process."""
    folder = tmp_path_factory.mktemp("serve")
    settings = ServeSettings(
        keys_file=folder / "keys.json", body_timeout_s=0.5, wait_for_model=True, review=False
    )
    with listening(create_app(settings, ConstantModel()), http=HastyProtocol) as number:
        yield number


@contextlib.contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    """A raw connection."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        yield connection


def read_all(connection: socket.socket) -> bytes:
    """Read until the server closes."""
    parts = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65_536):
            parts.append(part)
    return b"".join(parts)


def say(port: int, data: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    with connected(port) as connection:
        connection.sendall(data)
        return read_all(connection)


@pytest.mark.parametrize("head", [b"", b"GET / HT", HEAD], ids=["nothing", "a line", "no end"])
def test_a_head_that_does_not_end_is_hung_up_on(port: int, head: bytes) -> None:
    """Slow loris: a few hundred of these would fill a worker."""
    assert say(port, head) == b""


def test_a_second_head_that_does_not_end_is_hung_up_on_too(port: int) -> None:
    """The first, good request does not buy patience for ever."""
    assert say(port, PLAIN + b"GET /hea").count(b"HTTP/1.1 200") == 1


def test_a_head_without_end_takes_no_memory(port: int) -> None:
    """The parser itself takes any size, and would answer this head, which does end."""
    head = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    # So much that several reads are needed: what one read brings whole is not counted in time.
    request = head + b"X-A: b\r\n" * (4 * MAX_HEAD_BYTES) + b"\r\n"
    with connected(port) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(request)
        assert read_all(connection) == b""


@pytest.mark.parametrize(("n_over", "is_answered"), [(0, True), (1, False)])
def test_a_head_is_as_long_as_the_limit_and_no_longer(
    port: int, n_over: int, is_answered: bool
) -> None:
    """To the byte, though one read brings it whole."""
    head = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-A: %s\r\n\r\n"
    padding = b"b" * (MAX_HEAD_BYTES - len(head) + len(b"%s") + n_over)
    with connected(port) as connection, contextlib.suppress(ConnectionError):
        connection.sendall(head % padding)
        assert (b"HTTP/1.1 200" in read_all(connection)) == is_answered


def test_a_body_that_stops_is_408(port: int) -> None:
    """It was promised and does not come."""
    answer = say(port, HEAD + b"Content-Length: 100\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408") and b"urn:huiyin:problem:body-timeout" in answer


def test_a_body_that_is_cut_off_disturbs_nobody(port: int) -> None:
    """The client went away in the middle."""
    with connected(port) as connection:
        connection.sendall(HEAD + b"Content-Length: 100\r\n\r\n{")
    assert b"HTTP/1.1 200" in say(port, close(PLAIN))


def test_a_chunked_body_is_read(port: int) -> None:
    """Some clients do not know the length before."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (BODY[:5], BODY[5:]))
    request = HEAD + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    assert b"HTTP/1.1 200" in say(port, close(request))


def test_a_chunked_body_over_the_limit_is_413(port: int) -> None:
    """The length is not declared, so it is counted."""
    with connected(port) as connection:
        connection.sendall(close(HEAD + b"Transfer-Encoding: chunked\r\n\r\n"))
        with contextlib.suppress(OSError):
            for _ in range(20):
                connection.sendall(b"10000\r\n" + b" " * 65_536 + b"\r\n")
        assert b"HTTP/1.1 413" in read_all(connection)


def test_requests_sent_at_once_are_answered_in_order(port: int) -> None:
    """HTTP/1.1 pipelining."""
    bodies = [json.dumps({"text": f"第{i}条", "feedback_id": f"F{i}"}).encode() for i in range(5)]
    requests = [HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body for body in bodies]
    answer = say(port, b"".join([*requests[:-1], close(requests[-1])]))
    places = [answer.find(f'"F{i}"'.encode()) for i in range(5)]
    assert -1 not in places and places == sorted(places)


@pytest.mark.parametrize(
    "request_",
    [
        HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n{}",
        HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        HEAD + b"Content-Length: x\r\n\r\n",
        b"\0\1\2\3\r\n\r\n",
    ],
    ids=["two lengths", "length and chunks", "no number", "no HTTP"],
)
def test_what_a_proxy_might_read_otherwise_is_refused(port: int, request_: bytes) -> None:
    """Request smuggling lives on two readings of one message."""
    assert b"HTTP/1.1 200" not in say(port, request_)


def test_a_client_that_does_not_read_is_hung_up_on(port: int) -> None:
    """Its answers would stay in memory."""
    items = [{"text": "好" * 2_000} for _ in range(100)]
    body = json.dumps({"items": items}, ensure_ascii=False).encode()
    request = HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body
    # Not any OSError: a server that only stops reading would end in a TimeoutError.
    with connected(port) as connection, pytest.raises(ConnectionError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        for _ in range(20):
            connection.sendall(request)


def close(request: bytes) -> bytes:
    """Ask for the connection to be closed after the answer."""
    return request.replace(b"Host:", b"Connection: close\r\nHost:", 1)


def test_the_patience_of_a_real_server_is_longer() -> None:
    """Phones on a train are slow too."""
    assert PatientProtocol.head_timeout_s >= 5
