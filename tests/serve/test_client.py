"""The client against the application, and against servers that have a bad day."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from fastapi.testclient import TestClient

from serve.client import Client, HuiyinApiError
from tests.serve.serving import BASE_URL


class Through(httpx.BaseTransport):
    """Carries requests into an application of this process."""

    def __init__(self, inside: TestClient) -> None:
        self._inside = inside

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one."""
        answer = self._inside.request(
            request.method, str(request.url), content=request.read(), headers=dict(request.headers)
        )
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)


class Script:
    """Answers as written down, and remembers the requests."""

    def __init__(self, *answers: httpx.Response | Exception) -> None:
        self._answers: Iterator[httpx.Response | Exception] = iter(answers)
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        """Answer."""
        self.requests.append(request)
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def scripted(script: Callable[[httpx.Request], httpx.Response], waits: list[float]) -> Client:
    """A client of a script."""
    return Client(BASE_URL, "hy_a_b", transport=httpx.MockTransport(script), sleep=waits.append)


OK = httpx.Response(200, json={"corrections": []})
BUSY = httpx.Response(
    503, headers={"Retry-After": "3"}, json={"type": "urn:huiyin:problem:overloaded"}
)


def test_any_number_of_records_is_answered_in_order(client: TestClient) -> None:
    """More than one request holds."""
    records = [{"text": "好", "feedback_id": f"F{i}"} for i in range(300)]
    with Client(BASE_URL, transport=Through(client)) as api:
        assert [r["feedback_id"] for r in api.classify_all(records)] == [
            r["feedback_id"] for r in records
        ]


def test_a_refusal_says_what_is_wrong(client: TestClient) -> None:
    """As the API says it, to be acted upon."""
    with Client(BASE_URL, transport=Through(client)) as api, pytest.raises(HuiyinApiError) as error:
        api.classify()
    assert (error.value.status, error.value.kind) == (422, "invalid-field")


def test_it_waits_as_long_as_the_server_says_and_asks_again() -> None:
    """A broken connection and a busy server are no failures yet."""
    waits: list[float] = []
    script = Script(httpx.ConnectError("down"), BUSY, OK)
    assert scripted(script, waits).correct("F1", {"type": "service"}) == []
    assert waits[1] == 3.0 and 0 < waits[0] < 1


def test_a_write_keeps_its_key_when_it_is_repeated() -> None:
    """So that it is done once."""
    script = Script(BUSY, OK)
    scripted(script, []).correct("F1", {"type": "service"})
    keys = {request.headers["idempotency-key"] for request in script.requests}
    assert len(keys) == 1


def test_it_gives_up_in_the_end_and_at_once_where_nothing_helps() -> None:
    """A mistake of ours is not repeated."""
    script = Script(*[BUSY] * 5)
    with pytest.raises(HuiyinApiError, match="overloaded"):
        scripted(script, []).themes()
    script = Script(httpx.Response(403, text="no json"))
    with pytest.raises(HuiyinApiError, match="403"):
        scripted(script, []).themes()
    assert len(script.requests) == 1
