"""Bodies as they should not be."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from serve.json_body import parse_json
from serve.problems import Problem
from tests.serve.serving import as_json, pointers, post_raw

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'{"text": "a" "b"}',
        b'{"text": "\xff"}',
        '{"text": "好"}'.encode("gb18030"),
        '{"text": "好"}'.encode("utf-16"),
        b'{"text": "a", "csat": NaN}',
        b'{"text": "a", "csat": -Infinity}',
        b"[" * 100_000,
        b'{"text": "a", "csat": ' + b"9" * 10_000 + b"}",
        b'{"text": "\n"}',
    ],
)
def test_what_is_not_json_is_400(client: TestClient, body: bytes) -> None:
    """No guess is made at what a broken client meant, and nothing of it is repeated."""
    response = post_raw(client, body)
    assert response.status_code == 400
    assert response.json()["type"] == "urn:huiyin:problem:invalid-json"


def test_a_repeated_key_is_refused_by_name(client: TestClient) -> None:
    """Two parsers that each pick another one of the two have led to break-ins."""
    response = post_raw(client, b'{"text": "a", "text": "b"}')
    assert (response.status_code, pointers(response.json())) == (422, ["/text"])


def test_a_repeated_key_in_an_item_spares_the_others(client: TestClient) -> None:
    """It is a fault of that row alone."""
    results = post_raw(client, b'{"items": [{"text": "a"}, {"text": "a", "text": "b"}]}').json()
    assert pointers(results["results"][1]["error"]) == ["/items/1/text"]


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/json; charset=gbk", "application/xml"]
)
def test_another_content_type_is_415(client: TestClient, content_type: str) -> None:
    """A form posted by a foreign web page cannot claim to be JSON without asking first."""
    response = post_raw(client, b'{"text": "a"}', **{"content-type": content_type})
    assert response.status_code == 415


def test_a_compressed_body_is_415(client: TestClient) -> None:
    """A kilobyte can unpack to a gigabyte."""
    response = post_raw(client, b"", **{"content-encoding": "gzip"})
    assert response.status_code == 415


def test_a_large_body_is_413(client: TestClient) -> None:
    """Declared or sent in chunks, more than a mebibyte is not read."""
    big = as_json({"text": "a" * 1024 * 1024})
    chunks = (big[i : i + 65_536] for i in range(0, len(big), 65_536))
    headers = {"content-type": "application/json"}
    assert post_raw(client, big).status_code == 413
    assert client.post("/v1/classify", content=chunks, headers=headers).status_code == 413


@given(ANY_TEXT)
def test_any_text_is_parsed_into_encodable_text(text: str) -> None:
    """Whatever JSON can write, what comes out of the parser can be encoded again."""
    parsed = parse_json(as_json({"items": [{"text": text}]}))
    parsed["items"][0]["text"].encode()


@given(st.binary(max_size=40))
def test_any_bytes_parse_or_are_a_problem(body: bytes) -> None:
    """There is no third way out."""
    try:
        parse_json(body)
    except Problem as problem:
        assert problem.kind == "invalid-json"
