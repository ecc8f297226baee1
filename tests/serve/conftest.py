"""An application with a model that knows one answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from tests.serve.serving import ConstantModel, serving


@pytest.fixture(scope="module")
def model() -> ConstantModel:
    """The model behind `client`."""
    return ConstantModel()


@pytest.fixture(scope="module")
def client(model: ConstantModel, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client on this machine; no API key exists."""
    with serving(tmp_path_factory.mktemp("serve"), model) as test_client:
        yield test_client
