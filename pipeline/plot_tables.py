"""The points behind an evaluation's plots, as small CSV files that `dvc plots` can compare."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.metrics import LABELS, N_BINS, Predictions


def plot_tables(truth: pd.DataFrame, predicted: Predictions) -> dict[str, pd.DataFrame]:
    """Make the tables.

    Args:
        truth: Labelled rows.
        predicted: The model's answers.

    Returns:
        File name to table: `confusion-LABEL.csv` (actual, predicted; one line a row) and
        `calibration.csv` (confidence, right, rows; one line a bin).
    """
    tables = {
        f"confusion-{label}.csv": pd.DataFrame(
            {"actual": truth[label].to_numpy(), "predicted": predicted.frame[label].to_numpy()}
        )
        for label in LABELS
    }
    return {**tables, "calibration.csv": _calibration(truth["type"], predicted)}


def _calibration(truth: pd.Series, predicted: Predictions) -> pd.DataFrame:
    is_right = truth.to_numpy() == predicted.frame["type"].to_numpy()
    bins = np.minimum((predicted.confidence * N_BINS).astype(int), N_BINS - 1)
    points = pd.DataFrame({"confidence": predicted.confidence, "right": is_right.astype(float)})
    table = points.groupby(bins).mean().round(4)
    return table.assign(rows=np.bincount(bins)[table.index]).reset_index(drop=True)
