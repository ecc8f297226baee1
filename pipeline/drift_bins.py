"""Columns of scored rows as counts of values: classes as they are, numbers in ten equal parts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.drift_signals import CATEGORIES, NUMBERS

_PARTS = 10


@dataclass(frozen=True, eq=False)
class Feature:
    """One column of both sides, each row as the number of its bin.

    Attributes:
        name: The column.
        names: Of the bins.
        reference: Bin of each row of the reference.
        current: Bin of each row looked at.
    """

    name: str
    names: tuple[str, ...]
    reference: np.ndarray
    current: np.ndarray

    def one_hot_reference(self) -> np.ndarray:
        """Give the reference as ones and zeros, shape (n, n_bins), float32."""
        ones: np.ndarray = np.eye(len(self.names), dtype=np.float32)[self.reference]
        return ones

    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """Count the rows in every bin, before and now."""
        n = len(self.names)
        before, now = (np.bincount(side, minlength=n) for side in (self.reference, self.current))
        return before.astype(float), now.astype(float)


def find_features(reference: pd.DataFrame, current: pd.DataFrame) -> list[Feature]:
    """Put both sides into the same bins.

    Args:
        reference: Columns of `drift_signals.Signals.frame`.
        current: The same of the rows to look at.

    Returns:
        Every column whose rows are not all in one bin.
    """
    found = [*_classes(reference, current), *_numbers(reference, current)]
    return [feature for feature in found if len(feature.names) > 1]


def _classes(reference: pd.DataFrame, current: pd.DataFrame) -> Iterator[Feature]:
    for name in (*CATEGORIES, "channel"):
        values = [side[name].to_numpy(dtype=str) for side in (reference, current)]
        names, codes = np.unique(np.concatenate(values), return_inverse=True)
        n = len(reference)
        yield Feature(name, tuple(map(str, names)), codes[:n], codes[n:])


def _numbers(reference: pd.DataFrame, current: pd.DataFrame) -> Iterator[Feature]:
    for name in NUMBERS:
        before, now = (side[name].to_numpy(dtype=float) for side in (reference, current))
        # Many equal values make fewer parts, each closed on the right.
        ends = np.unique(np.quantile(before, np.arange(1, _PARTS) / _PARTS))
        ends = ends[ends < max(before.max(), now.max())]
        names = [f"≤ {end:g}" for end in ends] + ["more"]
        codes = [np.searchsorted(ends, side, side="left") for side in (before, now)]
        yield Feature(name, tuple(names), *codes)
