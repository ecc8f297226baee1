"""Parts of the labelled rows, measured apart: an average hides whom a model serves badly."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.corpus import is_traditional
from pipeline.metrics import Predictions, measure

SLICE_COLUMNS = ("source", "trade", "channel")
LEAST_ROWS = 30
_NONE = "–"


def slices(truth: pd.DataFrame, predicted: Predictions) -> dict[str, dict[str, float]]:
    """Measure parts of the rows apart.

    Args:
        truth: Labelled rows with their text as written, perhaps with `SLICE_COLUMNS`.
        predicted: The model's answers.

    Returns:
        By slice name, of slices with at least `LEAST_ROWS` rows: `rows`, `high_rows` and all
        figures of `measure`.
    """
    found = {}
    for name, mask in _masks(truth).items():
        if mask.sum() >= LEAST_ROWS:
            rows = truth[mask]
            counts = {"rows": len(rows), "high_rows": int((rows["urgency"] == "high").sum())}
            found[name] = counts | measure(rows, _part(predicted, mask))
    return found


def slices_as_text(found: Mapping[str, Mapping[str, float]]) -> str:
    """Lay slices out for a terminal.

    Args:
        found: What `slices` gave.

    Returns:
        One line a slice: rows, macro-F1 of type, rows of high urgency and their recall.
    """
    lines = [f"{'slice':28} {'rows':>5} {'type_macro_f1':>13} {'high':>5} {'high_recall':>11}"]
    for name, figures in found.items():
        recall = f"{figures['high_recall']:.3f}" if figures["high_rows"] else _NONE
        lines.append(
            f"{name:28} {figures['rows']:5.0f} {figures['type_macro_f1']:13.3f} "
            f"{figures['high_rows']:5.0f} {recall:>11}"
        )
    return "\n".join(lines)


def _masks(truth: pd.DataFrame) -> dict[str, np.ndarray]:
    length = truth["text"].str.len().to_numpy()
    masks = {
        "length<=12": length <= 12,
        "length 13-40": (length > 12) & (length <= 40),
        "length>40": length > 40,
        "several types": truth["types"].str.contains(";").to_numpy(bool),
        "traditional": np.array([is_traditional(text) for text in truth["text"]], dtype=bool),
    }
    for column in SLICE_COLUMNS:
        if column in truth.columns:
            values = truth[column].fillna("").astype(str)
            names = sorted(set(values) - {""})
            masks |= {f"{column}={name}": (values == name).to_numpy(bool) for name in names}
    return masks


def _part(predicted: Predictions, mask: np.ndarray) -> Predictions:
    return Predictions(
        predicted.frame[mask], predicted.confidence[mask], predicted.high_score[mask]
    )
