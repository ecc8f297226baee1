"""Corrections and themes over HTTP, on a real store."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from pipeline.store.corrections import Correction
from pipeline.store.engine import open_store
from pipeline.store.saving import save_scored
from pipeline.store.theme_editing import Edit
from pipeline.store.theme_views import (
    EventView,
    LinkView,
    QuoteView,
    ThemeDetail,
    ThemeView,
    WeekCount,
)
from serve import keys, store_schemas
from tests.serve.serving import pointers, serving
from tests.store.scored_sample import scored_row
from tests.store.theme_sample import WEEK_3, place, plant

NAMES = ["一打开就闪退", "退款不到账", "快递太慢"]
FEEDBACK_ID = "CF0001"


@pytest.fixture(scope="module")
def store_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two rows of feedback and three themes."""
    file = tmp_path_factory.mktemp("store") / "store.db"
    store = open_store(f"sqlite:///{file}")
    save_scored(store, pd.DataFrame([scored_row(1), scored_row(2)]))
    plant(store, NAMES, {WEEK_3: [9, 6, 3]})
    store.close()
    return file


@pytest.fixture(scope="module")
def api(store_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application with that store, without the page."""
    url = f"sqlite:///{store_file}"
    with serving(tmp_path_factory.mktemp("serve"), store=url, review=False) as client:
        yield client


def correct(client: TestClient, type_: str = "service", **more: Any) -> Any:
    """Correct a row's type."""
    body = {"feedback_id": FEEDBACK_ID, "fields": {"type": type_}, **more}
    return client.post("/v1/corrections", json=body)


def version_of(client: TestClient, theme_id: str) -> int:
    """Read a theme's version."""
    return int(client.get(f"/v1/themes/{theme_id}").json()["theme"]["version"])


def patch(client: TestClient, theme_id: str, version: int | None = None, **change: Any) -> Any:
    """Change a theme as of the version that stands, or of another."""
    version = version or version_of(client, theme_id)
    return client.patch(f"/v1/themes/{theme_id}", json={"version": version, **change})


@pytest.mark.parametrize(
    ("schema", "view"),
    [
        (store_schemas.CorrectionOut, Correction),
        (store_schemas.Quote, QuoteView),
        (store_schemas.ThemeWeek, WeekCount),
        (store_schemas.ThemeLink, LinkView),
        (store_schemas.ThemeEvent, EventView),
        (store_schemas.ThemeDetail, ThemeDetail),
        (store_schemas.Edit, Edit),
        (store_schemas.Theme, ThemeView),
    ],
)
def test_answers_have_the_fields_of_the_stores_views(schema: Any, view: Any) -> None:
    """The document that clients are generated from cannot fall behind."""
    assert set(schema.model_fields) - {"status_title"} == {field.name for field in fields(view)}


def test_a_correction_is_noted_with_what_the_model_said(api: TestClient) -> None:
    """Training needs both, and who said so."""
    response = correct(api, who="张三")
    (made,) = response.json()["corrections"]
    assert response.status_code == 201
    assert (made["old"], made["new"], made["who"]) == ("account", "service", "张三")
    assert (made["status"], made["provenance"]) == ("settled", "api")


def test_two_people_who_differ_are_in_conflict(api: TestClient) -> None:
    """Neither is believed before somebody decides."""
    body = {"feedback_id": "CF0002", "fields": {"urgency": "high"}, "who": "张三"}
    api.post("/v1/corrections", json=body)
    body = {**body, "fields": {"urgency": "low"}, "who": "李四"}
    assert api.post("/v1/corrections", json=body).json()["corrections"][0]["status"] == "conflict"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"feedback_id": FEEDBACK_ID, "fields": {}}, "/fields"),
        ({"feedback_id": FEEDBACK_ID, "fields": {"colour": "red"}}, "/fields/colour"),
        ({"feedback_id": FEEDBACK_ID, "fields": {"types": ["a", "a"]}}, "/fields/types"),
        ({"feedback_id": FEEDBACK_ID, "fields": {"urgency": "now"}}, "/fields/urgency"),
        ({"feedback_id": "a\0", "fields": {"type": "a"}}, "/feedback_id"),
        ({"fields": {"type": "a"}}, "/feedback_id"),
        ([], ""),
    ],
)
def test_a_bad_correction_is_refused_by_field(api: TestClient, body: Any, pointer: str) -> None:
    """The caller can find the mistake without a person's help."""
    response = api.post("/v1/corrections", json=body)
    assert (response.status_code, pointers(response.json())) == (422, [pointer])


