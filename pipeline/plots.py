"""Pictures of an evaluation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipeline.metrics import N_BINS, Predictions

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def plot_confusion(table: pd.DataFrame, title: str) -> Figure:
    """Draw a confusion table.

    Args:
        table: Truth down, prediction across, counts.
        title: Above the plot.

    Returns:
        The figure; shade is the share of the true class.
    """
    from matplotlib.figure import Figure

    shares = table.div(table.sum(axis=1).clip(lower=1), axis=0)
    side = 1.5 + 0.45 * len(table)
    figure = Figure(figsize=(side + 1, side), layout="constrained")
    axes = figure.add_subplot()
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    axes.set_xticks(range(len(table)), table.columns, rotation=60, ha="right")
    axes.set_yticks(range(len(table)), table.index)
    axes.set(title=title, xlabel="predicted", ylabel="true")
    for i, j in zip(*np.nonzero(table.to_numpy()), strict=True):
        colour = "white" if shares.iloc[i, j] > 0.5 else "black"
        axes.text(j, i, str(table.iloc[i, j]), ha="center", va="center", color=colour, fontsize=8)
    return figure


def plot_calibration(truth: pd.Series, predicted: Predictions) -> Figure:
    """Draw how often the type is right at each confidence.

    Args:
        truth: True types.
        predicted: The model's answers.

    Returns:
        The figure; the diagonal is perfect.
    """
    from matplotlib.figure import Figure

    is_right = truth.to_numpy() == predicted.frame["type"].to_numpy()
    bins = np.minimum((predicted.confidence * N_BINS).astype(int), N_BINS - 1)
    filled = np.unique(bins)
    figure = Figure(figsize=(4.5, 4.5), layout="constrained")
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], color="0.7", linestyle="--")
    axes.plot(
        [predicted.confidence[bins == b].mean() for b in filled],
        [is_right[bins == b].mean() for b in filled],
        marker="o",
    )
    axes.set(title="calibration of type", xlabel="confidence", ylabel="share right")
    return figure
