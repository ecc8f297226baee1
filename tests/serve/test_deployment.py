"""What lies in docs/deployment fits the application."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from prometheus_client.parser import text_string_to_metric_families

from pipeline.store.engine import open_store
from pipeline.store.saving import save_scored
from serve.drift import N_REFERENCE, N_WINDOW, stability_index
from serve.guarding import ACCESS
from serve.watching import Watch
from tests.serve.serving import ConstantModel, serving
from tests.store.scored_sample import scored_row
from tests.store.theme_sample import WEEK_3, plant

FOLDER = Path(__file__).parents[2] / "docs" / "deployment"
COLLECTION: dict[str, Any] = json.loads(
    (FOLDER / "huiyin.postman_collection.json").read_text(encoding="utf-8")
)


def test_every_metric_of_the_dashboard_exists() -> None:
    """A panel on a name that nobody writes stays empty for ever."""
    board = json.loads((FOLDER / "grafana.json").read_text(encoding="utf-8"))
    asked = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"huiyin_\w+", target["expr"])
    }
    families = text_string_to_metric_families(Watch().exposition().decode())
    known = {family.name for family in families}
    endings = ("", "_total", "_bucket", "_sum", "_count")
    assert asked and asked <= {name + ending for name in known for ending in endings}


def test_every_request_of_the_collection_is_answered(tmp_path: Path) -> None:
    """Somebody's first five minutes."""
    url = f"sqlite:///{tmp_path / 'store.db'}"
    store = open_store(url)
    save_scored(store, pd.DataFrame([scored_row(1)]))
    plant(store, ["一打开就闪退", "退款不到账"], {WEEK_3: [9, 6]})
    store.close()
    with serving(tmp_path, store=url, review=False) as client:
        for number, item in enumerate(COLLECTION["item"]):
            request = item["request"]
            headers = {
                h["key"]: h["value"].replace("{{$guid}}", f"k{number}") for h in request["header"]
            }
            body = request.get("body", {}).get("raw", "").encode()
            path = filled(request["url"]["raw"].removeprefix("{{base_url}}"))
            answer = client.request(request["method"], path, content=body, headers=headers)
            assert answer.is_success, (item["name"], answer.text)


def test_the_collection_has_every_address() -> None:
    """A new address is shown too."""
    shown = {
        re.sub(r"\{\{(\w+)\}\}", r"{\1}", "/" + "/".join(item["request"]["url"]["path"]))
        for item in COLLECTION["item"]
    }
    assert shown == {path for path in ACCESS if not path.startswith(("/docs", "/openapi"))}


def filled(text: str) -> str:
    """Put the collection's variables in."""
    values = {variable["key"]: variable["value"] for variable in COLLECTION["variable"]}
    return re.sub(r"\{\{(\w+)\}\}", lambda found: values[found[1]], text)


def test_drift_is_told_after_the_first_window() -> None:
    """Nothing moved while rows are alike; a new kind of row is seen."""
    watch, model = Watch(), ConstantModel()
    row = {"text": "好", "created_at": model.NOW}
    watch.results(model.analyze([row] * (N_REFERENCE + N_WINDOW)), 0)
    assert 'huiyin_drift_psi{what="type"} 0.0' in watch.exposition().decode()
    watch.results(model.analyze([{**row, "text": "好" * 400}] * N_WINDOW), 0)
    found = re.search(r'huiyin_drift_psi\{what="length"\} (\S+)', watch.exposition().decode())
    assert found and float(found[1]) > 0.25


@pytest.mark.parametrize(
    ("now", "least", "most"), [("aab", 0, 0.01), ("abb", 0.1, 1), ("ccc", 1, 99)]
)
def test_the_stability_index_grows_with_the_distance(now: str, least: float, most: float) -> None:
    """Small, middle and large, as the thresholds take them."""
    assert least <= stability_index(Counter("aab" * 9), Counter(now)) <= most
