"""Parts of the gold rows measured apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from models.taxonomy import Taxonomy
from pipeline.evaluate import as_text, evaluate
from pipeline.metrics import Predictions
from pipeline.slices import slices, slices_as_text
from tests.tiny import tiny_corpus


def perfect(truth: pd.DataFrame) -> Predictions:
    """A model that is always right."""
    n = len(truth)
    return Predictions(truth.reset_index(drop=True), np.ones(n), np.ones(n))


def rows(**columns: object) -> pd.DataFrame:
    return tiny_corpus().assign(**columns)


def test_traditional_text_is_a_slice_of_its_own() -> None:
    """Its writers must not vanish in the average."""
    texts = ["客服態度很差，訂單還沒發貨"] * 30 + ["客服态度很差"] * 30
    found = slices(rows(text=texts), perfect(rows()))
    assert found["traditional"]["rows"] == 30


def test_an_empty_channel_is_no_channel() -> None:
    """Rows that do not say where they came from are no group."""
    found = slices(rows(channel=["app"] * 30 + [""] * 30), perfect(rows()))
    assert "channel=app" in found
    assert "channel=" not in found


def test_a_slice_counts_only_its_own_rows() -> None:
    """Wrong answers elsewhere do not show in it."""
    truth = rows(channel=["app"] * 30 + ["chat"] * 30)
    said = perfect(truth)
    said.frame.loc[30:, "type"] = "nothing"
    found = slices(truth, said)
    assert found["channel=app"]["type_macro_f1"] == 1
    assert found["channel=chat"]["type_macro_f1"] == 0


def test_recall_without_a_high_row_is_a_dash() -> None:
    """Zero would read as every one missed."""
    found = slices(rows(urgency="low", channel="app"), perfect(rows(urgency="low")))
    (line,) = [x for x in slices_as_text(found).splitlines() if x.startswith("channel=app")]
    assert line.split()[-2:] == ["0", "–"]


def test_the_evaluation_prints_its_slices(taxonomy: Taxonomy) -> None:
    """`huiyin evaluate` and its JSON show the same parts."""
    truth = rows(channel="app")
    report = evaluate(truth, perfect(truth), taxonomy)
    parts = report["slices"]
    assert isinstance(parts, dict)
    assert "channel=app" in parts
    assert all(name in as_text(report) for name in parts)
