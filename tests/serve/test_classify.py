"""One record, many records, and what each is answered."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from models.analysis import FeedbackModel
from models.deadlines import SHANGHAI
from models.results import RESULT_FIELDS, as_record
from serve.records import read_record
from serve.schemas import Record
from tests.pipeline.tiny_model import make_tiny_model
from tests.serve.serving import POISON, ConstantModel, as_json, pointers, post_raw, serving

NOON = "2026-11-16T12:00:00+08:00"
NOW = datetime(2026, 11, 16, 13, tzinfo=SHANGHAI)


def test_one_record_gets_one_result_with_every_field(client: TestClient) -> None:
    """An intake system acts on these names, and files carry the same."""
    answer = client.post("/v1/classify", json={"text": "一打开就闪退"}).json()
    assert list(answer) == ["results", "model_version"]
    assert list(answer["results"][0]) == list(RESULT_FIELDS)


def test_a_batch_is_answered_in_order(client: TestClient) -> None:
    """A caller matches results to rows by place."""
    items = [{"text": f"第{i}条", "feedback_id": f"F{i}"} for i in range(256)]
    results = client.post("/v1/classify", json={"items": items}).json()["results"]
    assert [result["feedback_id"] for result in results] == [f"F{i}" for i in range(256)]


def test_the_answer_is_the_models_own(tmp_path: Path) -> None:
    """Serving adds nothing and loses nothing, whatever rows share the batch."""
    model = FeedbackModel.load(make_tiny_model(tmp_path / "model"))
    items = [
        {"text": text, "feedback_id": f"F{i}", "created_at": NOON, "csat": 1, "contact_count": 3}
        for i, text in enumerate(["更新后闪退", "电话13812345678，服务很好", "希望出夜间模式"] * 30)
    ]
    with serving(tmp_path, model, max_batch_rows=7) as client:
        results = client.post("/v1/classify", json={"items": items}).json()["results"]
    rows = [read_record(item, NOW) for item in items]
    assert results == [as_record(result) for row in rows for result in model.analyze([row])]


def test_a_poison_row_is_answered_in_its_own_place(client: TestClient) -> None:
    """One row that breaks the model must not take 255 others with it."""
    items = [{"text": POISON if i == 3 else "很好"} for i in range(10)]
    response = client.post("/v1/classify", json={"items": items})
    results = response.json()["results"]
    assert response.status_code == 200
    assert [i for i, result in enumerate(results) if "error" in result] == [3]
    assert results[3]["error"]["type"] == "urn:huiyin:problem:row-failed"


def test_a_poison_record_alone_is_an_error(client: TestClient) -> None:
    """A caller who sent one row looks at the status first."""
    response = client.post("/v1/classify", json={"text": POISON})
    assert response.status_code == 500
    assert POISON not in response.text


def test_a_bad_item_names_its_field_and_spares_the_others(client: TestClient) -> None:
    """The sender can mend the one row without sending all again."""
    results = client.post("/v1/classify", json={"items": [{"text": "好"}, {"text": 5}]}).json()[
        "results"
    ]
    assert results[0]["type"] == "product"
    assert results[1]["error"]["status"] == 422
    assert pointers(results[1]["error"]) == ["/items/1/text"]


def test_2000_characters_are_taken_and_one_more_is_not(client: TestClient) -> None:
    """The limit counts characters, not bytes, and an emoji is one."""
    assert client.post("/v1/classify", json={"text": "👍" * 2_000}).status_code == 200
    response = client.post("/v1/classify", json={"text": "长" * 2_001})
    assert (response.status_code, pointers(response.json())) == (422, ["/text"])


@pytest.mark.parametrize("n_items", [0, 257])
def test_a_batch_has_1_to_256_items(client: TestClient, n_items: int) -> None:
    """Larger ones would keep everybody else waiting; empty ones are a caller's mistake."""
    response = client.post("/v1/classify", json={"items": [{"text": "好"}] * n_items})
    assert (response.status_code, pointers(response.json())) == (422, ["/items"])


@pytest.mark.parametrize(
    ("record", "pointer"),
    [
        ({}, "/text"),
        ({"text": None}, "/text"),
        ({"text": ""}, "/text"),
        ({"text": " \u200b\u3000"}, "/text"),
        ({"text": ["好"]}, "/text"),
        ({"text": "好", "contact_cuont": 2}, "/contact_cuont"),
        ({"text": "好", "a/b~c": 2}, "/a~1b~0c"),
        ({"text": "好", "channel": "传真"}, "/channel"),
        ({"text": "好", "csat": "5"}, "/csat"),
        ({"text": "好", "csat": 6}, "/csat"),
        ({"text": "好", "nps": True}, "/nps"),
        ({"text": "好", "contact_count": 1.5}, "/contact_count"),
        ({"text": "好", "contact_count": 10**30}, "/contact_count"),
        ({"text": "好", "created_at": "明天"}, "/created_at"),
        ({"text": "好", "created_at": 1}, "/created_at"),
        ({"text": "好", "created_at": "9999-12-31"}, "/created_at"),
        ({"text": "好", "product": "长" * 201}, "/product"),
        ({"text": "好", "customer_tier": "gold"}, "/customer_tier"),
    ],
)
def test_a_bad_field_is_named(client: TestClient, record: object, pointer: str) -> None:
    """Whoever integrates should find the mistake without reading our code."""
    response = client.post("/v1/classify", json=record)
    assert (response.status_code, pointers(response.json())) == (422, [pointer])


@pytest.mark.parametrize("value", ["[]", "1", "null", '"好"', "true"])
def test_a_body_that_is_no_object_is_refused(client: TestClient, value: str) -> None:
    """JSON has six kinds of value, and a record is one of them."""
    assert post_raw(client, value.encode()).status_code == 422


def test_blank_optional_fields_are_missing(client: TestClient, model: ConstantModel) -> None:
    """Forms send empty strings for what nobody filled in, and files are read this way too."""
    record = {"text": "好", "feedback_id": "", "created_at": " ", "product": ""}
    result = client.post("/v1/classify", json=record).json()["results"][0]
    assert result["feedback_id"].startswith("CF")
    assert "product" not in model.rows[-1]


def test_every_optional_field_may_be_null(client: TestClient, model: ConstantModel) -> None:
    """Serialisers write null for what nobody said; one such row must not cost its batch."""
    nothing = dict.fromkeys(Record.model_fields)
    response = client.post("/v1/classify", json={"items": [{**nothing, "text": "好"}]})
    assert response.status_code == 200
    assert set(model.rows[-1]) == {"text", "feedback_id", "created_at"}


def test_a_customers_id_never_reaches_the_model(client: TestClient, model: ConstantModel) -> None:
    """What is not needed is not passed on."""
    client.post("/v1/classify", json={"text": "好", "customer_id": "C001"})
    assert "customer_id" not in model.rows[-1]


def test_nul_is_taken_out_and_half_a_surrogate_pair_replaced(client: TestClient) -> None:
    """Clients cut emoji in two and pad with NUL; neither is a reason to lose the row."""
    body = as_json({"text": "好\0评\ud83d"})
    result = post_raw(client, body).json()["results"][0]
    assert result["text"] == "好评\ufffd"
