"""Paired bootstrap: how far the difference of two models on the same rows may be chance.

Rows about one cause are drawn together: they are wordings of one failing, and to count them as
independent would make the intervals too narrow (cluster bootstrap, Davison & Hinkley 1997, 3.8).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import pandas as pd

from pipeline.metrics import N_BINS

_TAIL = 2.5  # percent on each side of the interval
_Z_TAIL = NormalDist().inv_cdf(1 - _TAIL / 100)


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of two models on the same rows.

    Attributes:
        figure: Its name, such as `type.product.f1`.
        before: Of the champion.
        after: Of the challenger.
        low: Lower end of the 95 % interval of `after - before`.
        high: Upper end.
        chance_worse: Share of the draws in which the challenger is worse, ties counted by half.
        rows: Rows that the figure rests on.
    """

    figure: str
    before: float
    after: float
    low: float
    high: float
    chance_worse: float
    rows: int

    @property
    def change(self) -> float:
        """How much more the challenger has."""
        return self.after - self.before

    def is_surely_worse(self, certainty: float, n_figures: int = 1) -> bool:
        """Tell a fall from chance when many figures are looked at.

        A few thousand draws cannot show chances below a thousandth, so the tail is a normal one
        with the width of the interval.

        Args:
            certainty: That none of the figures is called worse by chance.
            n_figures: How many are looked at.

        Returns:
            True if the draws agree and the fall is too large for chance.
        """
        at_most = (1 - certainty) / n_figures
        width = (self.high - self.low) / (2 * _Z_TAIL)
        tail = NormalDist().cdf(self.change / width) if width > 0 else float(self.change >= 0)
        return self.chance_worse >= certainty and tail <= at_most


def draw_weights(groups: Sequence[str], n_draws: int, seed: int) -> np.ndarray:
    """Draw whole groups of rows with replacement.

    Args:
        groups: The group of each row.
        n_draws: How often.
        seed: Of the draws.

    Returns:
        How often each row was drawn, shape (n_draws + 1, n_rows), float32; the first line is the
        rows as they are.
    """
    _, index = np.unique(np.asarray(groups, dtype=str), return_inverse=True)
    n_groups = int(index.max()) + 1
    rng = np.random.default_rng(seed)
    drawn = rng.multinomial(n_groups, np.full(n_groups, 1 / n_groups), size=n_draws)
    weights = np.vstack([np.ones(n_groups, dtype=np.float32), drawn.astype(np.float32)])
    return weights[:, index]


def class_f1(
    weights: np.ndarray, truth: pd.Series, said: pd.Series, names: Sequence[str]
) -> np.ndarray:
    """Compute every class's F1 in every draw.

    Args:
        weights: From `draw_weights`.
        truth: True labels.
        said: The model's labels.
        names: Classes.

    Returns:
        Shape (n_draws + 1, n_classes); 0 where a draw holds none of a class.
    """
    is_class = truth.to_numpy(dtype=str)[:, None] == np.array(names)
    says_class = said.to_numpy(dtype=str)[:, None] == np.array(names)
    hits = weights @ (is_class & says_class).astype(np.float32)
    total = weights @ (is_class.astype(np.float32) + says_class.astype(np.float32))
    scores: np.ndarray = 2 * hits / np.maximum(total, 1)
    return scores


def class_means(
    weights: np.ndarray, values: np.ndarray, truth: pd.Series, names: Sequence[str]
) -> np.ndarray:
    """Average a value over the rows of every class in every draw.

    Args:
        weights: From `draw_weights`.
        values: One a row.
        truth: True labels.
        names: Classes.

    Returns:
        Shape (n_draws + 1, n_classes); 0 where a draw holds none of a class.
    """
    is_class = (truth.to_numpy(dtype=str)[:, None] == np.array(names)).astype(np.float32)
    means: np.ndarray = (weights @ (is_class * values[:, None])) / np.maximum(weights @ is_class, 1)
    return means


def calibration_errors(
    weights: np.ndarray, confidence: np.ndarray, is_right: np.ndarray
) -> np.ndarray:
    """Compute the expected calibration error in every draw; see `metrics.calibration_error`.

    Args:
        weights: From `draw_weights`.
        confidence: In [0, 1].
        is_right: 1.0 or 0.0.

    Returns:
        Shape (n_draws + 1,).
    """
    bins = np.minimum((confidence * N_BINS).astype(int), N_BINS - 1)
    in_bin = np.eye(N_BINS, dtype=np.float32)[bins]
    gaps = weights @ (in_bin * (confidence - is_right)[:, None]).astype(np.float32)
    errors: np.ndarray = np.abs(gaps).sum(axis=1) / weights.sum(axis=1)
    return errors


def differ(
    figure: str, before: np.ndarray, after: np.ndarray, rows: int, *, more_is_better: bool = True
) -> Difference:
    """Sum up a figure's draws.

    Args:
        figure: Its name.
        before: The champion's, the first value on the rows as they are.
        after: The challenger's, same draws.
        rows: Rows that the figure rests on.
        more_is_better: False for errors.

    Returns:
        The difference with its interval.
    """
    changes = after[1:] - before[1:]
    worse = changes < 0 if more_is_better else changes > 0
    chance_worse = float(worse.mean() + 0.5 * (changes == 0).mean())
    low, high = np.percentile(changes, [_TAIL, 100 - _TAIL])
    was, now = float(before[0]), float(after[0])
    return Difference(figure, was, now, float(low), float(high), chance_worse, rows)


def differ_by_class(
    label: str,
    measure: str,
    names: Sequence[str],
    truth: pd.Series,
    compute: Callable[[bool], np.ndarray],
) -> list[Difference]:
    """Sum up one measure of every class.

    Args:
        label: Such as type.
        measure: Such as f1.
        names: Classes, in column order.
        truth: True labels.
        compute: Gives the draws of the challenger (True) or the champion (False).

    Returns:
        One difference a class, named `label.class.measure`.
    """
    before, after = compute(False), compute(True)
    return [
        differ(f"{label}.{name}.{measure}", before[:, i], after[:, i], int((truth == name).sum()))
        for i, name in enumerate(names)
    ]
