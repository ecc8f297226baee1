"""Requests made from the OpenAPI document, good and bad, by schemathesis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest
import schemathesis
from hypothesis import HealthCheck
from hypothesis import settings as bounds
from schemathesis.specs.openapi.checks import positive_data_acceptance

from pipeline.store.engine import open_store
from pipeline.store.saving import save_scored
from serve.app import create_app
from serve.connections import PatientProtocol
from serve.settings import ServeSettings
from tests.serve.serving import ConstantModel, listening
from tests.store.scored_sample import scored_row
from tests.store.theme_sample import WEEK_3, plant

BOUNDED = bounds(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of an application with a store that has something in it."""
    folder = tmp_path_factory.mktemp("fuzz")
    url = f"sqlite:///{folder / 'store.db'}"
    store = open_store(url)
    save_scored(store, pd.DataFrame([scored_row(1)]))
    plant(store, ["一打开就闪退", "退款不到账"], {WEEK_3: [3, 2]})
    store.close()
    settings = {"keys_file": folder / "keys.json", "store": url, "review": False}
    app = create_app(ServeSettings(wait_for_model=True, **settings), ConstantModel())
    with listening(app, http=PatientProtocol) as port:
        yield f"http://127.0.0.1:{port}"


schema = schemathesis.openapi.from_dict(create_app(ServeSettings(review=False)).openapi())


@pytest.mark.slow
@schema.parametrize()
@BOUNDED
def test_every_answer_is_one_that_the_document_promises(case: Any, api: str) -> None:
    """All of schemathesis' checks on every operation, but that all that fits is taken.

    What is refused beyond the schema (a blank text, a label that the model does not know, two changes
    at once) is said by 422, and JSON Schema cannot say it.
    """
    case.call_and_validate(base_url=api, timeout=120, excluded_checks=[positive_data_acceptance])