def test_an_unknown_row_or_theme_is_404(api: TestClient) -> None:
    """It is not the address that is wrong."""
    unknown = {"feedback_id": "nobody", "fields": {"type": "a"}}
    responses = [
        api.post("/v1/corrections", json=unknown),
        api.get("/v1/themes/T9999"),
        api.get("/v1/themes?week=2019-W01"),
        api.post("/v1/themes/T9999/merge", json={"into": "T0001", "version": 1}),
    ]
    assert {r.json()["type"].rpartition(":")[2] for r in responses} == {"unknown-id"}


def test_themes_are_listed_largest_first_and_filtered(api: TestClient) -> None:
    """What a dashboard shows."""
    listed = api.get("/v1/themes", params={"week": WEEK_3}).json()
    sizes = [theme["n"] for theme in listed["themes"]]
    assert sizes == sorted(sizes, reverse=True) and listed["week"] == WEEK_3
    assert api.get("/v1/themes?status=quiet").json()["themes"] == []
    assert len(api.get("/v1/themes?limit=1").json()["themes"]) == 1


@pytest.mark.parametrize("query", ["status=nice", "week=now", "limit=0", "limit=x", "offset=-1"])
def test_a_bad_parameter_is_named(api: TestClient, query: str) -> None:
    """As a problem, like everything else."""
    problem = api.get(f"/v1/themes?{query}").json()
    assert problem["type"] == "urn:huiyin:problem:invalid-field"
    assert query.partition("=")[0] in problem["errors"][0]["detail"]


def test_an_edit_of_an_old_version_is_409_and_changes_nothing(api: TestClient) -> None:
    """Two people at two screens: the slower one must look again."""
    old = version_of(api, "T0001")
    assert patch(api, "T0001", name="启动即崩溃").status_code == 200
    response = patch(api, "T0001", old, name="打不开")
    assert response.json()["type"] == "urn:huiyin:problem:edit-conflict"
    assert api.get("/v1/themes/T0001").json()["theme"]["name"] == "启动即崩溃"


@pytest.mark.parametrize(
    "change",
    [
        {"whys": ["为什么闪退", "内存不足"]},
        {"fishbone": "机"},
        {"fishbone": None},
        {"department": "工程部", "kind": "产品缺陷"},
        {"kind": ""},
        {"status": "resolved", "note": "8.3 版已修复"},
        {"status": "open"},
        {"confirm": [":".join(map(str, place(1, WEEK_3, 0)))]},
        {"reject": [":".join(map(str, place(1, WEEK_3, 1)))]},
        {"assign": [":".join(map(str, place(0, WEEK_3, 2)))]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_every_change_can_be_made(api: TestClient, change: dict[str, Any]) -> None:
    """All that the page can do, a program can."""
    before = version_of(api, "T0002")
    response = patch(api, "T0002", **change)
    assert response.status_code == 200, response.text
    assert response.json()["edit"]["version"] > before


def test_a_part_of_the_action_leaves_the_rest(api: TestClient) -> None:
    """PATCH says what changes; the store's edit replaces all four."""
    patch(api, "T0003", owner="王五", due="2026-12-01")
    patch(api, "T0003", action="换承运商")
    theme = api.get("/v1/themes/T0003").json()["theme"]
    assert (theme["owner"], theme["action"], theme["due"]) == ("王五", "换承运商", "2026-12-01")


def test_a_part_of_the_cause_leaves_the_rest(api: TestClient) -> None:
    """No fit changes either again, so neither may be lost by the way."""
    patch(api, "T0003", department="物流部", kind="流程漏洞")
    patch(api, "T0003", kind="服务失误")
    theme = api.get("/v1/themes/T0003").json()["theme"]
    assert (theme["department"], theme["kind"]) == ("物流部", "服务失误")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"name": "甲乙", "fishbone": "机"},
        {"owner": "王五", "kind": "服务失误"},
        {"name": None},
        {"department": None},
        {"name": "甲乙", "note": "x"},
    ],
)
def test_one_change_at_a_time(api: TestClient, change: dict[str, Any]) -> None:
    """Two edits could not be undone, or refused, as one."""
    assert patch(api, "T0001", 1, **change).status_code == 422


def test_a_merge_can_be_undone(api: TestClient) -> None:
    """Nothing is ever lost."""
    body = {"into": "T0001", "version": version_of(api, "T0003")}
    edit = api.post("/v1/themes/T0003/merge", json=body).json()["edit"]
    assert api.get("/v1/themes/T0003").json()["merged_into"] == "T0001"
    refused = api.post("/v1/themes/T0003/merge", json={**body, "version": edit["version"]})
    assert refused.json()["type"].endswith((":edit-refused", ":edit-conflict"))
    assert api.post("/v1/themes/undo", json={"event_id": edit["event_id"]}).status_code == 200
    assert api.get("/v1/themes/T0003").json()["merged_into"] is None


