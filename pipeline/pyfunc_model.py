"""The registered model as MLflow runs it: a frame of feedback in, a frame of results out.

MLflow finds `_load_pyfunc` here by the module's name (`loader_module`) and hands it the model's
folder. So nothing is pickled, and a registered model runs the installed code, not a copy frozen on
the day it was logged; whether the folder suits that code is for its manifest to say.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pandas as pd

from models.deadlines import SHANGHAI
from models.errors import DataError
from models.results import RESULT_FIELDS, FeedbackResult, as_record
from pipeline.ingest_assemble import ROW_COLUMNS, Assembler
from pipeline.ingest_batch import RawRows, Rejected
from pipeline.ingest_dates import read_moment

if TYPE_CHECKING:
    from mlflow.models import ModelSignature

LOADER_MODULE = __name__
_N_REJECTED_SHOWN = 3
_LIST_FIELDS = ("types", "urgency_reasons")
_TYPES = {"confidence": "double", "urgency_score": "double", "needs_review": "boolean"}


class Analyzer(Protocol):
    """What is asked of `models.analysis.FeedbackModel`."""

    @property
    def version(self) -> str:
        """Which model this is."""
        ...

    def analyze(self, rows: Sequence[Mapping[str, Any]]) -> Sequence[FeedbackResult]:
        """Score rows."""
        ...


class FrameModel:
    """Scores frames.

    Args:
        model: Scores rows.
    """

    def __init__(self, model: Analyzer) -> None:
        self._model = model

    @property
    def version(self) -> str:
        """Which model this is."""
        return self._model.version

    def predict(
        self, model_input: pd.DataFrame, params: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Score every row of a frame; cells are read as `huiyin score` reads those of a file.

        Args:
            model_input: One piece of feedback a row; `text` and what else the design knows.
            params: `as_of` stands in for a missing `created_at`; without it, the present does.

        Returns:
            A row for each row, with the columns `RESULT_FIELDS`; dates are ISO 8601 text.

        Raises:
            DataError: If a row cannot be used; names the rows.
        """
        as_of = (params or {}).get("as_of")
        moment = datetime.now(SHANGHAI) if as_of is None else read_moment(as_of)
        rows = _read_rows(model_input, moment)
        results = self._model.analyze(rows) if rows else []
        return pd.DataFrame.from_records(
            [as_record(result) for result in results],
            columns=list(RESULT_FIELDS),
            index=model_input.index,
        )


def load_frame_model(folder: Path) -> FrameModel:
    """Load a trained model for frames.

    Args:
        folder: The folder of a trained model.

    Returns:
        The model.
    """
    from models.analysis import FeedbackModel

    return FrameModel(FeedbackModel.load(folder))


def _load_pyfunc(path: str) -> FrameModel:
    """Load what MLflow stored; MLflow asks for this name."""
    return load_frame_model(Path(path))


def make_signature() -> ModelSignature:
    """Say what goes in and comes out.

    Optional columns take any type: pandas turns whole numbers into floats where one is missing and
    an empty text column into floats, and MLflow refuses both under a narrower type.

    Returns:
        The MLflow signature.
    """
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec, Schema
    from mlflow.types.schema import AnyType, ColSpec

    optional = [name for name in ROW_COLUMNS if name != "text"]
    inputs: list[Any] = [ColSpec("string", "text")]
    inputs += [ColSpec(AnyType(), name, required=False) for name in optional]  # type: ignore[no-untyped-call]
    outputs: list[Any] = [ColSpec(_output_type(name), name) for name in RESULT_FIELDS]
    params = ParamSchema([ParamSpec("as_of", "string", None)])
    return ModelSignature(Schema(inputs), Schema(outputs), params)


def example_frame() -> pd.DataFrame:
    """Make the input example that is stored with a model.

    Returns:
        Two rows.
    """
    return pd.DataFrame(
        {
            "text": ["更新之后一打开就闪退，会员白充了", "客服很耐心，问题当场就解决了"],
            "created_at": ["2026-11-16T09:30:00+08:00", "2026-11-16T10:05:00+08:00"],
            "channel": ["app", "chat"],
            "csat": [1, 5],
        }
    )


def _read_rows(frame: pd.DataFrame, as_of: datetime) -> list[dict[str, Any]]:
    names = [name for name in ROW_COLUMNS if name in frame.columns]
    if "text" not in names:
        found = ", ".join(map(repr, frame.columns)) or "none"
        raise DataError(f"the frame has no column 'text'; found {found}")
    cells = frame[names].astype(object).where(frame[names].notna(), None)
    columns: dict[str, Sequence[Any]] = {name: cells[name].tolist() for name in names}
    raw = RawRows(columns, range(1, len(frame) + 1), None, str, [])
    batch = Assembler(names, {}, as_of, None).assemble(raw)
    if batch.rejected:
        raise DataError(_explain_rejected(batch.rejected, len(frame)))
    rows: list[dict[str, Any]] = batch.rows.to_pylist()
    return rows


def _explain_rejected(rejected: Sequence[Rejected], n_rows: int) -> str:
    shown = "; ".join(f"row {r.row_number}: {r.reason}" for r in rejected[:_N_REJECTED_SHOWN])
    more = "; …" if len(rejected) > _N_REJECTED_SHOWN else ""
    return (
        f"{len(rejected)} of {n_rows} rows cannot be used ({shown}{more}); take them out, "
        "or use huiyin score, which sets them apart"
    )


def _output_type(name: str) -> Any:
    from mlflow.types import DataType
    from mlflow.types.schema import Array, Map, Object, Property

    if name == "evidence":
        span = [Property("label", "string"), Property("start", "long"), Property("end", "long")]
        return Array(Object(span))
    if name == "redactions":
        return Map(DataType.long)
    return Array(DataType.string) if name in _LIST_FIELDS else _TYPES.get(name, "string")
