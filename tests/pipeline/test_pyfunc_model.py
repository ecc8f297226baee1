"""Frames in, frames out, as MLflow and Spark call it."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pandas as pd
import pytest
from fake_analysis import FeedbackModel

from models.deadlines import SHANGHAI
from models.errors import DataError
from models.results import RESULT_FIELDS
from pipeline.pyfunc_model import FrameModel, example_frame, make_signature


def test_the_columns_are_the_fields_of_a_result() -> None:
    """Parquet, CSV, API and MLflow promise the same fields in the same order."""
    assert tuple(FrameModel(FeedbackModel()).predict(example_frame()).columns) == RESULT_FIELDS


def test_the_signature_names_every_field() -> None:
    """A new field of the result must reach the signature, or Spark drops it."""
    assert tuple(make_signature().outputs.input_names()) == RESULT_FIELDS


def test_the_types_of_the_signature_are_those_of_the_frame() -> None:
    """Spark casts by the signature: a wrong type there is a wrong value, not an error."""
    from mlflow.types.utils import _infer_schema

    frame = FrameModel(FeedbackModel()).predict(example_frame())
    named = {spec.name: spec.type for spec in make_signature().outputs}
    found = {spec.name: spec.type for spec in _infer_schema(frame)}
    del named["redactions"], found["redactions"]  # MLflow takes every dict for an object
    assert found == named


def test_values_are_plain_json() -> None:
    """Lists and dicts survive `mlflow models serve`, dates are text as in the records."""
    (row, _) = FrameModel(FeedbackModel()).predict(example_frame()).to_dict("records")
    assert row["types"] == ["product", "service"]
    assert row["evidence"] == [{"label": "product", "start": 0, "end": 2}]
    assert row["redactions"] == {"phone": 1}
    assert row["respond_due"] == "2026-11-16T09:30:00+08:00"


def test_cells_are_read_as_in_a_file() -> None:
    """pandas turns a whole number beside a gap into a float, and gaps into NaN and NaT."""
    analyzer = FeedbackModel()
    frame = pd.DataFrame(
        {
            "text": ["很好用", "闪退了"],
            "contact_count": [3.0, np.nan],
            "region": [np.nan, np.nan],
            "created_at": pd.to_datetime(["2026-01-05 09:30", None]),
        }
    )
    FrameModel(analyzer).predict(frame, {"as_of": "2026-02-01"})
    assert [row["contact_count"] for row in analyzer.rows] == [3, None]
    assert [row["region"] for row in analyzer.rows] == [None, None]
    assert [row["created_at"] for row in analyzer.rows] == [
        datetime(2026, 1, 5, 9, 30, tzinfo=SHANGHAI),
        datetime(2026, 2, 1, tzinfo=SHANGHAI),
    ]


def test_a_row_without_an_id_gets_one() -> None:
    """The id is made from the content, as `huiyin score` makes it."""
    analyzer = FeedbackModel()
    FrameModel(analyzer).predict(pd.DataFrame({"text": ["很好用"]}), {"as_of": "2026-01-05"})
    assert analyzer.rows[0]["feedback_id"].startswith("CF20260105")


def test_the_index_is_kept() -> None:
    """People join the answer to their own frame."""
    frame = pd.DataFrame({"text": ["很好用", "闪退了"]}, index=["a", "b"])
    assert list(FrameModel(FeedbackModel()).predict(frame).index) == ["a", "b"]


def test_the_frame_is_not_changed() -> None:
    """It is the caller's."""
    frame = example_frame()
    FrameModel(FeedbackModel()).predict(frame)
    pd.testing.assert_frame_equal(frame, example_frame())


def test_no_rows_give_no_rows() -> None:
    """An empty Spark partition is ordinary."""
    found = FrameModel(FeedbackModel()).predict(example_frame().head(0))
    assert (len(found), tuple(found.columns)) == (0, RESULT_FIELDS)


def test_an_unusable_row_is_named() -> None:
    """A frame has no place for rejected rows, and none may be lost in silence."""
    frame = pd.DataFrame({"text": ["很好用", None, "闪退了"]})
    with pytest.raises(DataError, match=r"1 of 3 rows cannot be used \(row 2: "):
        FrameModel(FeedbackModel()).predict(frame)


def test_a_frame_without_text_says_what_it_has() -> None:
    """The usual mistake is another name for the column."""
    with pytest.raises(DataError, match="no column 'text'; found 'content'"):
        FrameModel(FeedbackModel()).predict(pd.DataFrame({"content": ["好"]}))
