"""Where things are bad: satisfaction by group, themes and low marks far above elsewhere."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import pandas as pd

from pipeline.report_excerpt import plain
from pipeline.report_statistics import Z_95, Estimate, share_of
from pipeline.theme_breakdown import Segment, break_down, low_scores
from pipeline.theme_life import adjust

SATISFACTION_TARGET = 0.85
GROUPS = ("touchpoint", "customer_tier", "product", "region", "channel")
_PLACES = ("region", "product", "version", "channel", "touchpoint", "customer_tier")
_LEAST_ANSWERS = 5
_LEAST_ROWS = 5
_LEAST_LIFT = 1.5
_ALPHA = 0.05
_MAX_GROUPS = 8


@dataclass(frozen=True, slots=True)
class GroupScore:
    """What one group of customers said they felt.

    Attributes:
        dimension: Such as touchpoint.
        value: Such as 售后.
        satisfied: Share of CSAT answers of 4 and 5.
        before: The last period's; None where it has none.
        is_low: Whether the share is below 85 %.
    """

    dimension: str
    value: str
    satisfied: Estimate
    before: Estimate | None
    is_low: bool


@dataclass(frozen=True, slots=True)
class Cluster:
    """A theme in a place where it is far above elsewhere.

    Attributes:
        dimension: Such as region.
        value: Such as 华东.
        theme_id: The theme.
        theme: Its name.
        n: Rows there that mention it.
        total: Complaints there.
        lift: Its share there over its share everywhere else.
        low: Lower end of the 95 % interval.
        high: Upper end.
    """

    dimension: str
    value: str
    theme_id: str
    theme: str
    n: int
    total: int
    lift: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class LowMarks:
    """A group that gives notably more low marks than the others.

    Attributes:
        score: csat (≤ 2), nps (≤ 6) or ces (≤ 3).
        dimension: Such as region.
        value: Such as 华东.
        n: Low marks there.
        total: All marks there.
        lift: Their share there over that elsewhere.
        low: Lower end of the 95 % interval.
        high: Upper end.
    """

    score: str
    dimension: str
    value: str
    n: int
    total: int
    lift: float
    low: float
    high: float


def group_scores(now: pd.DataFrame, before: pd.DataFrame) -> list[GroupScore]:
    """Measure the share of satisfied customers in each group.

    Args:
        now: This period's rows.
        before: The last one's.

    Returns:
        Groups with at least five answers, by dimension, the worst first.
    """
    found = []
    for dimension in GROUPS:
        scores, earlier = _satisfied(now, dimension), _satisfied(before, dimension)
        lines = [
            GroupScore(dimension, plain(value), share, earlier.get(value), _is_low(share))
            for value, share in scores.items()
            if share.n >= _LEAST_ANSWERS
        ]
        found += sorted(lines, key=lambda g: (g.satisfied.value or 0, g.value))[:_MAX_GROUPS]
    return found


def theme_clusters(
    complaints: pd.DataFrame, members: Mapping[str, Set[str]], names: Mapping[str, str]
) -> list[Cluster]:
    """Find where themes are far above elsewhere.

    Args:
        complaints: The period's complaints.
        members: Theme id to the ids of its rows.
        names: Theme id to name.

    Returns:
        Places with at least five rows and one and a half times the share of elsewhere, more than
        chance after adjusting for all places looked at (false discovery rate 5 %); the surest
        first.
    """
    places = [name for name in _PLACES if name in complaints.columns]
    tried = [
        (theme_id, place)
        for theme_id, ids in sorted(members.items())
        for place in break_down(complaints, ids, places)
        if place.lift is not None
    ]
    qs = adjust([_chance(place) for _, place in tried])
    found = [
        _cluster(theme_id, names[theme_id], place)
        for (theme_id, place), q in zip(tried, qs, strict=True)
        if q <= _ALPHA and place.n >= _LEAST_ROWS and (place.lift or 0) >= _LEAST_LIFT
    ]
    return sorted(found, key=lambda c: (-c.low, c.theme_id, c.dimension, c.value))


def telling(clusters: Sequence[Cluster], most: int) -> list[Cluster]:
    """Choose the places that tell most: a theme about hotels sits in hotels, as everybody knows.

    Args:
        clusters: The surest first.
        most: How many at most.

    Returns:
        Regions, versions, touchpoints, channels and tiers first, one place a theme and dimension;
        then products.
    """
    chosen: dict[tuple[str, str], Cluster] = {}
    for cluster in clusters:
        chosen.setdefault((cluster.theme_id, cluster.dimension), cluster)
    ranked = sorted(chosen.values(), key=lambda c: c.dimension == "product")
    return ranked[:most]


def _chance(place: Segment) -> float:
    """One-sided p of the lift, from its interval."""
    spread = math.log((place.high or 1.0) / (place.low or 1.0)) / (2 * Z_95)
    if spread <= 0:
        return 1.0
    return 0.5 * math.erfc(math.log(place.lift or 1.0) / spread / math.sqrt(2))


def _cluster(theme_id: str, name: str, place: Segment) -> Cluster:
    return Cluster(
        place.dimension,
        plain(place.value),
        theme_id,
        plain(name),
        place.n,
        place.total,
        place.lift or 0.0,
        place.low or 0.0,
        place.high or 0.0,
    )


def low_marks(rows: pd.DataFrame) -> list[LowMarks]:
    """Find the groups that give low marks.

    Args:
        rows: The period's rows.

    Returns:
        The surest first.
    """
    places = [name for name in _PLACES if name in rows.columns]
    found = [
        LowMarks(
            mark.score,
            mark.low.dimension,
            plain(mark.low.value),
            mark.low.n,
            mark.low.total,
            mark.low.lift or 0.0,
            mark.low.low or 0.0,
            mark.low.high or 0.0,
        )
        for mark in low_scores(rows, places)
    ]
    return sorted(found, key=lambda m: (-m.low, m.score, m.dimension, m.value))


def _satisfied(rows: pd.DataFrame, dimension: str) -> dict[str, Estimate]:
    marks = pd.to_numeric(rows["csat"], errors="coerce")
    names = rows[dimension]
    known = marks.notna() & names.notna() & (names.astype(str) != "")
    good = (marks[known] >= 4).groupby(names[known].astype(str))
    return {
        str(value): share_of(int(n), int(total))
        for value, n, total in zip(good.groups, good.sum(), good.count(), strict=True)
    }


def _is_low(share: Estimate) -> bool:
    return share.value is not None and share.value < SATISFACTION_TARGET
