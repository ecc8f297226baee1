"""What the API promises, held against the rest of the project."""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import fields
from datetime import datetime
from pathlib import Path
from typing import Any, get_args

import orjson
import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from models.analysis import FeedbackModel
from models.deadlines import SHANGHAI
from models.results import RESULT_FIELDS, Evidence, as_record
from pipeline.ingest_assemble import ROW_COLUMNS, Assembler
from pipeline.ingest_batch import RawRows
from pipeline.ingest_cells import CHANNELS, MAX_LABEL_CHARS
from pipeline.ingest_text import is_usable
from serve import settings
from serve.guarding import ACCESS
from serve.problems import KINDS
from serve.records import read_record, shows_anything
from serve.schemas import Channel, Record, Result, Span
from tests.serve.serving import ConstantModel

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 16, 9, 30, tzinfo=SHANGHAI)


def test_results_have_the_fields_of_files_in_their_order() -> None:
    """The same fields in Parquet, CSV, the API and the pyfunc."""
    assert tuple(Result.model_fields) == RESULT_FIELDS
    assert list(Span.model_fields) == [field.name for field in fields(Evidence)]


@pytest.mark.parametrize(
    "created_at",
    [
        NOW,
        datetime(1988, 7, 1, tzinfo=SHANGHAI),  # summer time: +09:00
        datetime(2026, 11, 16, 23, 59, 59, 500, tzinfo=SHANGHAI),
    ],
)
def test_a_result_is_written_as_its_record_and_fits_its_schema(created_at: datetime) -> None:
    """The answer is written from the result itself, without the detour of a dict."""
    (result,) = ConstantModel().analyze([{"text": '好"\n\u2028👍', "created_at": created_at}])
    written = orjson.dumps(result)
    assert written == orjson.dumps(as_record(result))
    assert list(Result.model_validate_json(written).model_dump()) == list(RESULT_FIELDS)


def test_records_have_the_columns_of_files() -> None:
    """What may stand in a file may stand in a request, under the same name."""
    assert tuple(Record.model_fields) == ROW_COLUMNS
    assert get_args(Channel) == CHANNELS
    assert settings.MAX_LABEL_CHARS == MAX_LABEL_CHARS


ROW = {
    "text": "更新后闪退\0",
    "created_at": "2026-03-02T23:59:59.5+00:00",
    "channel": "app",
    "product": "回音",
    "csat": 4.5,
    "nps": 7,
    "contact_count": 2,
}


@pytest.mark.parametrize("names", [list(ROW), ["text"], ["text", "csat", "nps"]])
def test_a_row_has_the_same_id_as_in_a_file(names: list[str]) -> None:
    """A row scored today by the API and tonight from the export is one row."""
    row = {name: ROW[name] for name in names}
    raw = RawRows({name: [value] for name, value in row.items()}, [1], None, str, [])
    batch = Assembler(names, {}, NOW, None).assemble(raw)
    assert read_record(row, NOW)["feedback_id"] == batch.rows.to_pylist()[0]["feedback_id"]


@given(st.text())
def test_a_text_is_usable_here_when_it_is_in_a_file(text: str) -> None:
    """A row that a file may hold is not refused by the API, nor the other way round."""
    assert shows_anything(text) == is_usable(text)


def test_every_address_has_its_access_written_down(client: TestClient) -> None:
    """A new address is closed until somebody decides who may call it."""
    routes = [route for route in _routes(client.app) if isinstance(route, APIRoute)]
    assert {route.path for route in routes} | {"/openapi.json"} == set(ACCESS)


def test_every_problem_is_in_the_openapi_document(client: TestClient) -> None:
    """A caller can write the error handling from the document alone."""
    document = client.get("/openapi.json").json()
    described = str(
        [operation for path in document["paths"].values() for operation in path.values()]
    )
    outside = {"not-found", "method-not-allowed"}  # no address answers these
    assert [name for name in KINDS if f"`{name}`" not in described and name not in outside] == []


def test_every_problem_is_in_the_docs() -> None:
    """The page and the code cannot drift apart."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    assert [name for name in KINDS if f"`{name}`" not in page] == []


def test_the_answer_in_the_docs_is_the_shipped_models() -> None:
    """Whoever tries the example must get what the page shows, to the letter."""
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    example = re.search(r"-d '\n(.*?)'\n```\n```json\n(.*?)\n```", page, re.DOTALL)
    assert example is not None
    model = FeedbackModel.load()
    row = orjson.loads(orjson.dumps(as_record(model.analyze([orjson.loads(example[1])])[0])))
    assert orjson.loads(example[2]) == {"results": [row], "model_version": model.version}


def test_references_in_the_openapi_document_resolve(client: TestClient) -> None:
    """Client generators stop at the first dangling one."""
    document = client.get("/openapi.json").json()
    names = {ref.rsplit("/", 1)[1] for ref in _references(document)}
    assert names <= set(document["components"]["schemas"])


@pytest.mark.slow
def test_serving_starts_without_training_code() -> None:
    """A serving host has neither torch nor MLflow, and starts in a second."""
    code = (
        "import sys, serve.app, serve.server, models.analysis;"
        "print([m for m in ('torch','sklearn','mlflow','dvc','pandas') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True)
    assert run.stdout.strip() == b"[]"


def _routes(app: Any) -> list[Any]:
    """FastAPI keeps an included router as one entry."""
    found: list[Any] = []
    for route in app.routes:
        inner = getattr(route, "original_router", None)
        found += inner.routes if inner else [route]
    return found


def _references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [ref for inner in value.values() for ref in _references(inner)]
    if isinstance(value, list):
        return [ref for inner in value for ref in _references(inner)]
    return []
