"""What the page of the week shows, read as sums: no row but the few that are shown is loaded."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, func, select

from pipeline.report_period import Period
from pipeline.report_statistics import Z_95, Estimate, nps_of, share_of
from pipeline.store.aggregates import Share, backlog, shares, volumes, weeks
from pipeline.store.inbox import InboxFilter, inbox
from pipeline.store.tables import feedback, week_share
from pipeline.store.theme_registry import list_themes, list_weeks
from pipeline.store.theme_tables import mention
from pipeline.store.weekly import ALL

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.rows import Feedback
    from pipeline.store.theme_views import ThemeView

LEAST_ANSWERS = 5
LOW_SCORE = 0.85
_N_URGENT = 5


@dataclass(frozen=True, slots=True)
class Scores:
    """What customers said they felt; None where nobody was asked."""

    csat: Estimate
    nps: Estimate
    ces: Estimate


@dataclass(frozen=True, slots=True)
class WeekFigures:
    """One week.

    Attributes:
        week: The week.
        weeks: All weeks that have rows, in order.
        by_type: Rows of each type this week.
        by_type_before: Rows of each type the week before; None without one.
        n_complaints: Complaints this week.
        n_complaints_before: The week before; None without one.
        n_urgent: Urgent rows that wait right now, whenever they came.
        n_overdue: Rows past their time to answer right now.
        n_review: Rows of this week whose labels are unsure.
        coverage: Share of complaints that a theme explains; None where none was fitted.
        themes: The themes of the week; None where none was fitted.
        scores: CSAT, NPS, CES.
        scores_before: The same of the week before; None without one.
        touchpoints: Those that satisfy too few, the worst first.
        urgent: The first rows of the inbox.
    """

    week: str
    weeks: tuple[str, ...]
    by_type: dict[str, int]
    by_type_before: dict[str, int] | None
    n_complaints: int
    n_complaints_before: int | None
    n_urgent: int
    n_overdue: int
    n_review: int
    coverage: Estimate | None
    themes: list[ThemeView] | None
    scores: Scores
    scores_before: Scores | None
    touchpoints: list[tuple[str, Estimate]]
    urgent: tuple[Feedback, ...]


def read_week(store: Store, week: str | None, now: datetime) -> WeekFigures | None:
    """Read a week.

    Args:
        store: The store.
        week: Which; None takes the newest, and so does one without rows.
        now: To tell what is overdue.

    Returns:
        Its figures; None for an empty store.
    """
    known = weeks(store)
    if not known:
        return None
    week = week if week in known else known[-1]
    before = Period.of_week(week).previous.key
    has_before = before in known
    counts = _by(store, before, week)
    waiting = backlog(store, now)
    fitted = {fit["week"]: fit for fit in list_weeks(store)}
    return WeekFigures(
        week=week,
        weeks=known,
        by_type=counts.types[week],
        by_type_before=counts.types[before] if has_before else None,
        n_complaints=counts.complaints[week],
        n_complaints_before=counts.complaints[before] if has_before else None,
        n_urgent=waiting[0].n_open,
        n_overdue=sum(line.n_overdue for line in waiting),
        n_review=counts.review[week],
        coverage=_coverage(store, week, counts.complaints[week]) if week in fitted else None,
        themes=list_themes(store, week) if week in fitted else None,
        scores=_scores(store, week),
        scores_before=_scores(store, before, is_rough=True) if has_before else None,
        touchpoints=_touchpoints(shares(store, "touchpoint", first_week=week, last_week=week)),
        urgent=inbox(store, now, where=InboxFilter(urgency="high"), limit=_N_URGENT).rows,
    )


@dataclass(frozen=True, slots=True)
class _Counts:
    types: dict[str, dict[str, int]]
    complaints: Counter[str]
    review: Counter[str]


def _by(store: Store, first: str, last: str) -> _Counts:
    found = _Counts({first: {}, last: {}}, Counter(), Counter())
    for line in volumes(store, ("week", "type", "intent"), first_week=first, last_week=last):
        week, type_, intent = line.key
        if week in found.types:
            found.types[week][type_] = found.types[week].get(type_, 0) + line.n
            found.complaints[week] += line.n if intent == "complaint" else 0
            found.review[week] += line.n_review
    return found


def _coverage(store: Store, week: str, n_complaints: int) -> Estimate:
    inside = select(func.count(mention.c.feedback_id.distinct())).where(
        mention.c.week == week, mention.c.theme_id.is_not(None)
    )
    with store.read() as connection:
        n = int(connection.execute(inside).scalar_one())
    return share_of(min(n, n_complaints), n_complaints)


def _scores(store: Store, week: str, *, is_rough: bool = False) -> Scores:
    """Read a week's scores; rough leaves out what only the interval of CES needs."""
    totals = select(week_share).where(week_share.c.week == week, week_share.c.dimension == ALL)
    answers = (
        select(feedback.c.ces, func.count())
        .where(feedback.c.week == week, feedback.c.ces.is_not(None))
        .group_by(feedback.c.ces)
    )
    with store.read() as connection:
        row = connection.execute(totals).first()
        ces = [] if is_rough else connection.execute(answers).all()
    if row is None:
        return Scores(Estimate(0), Estimate(0), Estimate(0))
    passive = row.n_nps - row.n_promoters - row.n_detractors
    nps = [10.0] * row.n_promoters + [8.0] * passive + [0.0] * row.n_detractors
    return Scores(
        csat=share_of(row.n_satisfied, row.n_csat),
        nps=nps_of(nps) if nps else Estimate(0),
        ces=_mean(row) if is_rough else mean_from_counts([(v, n) for v, n in ces], (1.0, 7.0)),
    )


def _mean(row: Row[Any]) -> Estimate:
    return Estimate(row.n_ces, row.ces_sum / row.n_ces if row.n_ces else None)


def mean_from_counts(counts: Sequence[tuple[float, int]], scale: tuple[float, float]) -> Estimate:
    """Estimate a mean from how often each answer was given, with the normal interval.

    Args:
        counts: Answers and how often each was given.
        scale: Least and greatest possible answer; the interval is cut to it.

    Returns:
        The mean; without interval for fewer than five answers or ones that are all the same.
    """
    n = sum(count for _, count in counts)
    if not n:
        return Estimate(0)
    mean = sum(value * count for value, count in counts) / n
    squares = sum(count * (value - mean) ** 2 for value, count in counts)
    if n < LEAST_ANSWERS or not squares:
        return Estimate(n, mean)
    half = Z_95 * math.sqrt(squares / (n - 1) / n)
    return Estimate(n, mean, max(scale[0], mean - half), min(scale[1], mean + half))


def _touchpoints(lines: Sequence[Share]) -> list[tuple[str, Estimate]]:
    found = [
        (line.value, share_of(round((line.csat_satisfied or 0) * line.n_csat), line.n_csat))
        for line in lines
        if line.value and line.n_csat >= LEAST_ANSWERS
    ]
    low = [(name, score) for name, score in found if (score.value or 0) < LOW_SCORE]
    return sorted(low, key=lambda pair: (pair[1].value or 0, pair[0]))
