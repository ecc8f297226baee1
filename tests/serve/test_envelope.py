"""What every answer carries, and what no log does."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from serve.logs import JsonFormatter
from tests.serve.serving import POISON, serving

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """The log as it would be written."""
    return [json.loads(JsonFormatter().format(record)) for record in caplog.records]


def test_a_clients_ids_come_back(client: TestClient) -> None:
    """Both sides can find the same request in their logs."""
    headers = {"X-Request-ID": "intake-42", "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    answer = client.get("/health/live", headers=headers).headers
    assert answer["x-request-id"] == "intake-42"
    version, trace, span, flags = answer["traceparent"].split("-")
    assert (version, trace, flags) == ("00", TRACE, "01")
    assert span != "00f067aa0ba902b7"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Request-ID", "a" * 129),
        ("X-Request-ID", 'a" b'),
        ("traceparent", f"00-{'0' * 32}-00f067aa0ba902b7-01"),
        ("traceparent", "garbage"),
    ],
)
def test_ids_that_are_none_are_replaced(client: TestClient, name: str, value: str) -> None:
    """Free text would let a client write into the log."""
    answer = client.get("/health/live", headers={name: value}).headers
    assert value not in answer[name]
    assert answer["x-request-id"] and answer["traceparent"]


@pytest.mark.parametrize("path", ["/health/live", "/nowhere", "/v1/classify", "/openapi.json"])
def test_every_answer_has_the_security_headers(client: TestClient, path: str) -> None:
    """Errors too: they are the answers that attackers provoke."""
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "access-control-allow-origin" not in headers


def test_another_method_or_address_is_a_problem_too(client: TestClient) -> None:
    """One shape for every error, whoever found it."""
    wrong_method, nowhere = client.get("/v1/classify"), client.get("/v1/nowhere")
    assert (wrong_method.status_code, nowhere.status_code) == (405, 404)
    assert wrong_method.headers["allow"] == "POST"
    for response in (wrong_method, nowhere):
        assert response.headers["content-type"] == "application/problem+json"
        assert set(response.json()) >= {"type", "title", "title_en", "status", "request_id"}


def test_a_request_is_one_line_with_its_ids(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """What an operator filters by."""
    with caplog.at_level(logging.INFO, "serve"):
        client.post("/v1/classify", json={"text": "好"}, headers={"X-Request-ID": "r-1"})
    (line,) = [line for line in lines(caplog) if line["event"] == "request"]
    assert (line["request_id"], line["path"], line["status"]) == ("r-1", "/v1/classify", 200)
    assert line["n_rows"] == 1


def test_no_log_line_holds_a_customers_words(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    """Not even when the model's own error message quotes them, nor in an address."""
    with caplog.at_level(logging.DEBUG, "serve"):
        client.post("/v1/classify", json={"text": f"{POISON}张三"})
        client.post("/v1/classify", json={"text": "张三", "张三": 1})
        client.get("/v1/张三?q=张三")
    written = json.dumps(lines(caplog), ensure_ascii=False)
    assert "ValueError" in written
    assert "张三" not in written


def test_a_bug_is_a_problem_without_a_stack_trace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller learns that it was not its fault; the log knows the place."""

    def broken(_value: object, _now: object) -> None:
        raise RuntimeError("张三")

    with serving(tmp_path) as client:
        monkeypatch.setattr("serve.routes.read_request", broken)
        response = client.post("/v1/classify", json={"text": "好"})
    assert response.json()["type"] == "urn:huiyin:problem:internal-error"
    assert "broken" not in response.text and "张三" not in response.text
    assert any("broken" in str(line.get("at")) for line in lines(caplog))
