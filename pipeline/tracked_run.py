"""What one run puts on record: parameters, data, metrics, plots, documents.

MLflow's own digest of a frame stops at row 10,000; `digest_frame` covers every row.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from pipeline.tracking import TrackingSettings

_N_DIGEST_HEX = 32  # MLflow's column holds 36 characters
_MAX_PARAM_CHARS = 6000


class Run:
    """One open MLflow run; see `start_run`.

    Args:
        client: An `MlflowClient`.
        run_id: The run's id.
        settings: Where the run is.
    """

    def __init__(self, client: Any, run_id: str, settings: TrackingSettings) -> None:
        self._client = client
        self.run_id = run_id
        self.settings = settings

    def log_params(self, params: Mapping[str, Any]) -> None:
        """Log parameters; a nested one is named by its path, a list is written as JSON.

        Args:
            params: For example the whole of `params.yaml`.
        """
        from mlflow.entities import Param

        flat = flatten(params)
        batch = [Param(key, _as_text(value)[:_MAX_PARAM_CHARS]) for key, value in flat.items()]
        self._client.log_batch(self.run_id, params=batch)

    def log_metrics(self, metrics: Mapping[str, Any], step: int = 0) -> None:
        """Log numbers; a nested one is named by its path, such as `type.f1.product`.

        Args:
            metrics: Names to numbers or to further mappings.
            step: Place on the curve's axis.

        Raises:
            ValueError: If a value is no number.
        """
        from mlflow.entities import Metric

        now_ms = int(time() * 1000)
        flat = {key: _as_number(key, value) for key, value in flatten(metrics).items()}
        batch = [Metric(key, value, now_ms, step) for key, value in flat.items()]
        self._client.log_batch(self.run_id, metrics=batch)

    def log_dataset(self, frame: pd.DataFrame, name: str, source: str, context: str) -> str:
        """Log which rows a run saw.

        Args:
            frame: The rows.
            name: Name of the set.
            source: Path or address it came from.
            context: What for: training, calibration, test …

        Returns:
            The digest of all rows.
        """
        from mlflow.data.pandas_dataset import from_pandas
        from mlflow.entities import Dataset, DatasetInput, InputTag

        digest = digest_frame(frame)
        with warnings.catch_warnings():
            # Both hints are about choices made here: nothing is enforced on a logged data set, and
            # MLflow registers its own local source twice.
            warnings.filterwarnings("ignore", "Hint: Inferred schema contains integer", UserWarning)
            warnings.filterwarnings("ignore", "The specified dataset source can be", UserWarning)
            dataset = from_pandas(frame, source=source, name=name, digest=digest)
        tags = [InputTag("mlflow.data.context", context)]
        inputs = [DatasetInput(Dataset(**dataset.to_dict()), tags)]
        self._client.log_inputs(self.run_id, inputs)
        return digest

    def log_figure(self, figure: Figure, path: str) -> None:
        """Log a plot.

        Args:
            figure: A matplotlib figure.
            path: Name among the run's artifacts, such as `plots/confusion.png`.
        """
        self._client.log_figure(self.run_id, figure, path)

    def log_json(self, value: Any, path: str) -> None:
        """Log a document, Chinese readable.

        Args:
            value: Anything that JSON can hold.
            path: Name among the run's artifacts, such as `audit.json`.
        """
        self._client.log_text(self.run_id, json.dumps(value, ensure_ascii=False, indent=2), path)

    def log_file(self, file: Path, folder: str = "") -> None:
        """Log a file as it is, or a folder with all it holds.

        Args:
            file: What to copy.
            folder: Where to among the run's artifacts.
        """
        log = self._client.log_artifacts if file.is_dir() else self._client.log_artifact
        log(self.run_id, str(file), folder or None)


def flatten(values: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Name nested values by their path.

    Args:
        values: Mappings within mappings.
        prefix: Put before every name.

    Returns:
        Path, parts joined by dots, to value.
    """
    flat: dict[str, Any] = {}
    for key, value in values.items():
        path = f"{prefix}{key}"
        flat |= flatten(value, f"{path}.") if isinstance(value, Mapping) else {path: value}
    return flat


def digest_frame(frame: pd.DataFrame) -> str:
    """Sum up every cell of a frame, names and row order included, the index not.

    Args:
        frame: Any rows.

    Returns:
        32 hex digits.
    """
    content = frame.to_json(orient="split", index=False, date_format="iso", date_unit="us")
    return hashlib.sha256(content.encode()).hexdigest()[:_N_DIGEST_HEX]


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _as_number(key: str, value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"metric {key}: expected a number, got {value!r}") from error
