"""Requests made from the OpenAPI document, good and bad, by schemathesis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, settings

from pipeline.store.engine import open_store
from pipeline.store.saving import save_scored
from serve.app import create_app
from serve.settings import ServeSettings
from tests.serve.serving import serving
from tests.store.scored_sample import scored_row
from tests.store.theme_sample import WEEK_3, plant

BOUNDED = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of an application with a store that has something in it."""
    folder = tmp_path_factory.mktemp("fuzz")
    url = f"sqlite:///{folder / 'store.db'}"
    store = open_store(url)
    save_scored(store, pd.DataFrame([scored_row(1)]))
    plant(store, ["一打开就闪退", "退款不到账"], {WEEK_3: [3, 2]})
    store.close()
    with serving(Path(folder), store=url, review=False) as client:
        yield client


schema = schemathesis.openapi.from_dict(create_app(ServeSettings(review=False)).openapi())


@pytest.mark.slow
@schema.parametrize()
@BOUNDED
def test_every_answer_is_one_that_the_document_promises(case: Any, api: TestClient) -> None:
    """All of schemathesis' checks on every operation."""
    case.call_and_validate(session=api, base_url=str(api.base_url))