def test_a_split_makes_a_theme(api: TestClient) -> None:
    """A theme that turned out to be two."""
    mentions = [":".join(map(str, place(0, WEEK_3, i))) for i in (5, 6)]
    body = {"mentions": mentions, "name": "登录崩溃", "version": version_of(api, "T0001")}
    edit = api.post("/v1/themes/T0001/split", json=body).json()["edit"]
    assert api.get(f"/v1/themes/{edit['created']}").json()["theme"]["name"] == "登录崩溃"


def send(client: TestClient, key: str, **body: Any) -> Any:
    """Rename a theme under a key."""
    headers = {"Idempotency-Key": key}
    return client.patch("/v1/themes/T0002", json=body, headers=headers)


def test_the_same_key_gets_the_same_answer_once_done(api: TestClient) -> None:
    """A client that lost the answer may send again."""
    body = {"version": version_of(api, "T0002"), "name": "退款拖延"}
    first, again = send(api, "key-1", **body), send(api, "key-1", **body)
    assert first.status_code == 200 and first.json() == again.json()
    assert again.headers["idempotency-replayed"] == "true"
    assert version_of(api, "T0002") == body["version"] + 1
    other = send(api, "key-1", **{**body, "name": "退款更慢"})
    assert other.json()["type"] == "urn:huiyin:problem:idempotency-key-reused"


def test_a_request_that_failed_may_be_sent_again_under_its_key(api: TestClient) -> None:
    """The key stands for what was done, and nothing was."""
    assert send(api, "key-2", version=999, name="退款拖").status_code == 409
    version = version_of(api, "T0002")
    assert send(api, "key-2", version=version, name="退款拖").status_code == 200


def test_a_key_that_is_in_use_is_409(api: TestClient, store_file: Path) -> None:
    """Two at once must not both do it."""
    body = {"version": version_of(api, "T0002"), "name": "退款慢慢"}
    assert send(api, "key-3", **body).status_code == 200
    with sqlite3.connect(store_file) as database:
        database.execute("UPDATE idempotency SET finished_at = NULL WHERE key = 'key-3'")
    response = send(api, "key-3", **body)
    assert response.json()["type"] == "urn:huiyin:problem:idempotency-in-progress"
    assert response.headers["retry-after"] == "1"


@pytest.mark.parametrize("key", ["a b", "k" * 201, "\x7f"])
def test_a_key_that_is_none_is_refused(api: TestClient, key: str) -> None:
    """It would end in a log or a column."""
    assert send(api, key, version=1, name="退款").status_code == 422


def test_who_may_look_may_not_change(store_file: Path, tmp_path: Path) -> None:
    """Scopes: classify sees no theme, view changes none, review does both."""
    file = tmp_path / "keys.json"
    tokens = [keys.create_key(file, scope, [scope]) for scope in ("classify", "view", "review")]
    with serving(tmp_path, store=f"sqlite:///{store_file}", review=False) as client:
        expected = [[403, 403], [200, 403], [200, 409]]
        assert [answers(client, token) for token in tokens] == expected


def answers(client: TestClient, key: str) -> list[int]:
    """Read and try to change with a key."""
    headers = {"Authorization": f"Bearer {key}"}
    read = client.get("/v1/themes", headers=headers)
    change = {"version": 999, "name": "甲乙丙"}
    written = client.patch("/v1/themes/T0001", json=change, headers=headers)
    return [read.status_code, written.status_code]


def test_without_a_store_rows_are_scored_and_the_rest_is_503(client: TestClient) -> None:
    """A store is not needed to classify."""
    response = client.get("/v1/themes")
    assert response.json()["type"] == "urn:huiyin:problem:store-unavailable"
    assert response.headers["retry-after"]
    assert client.post("/v1/classify", json={"text": "好"}).status_code == 200


def test_a_store_that_is_gone_is_503_and_comes_back(tmp_path: Path) -> None:
    """What is written into a deleted file is lost; better say so."""
    file = tmp_path / "store.db"
    with serving(tmp_path, store=f"sqlite:///{file}", review=False) as client:
        assert client.get("/v1/themes").json() == {"themes": [], "week": None}
        file.rename(tmp_path / "elsewhere.db")
        assert correct(client).status_code == 503
        assert client.post("/v1/classify", json={"text": "好"}).status_code == 200
        (tmp_path / "elsewhere.db").rename(file)
        assert correct(client).json()["type"].endswith("unknown-id")
