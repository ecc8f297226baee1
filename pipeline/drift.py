"""Has what customers write changed, beyond what chance does from week to week?

The threshold of every figure comes from the reference itself: both sides are drawn from it again
and again at the sizes at hand, all figures at once, and the threshold is set so that the share of
draws in which *any* of them exceeds its own is the stated false-alarm rate (a single-step max-z
version of Westfall & Young 1993). Rows of one day are drawn together where days are known: a day
brings its own events, and to count its rows as independent would cry wolf every week.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.drift_bins import Feature, find_features
from pipeline.drift_distance import as_shares, jensen_shannon, stability_index
from pipeline.drift_signals import Signals

EMBEDDING = "embedding"
_LEAST_DAYS = 14
_CHUNK = 100
_N_MOVED = 3


@dataclass(frozen=True, slots=True)
class DriftParams:
    """How drift is told from chance.

    Attributes:
        false_alarm_rate: Share of comparisons without any change that raise an alarm.
        least_distance: A smaller change is no drift however certain it is, in [0, 1].
        least_rows: Rows that a channel needs on both sides to be looked at by itself.
        n_draws: Draws from the reference.
        seed: Of the draws.
    """

    false_alarm_rate: float = 0.01
    least_distance: float = 0.05
    least_rows: int = 200
    n_draws: int = 1000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Drift:
    """One figure, on all rows or on those of one channel.

    Attributes:
        signal: Such as type, length or embedding.
        channel: Empty for all rows.
        distance: Jensen-Shannon distance (base 2), in [0, 1]; for embedding the shift of the mean
            over the spread of the reference.
        psi: Population stability index; None for embedding.
        threshold: What the distance must exceed.
        reference_rows: Rows of the reference.
        current_rows: Rows looked at.
        moved: What moved most: value, share before, share now.
    """

    signal: str
    channel: str
    distance: float
    psi: float | None
    threshold: float
    reference_rows: int
    current_rows: int
    moved: tuple[tuple[str, float, float], ...] = ()

    @property
    def is_drift(self) -> bool:
        """True if chance does not explain it."""
        return self.distance > self.threshold


@dataclass(frozen=True, eq=False)
class _Test:
    """One figure with what chance makes of it."""

    found: Drift
    null: np.ndarray


def find_drift(
    reference: Signals, current: Signals, params: DriftParams | None = None
) -> list[Drift]:
    """Compare two sets of scored rows.

    Args:
        reference: Rows of a time when all was well.
        current: Rows to look at.
        params: None takes the defaults.

    Returns:
        Every figure, those that drifted first, then by how far they exceed chance.

    Raises:
        ValueError: If a side has no rows.
    """
    params = params or DriftParams()
    if not len(reference) or not len(current):
        raise ValueError("both sides need rows: there is nothing to compare")
    rng = np.random.default_rng(params.seed)
    tests = [
        test
        for channel in ["", *_channels(reference, current, params.least_rows)]
        for test in _compare(
            _part(reference, channel), _part(current, channel), channel, params, rng
        )
    ]
    drifts = _with_thresholds(tests, params)
    return sorted(drifts, key=lambda d: (not d.is_drift, d.threshold - d.distance))


def _compare(
    reference: Signals,
    current: Signals,
    channel: str,
    params: DriftParams,
    rng: np.random.Generator,
) -> Iterator[_Test]:
    features = [
        f
        for f in find_features(reference.frame, current.frame)
        if f.name != "channel" or not channel
    ]
    blocks, n_current = _blocks(reference, current)
    sums = _block_sums(blocks, [*(f.one_hot_reference() for f in features), reference.vectors])
    draws = _draw(sums, n_current, params.n_draws, rng)
    sizes = len(reference), len(current)
    place = 0
    for feature in features:
        part = slice(place, place + len(feature.names))
        place = part.stop
        null = jensen_shannon(draws[0][:, part], draws[1][:, part])
        yield _Test(_of_feature(feature, channel, sizes), null)
    spread = float(np.sqrt(reference.vectors.var(axis=0).sum())) or 1.0
    shift = reference.vectors.mean(axis=0) - current.vectors.mean(axis=0)
    # The bins of any one feature hold every row once: they say how many rows were drawn.
    first = slice(0, len(features[0].names))
    means = [d[:, place:] / np.maximum(d[:, first].sum(axis=1, keepdims=True), 1) for d in draws]
    null = np.linalg.norm(means[0] - means[1], axis=1) / spread
    yield _Test(
        Drift(EMBEDDING, channel, float(np.linalg.norm(shift)) / spread, None, 0.0, *sizes), null
    )


def _of_feature(feature: Feature, channel: str, sizes: tuple[int, int]) -> Drift:
    before, now = feature.counts()
    distance = float(jensen_shannon(before, now))
    shares = list(
        zip(feature.names, as_shares(before).tolist(), as_shares(now).tolist(), strict=True)
    )
    moved = sorted(shares, key=lambda s: -abs(s[2] - s[1]))[:_N_MOVED]
    psi = stability_index(before, now)
    return Drift(feature.name, channel, distance, psi, 0.0, *sizes, tuple(moved))


def _blocks(reference: Signals, current: Signals) -> tuple[np.ndarray, int]:
    """Name what is drawn together, and how many such blocks make a sample like the current one."""
    days, names = pd.factorize(reference.frame["day"], sort=True)
    current_days = set(current.frame["day"])
    if "" in names or "" in current_days or len(names) < _LEAST_DAYS:
        return np.arange(len(reference)), len(current)
    alike = round(len(current) * len(names) / len(reference))
    return days, max(1, min(len(current_days), alike))


def _block_sums(blocks: np.ndarray, columns: list[np.ndarray]) -> np.ndarray:
    values = np.hstack(columns).astype(np.float32)
    sums = np.zeros((int(blocks.max()) + 1, values.shape[1]), dtype=np.float32)
    np.add.at(sums, blocks, values)
    return sums


def _draw(
    sums: np.ndarray, n_current: int, n_draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw both sides from the reference's blocks; shape (n_draws, n_columns) each."""
    n_blocks = len(sums)
    sides: tuple[list[np.ndarray], list[np.ndarray]] = [], []
    for start in range(0, n_draws, _CHUNK):
        size = min(_CHUNK, n_draws - start)
        for side, n in zip(sides, (n_blocks, n_current), strict=True):
            drawn = rng.integers(0, n_blocks, size=(size, n)) + n_blocks * np.arange(size)[:, None]
            weights = np.bincount(drawn.ravel(), minlength=size * n_blocks).reshape(size, n_blocks)
            side.append(weights.astype(np.float32) @ sums)
    return np.vstack(sides[0]).astype(float), np.vstack(sides[1]).astype(float)


def _with_thresholds(tests: list[_Test], params: DriftParams) -> list[Drift]:
    nulls = np.stack([test.null for test in tests])
    means, spreads = nulls.mean(axis=1), np.maximum(nulls.std(axis=1), 1e-9)
    highest = ((nulls - means[:, None]) / spreads[:, None]).max(axis=0)
    allowed = np.quantile(highest, 1 - params.false_alarm_rate, method="higher")
    limits = np.maximum(means + allowed * spreads, params.least_distance)
    return [
        replace(test.found, threshold=float(limit))
        for test, limit in zip(tests, limits, strict=True)
    ]


def _channels(reference: Signals, current: Signals, least_rows: int) -> list[str]:
    counts = [side.frame["channel"].value_counts() for side in (reference, current)]
    common = sorted(set(counts[0].index) & set(counts[1].index) - {""})
    found = [c for c in common if min(counts[0][c], counts[1][c]) >= least_rows]
    return found if len(found) > 1 else []


def _part(signals: Signals, channel: str) -> Signals:
    if not channel:
        return signals
    inside = (signals.frame["channel"] == channel).to_numpy()
    return Signals(signals.frame[inside].reset_index(drop=True), signals.vectors[inside])
