"""Where a theme sits: its share in each product, region, version …, against everywhere else."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pandas as pd

from pipeline.report_statistics import Z_95, Estimate, mean_of, share_of
from pipeline.theme_life import adjust

DIMENSIONS = ("product", "region", "version", "channel", "touchpoint", "customer_tier", "week")
SCALES = {"csat": (1.0, 5.0), "nps": (0.0, 10.0), "ces": (1.0, 7.0)}
_LOW = {"csat": 2.0, "nps": 6.0, "ces": 3.0}
_LEAST_ROWS = 3


@dataclass(frozen=True, slots=True)
class Segment:
    """A theme, or low scores, in one value of one dimension.

    Attributes:
        dimension: Such as product.
        value: Such as 会员版.
        n: Rows that have the property here.
        total: All rows here.
        share: n of total, with interval.
        lift: Share here over the share everywhere else; None when there is no elsewhere.
        low: Lower end of its 95 % interval; None likewise.
        high: Upper end, likewise.
        is_notable: At least 3 rows and an interval above 1.
    """

    dimension: str
    value: str
    n: int
    total: int
    share: Estimate
    lift: float | None
    low: float | None
    high: float | None
    is_notable: bool


@dataclass(frozen=True, slots=True)
class ScoreSegment:
    """The answers to one survey question in one segment.

    Attributes:
        score: csat, nps or ces.
        mean: Mean answer here, with interval.
        low: Rows with a low answer (csat ≤ 2, nps ≤ 6, ces ≤ 3) against everywhere else.
    """

    score: str
    mean: Estimate
    low: Segment


@dataclass(frozen=True, slots=True)
class Pair:
    """Two themes in the same rows.

    Attributes:
        first: Id of a theme.
        second: Id of another, greater one.
        n: Rows that mention both.
        expected: Rows that would by chance.
        lift: n over expected.
        q: Fisher's exact test, one-sided, adjusted for the number of pairs.
    """

    first: str
    second: str
    n: int
    expected: float
    lift: float
    q: float


def break_down(
    rows: pd.DataFrame, members: Collection[str], dimensions: Sequence[str] = DIMENSIONS
) -> list[Segment]:
    """Break a theme down by every dimension that the rows have.

    Args:
        rows: All complaints, `feedback_id` and any of the dimensions.
        members: Ids of the rows that mention the theme.
        dimensions: Columns to look at; absent ones and empty values are passed over.

    Returns:
        By dimension, the highest lift first.
    """
    hit = rows["feedback_id"].isin(list(members))
    return [
        segment
        for dimension in dimensions
        if dimension in rows.columns
        for segment in _segments(rows, hit, dimension)
    ]


def break_down_counts(
    totals: Mapping[str, Mapping[str, int]],
    counts: Mapping[str, Mapping[str, int]],
    dimensions: Sequence[str] = DIMENSIONS,
) -> list[Segment]:
    """Break a theme down by counts that somebody else made.

    Args:
        totals: Dimension to the complaints of each of its values; no empty values.
        counts: Dimension to those of them that mention the theme.
        dimensions: Which to look at, in this order.

    Returns:
        What `break_down` gives of the rows.
    """
    return [
        segment
        for dimension in dimensions
        for segment in _ranked(dimension, totals.get(dimension, {}), counts.get(dimension, {}))
    ]


def low_scores(rows: pd.DataFrame, dimensions: Sequence[str] = DIMENSIONS) -> list[ScoreSegment]:
    """Find the segments that give low marks.

    Args:
        rows: Feedback with any of csat, nps, ces and any of the dimensions.
        dimensions: Columns to look at.

    Returns:
        Segments whose share of low answers is notably above elsewhere, the highest lift first.
    """
    found = []
    for score in (name for name in SCALES if name in rows.columns):
        marks = pd.to_numeric(rows[score], errors="coerce")
        answered = rows[marks.notna()].assign(**{score: marks})
        for dimension in (d for d in dimensions if d in rows.columns):
            for low in _segments(answered, answered[score] <= _LOW[score], dimension):
                here = answered.loc[answered[dimension].astype(str) == low.value, score]
                if low.is_notable:
                    found.append(ScoreSegment(score, mean_of(list(here), SCALES[score]), low))
    return sorted(found, key=lambda s: (-(s.low.lift or 0), s.score, s.low.value))


def co_occurring(
    themes: Mapping[str, Collection[str]], n_rows: int, alpha: float = 0.05
) -> list[Pair]:
    """Find themes that are mentioned together more often than chance would have it.

    Args:
        themes: Theme id to the ids of its rows.
        n_rows: All complaints.
        alpha: False discovery rate over all pairs.

    Returns:
        Pairs, the surest first.
    """
    sets = {id_: frozenset(rows) for id_, rows in themes.items()}
    sizes = {id_: len(rows) for id_, rows in sets.items()}
    both = {(a, b): len(sets[a] & sets[b]) for a, b in combinations(sorted(sets), 2)}
    return pairs_from_counts(sizes, both, n_rows, alpha)


def pairs_from_counts(
    sizes: Mapping[str, int],
    both: Mapping[tuple[str, str], int],
    n_rows: int,
    alpha: float = 0.05,
) -> list[Pair]:
    """Find themes that are mentioned together more often than chance, by counts.

    Args:
        sizes: Theme id to the rows that mention it.
        both: Two ids, the lesser first, to the rows that mention both; none where it is absent.
        n_rows: All complaints.
        alpha: False discovery rate over all pairs.

    Returns:
        Pairs, the surest first.
    """
    import numpy as np
    from scipy.stats import hypergeom

    tried = list(combinations(sorted(id_ for id_, size in sizes.items() if size), 2))
    if not tried:
        return []
    n = np.array([both.get(pair, 0) for pair in tried], dtype=int)
    a = np.array([sizes[first] for first, _ in tried], dtype=int)
    b = np.array([sizes[second] for _, second in tried], dtype=int)
    expected = a * b / n_rows
    p = np.asarray(hypergeom.sf(n - 1, n_rows, a, b), dtype=float)
    qs = np.asarray(adjust(p.tolist()), dtype=float)
    found = [
        Pair(*tried[i], int(n[i]), float(expected[i]), float(n[i] / expected[i]), float(qs[i]))
        for i in np.flatnonzero((qs <= alpha) & (n >= _LEAST_ROWS))
    ]
    return sorted(found, key=lambda pair: (pair.q, -pair.lift, pair.first, pair.second))


def _segments(rows: pd.DataFrame, hit: Any, dimension: str) -> list[Segment]:
    values = rows[dimension]
    known = values.notna() & (values.astype(str) != "")
    names, hits = values[known].astype(str), hit[known]
    totals, counts = names.value_counts(), names[hits].value_counts()
    as_counts = [{str(k): int(n) for k, n in one.items()} for one in (totals, counts)]
    return _ranked(dimension, *as_counts)


def _ranked(dimension: str, totals: Mapping[str, int], counts: Mapping[str, int]) -> list[Segment]:
    n_all, total_all = sum(counts.values()), sum(totals.values())
    found = [
        _segment(dimension, value, counts.get(value, 0), total, n_all, total_all)
        for value, total in totals.items()
    ]
    return sorted(found, key=lambda s: (-(s.lift or 0), -s.n, s.value))


def _segment(dimension: str, value: str, n: int, total: int, n_all: int, total_all: int) -> Segment:
    lift, low, high = _lift(n, total, n_all - n, total_all - total)
    notable = n >= _LEAST_ROWS and low is not None and low > 1
    share = share_of(n, total)
    return Segment(dimension, value, n, total, share, lift, low, high, notable)


def _lift(
    n: int, total: int, n_else: int, total_else: int
) -> tuple[float | None, float | None, float | None]:
    """Ratio of two shares with the interval of Walter (1975), which half a row keeps finite."""
    if not total or not total_else:
        return None, None, None
    share, share_else = (n + 0.5) / (total + 0.5), (n_else + 0.5) / (total_else + 0.5)
    ratio = share / share_else
    variance = 1 / (n + 0.5) - 1 / (total + 0.5) + 1 / (n_else + 0.5) - 1 / (total_else + 0.5)
    spread = math.exp(Z_95 * math.sqrt(max(0.0, variance)))
    return ratio, ratio / spread, ratio * spread
