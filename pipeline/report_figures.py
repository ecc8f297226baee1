"""All figures of one report, from scored rows; no file and no clock is touched."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

import pandas as pd

from pipeline.report_counts import (
    Count,
    Day,
    Score,
    Span,
    count_by,
    count_by_day,
    survey_scores,
)
from pipeline.report_excerpt import plain
from pipeline.report_period import Period
from pipeline.report_rows import (
    RowList,
    common_reasons,
    due_rows,
    iso,
    review_rows,
    urgent_rows,
    wanting_answer,
)
from pipeline.report_statistics import Estimate, is_share_changed, share_of
from pipeline.report_table import ScoredRows
from pipeline.report_theme_files import ThemeFiles
from pipeline.report_themes import ThemeFigures, theme_figures
from pipeline.report_titles import Titles


@dataclass(frozen=True, slots=True)
class Share:
    """The share of complaints.

    Attributes:
        now: This period's.
        before: The last one's; None without one.
        is_changed: Whether the difference is more than chance.
    """

    now: Estimate
    before: Estimate | None
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Load:
    """What one department has to answer.

    Attributes:
        name: The department.
        n: Rows of this period that want an answer.
        n_urgent: How many of them are of high urgency.
        n_before: Rows of the last period that did; None without one.
    """

    name: str
    n: int
    n_urgent: int
    n_before: int | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One report.

    Attributes:
        period: What it is about.
        previous: What it is compared with; None when there is nothing to compare with.
        n: Rows of the period.
        n_before: Rows of the last one; None without one.
        is_n_changed: Whether the difference is more than chance.
        complaints: Share of complaints.
        by_type: Rows by main type.
        by_urgency: Rows by urgency.
        by_channel: Rows by channel; empty when no row has one.
        by_intent: Rows by intent.
        by_day: Rows by day.
        scores: Survey answers.
        departments: Load by department, the greatest first.
        urgent: Rows of high urgency.
        reasons: The most frequent reasons for urgency.
        due: Rows whose time to answer is over, those among `urgent` left out of `rows`.
        has_answers: Whether the table says when rows were answered.
        themes: Root-cause themes; None without them.
        review: Rows whose labels a person should check.
        models: Which models set the labels.
        n_undated: Rows left out because they have no readable date.
        first_at: The earliest row of the table, ISO 8601; None without rows.
        last_at: The latest.
    """

    period: Period
    previous: Period | None
    n: int
    n_before: int | None
    is_n_changed: bool
    complaints: Share
    by_type: tuple[Count, ...]
    by_urgency: tuple[Count, ...]
    by_channel: tuple[Count, ...]
    by_intent: tuple[Count, ...]
    by_day: tuple[Day, ...]
    scores: tuple[Score, ...]
    departments: tuple[Load, ...]
    urgent: RowList
    reasons: tuple[str, ...]
    due: RowList
    has_answers: bool
    themes: ThemeFigures | None
    review: RowList
    models: tuple[str, ...]
    n_undated: int
    first_at: str | None
    last_at: str | None

    def as_json(self) -> dict[str, Any]:
        """Give the figures as plain values.

        Returns:
            Field name to value, moments as ISO 8601 text.
        """
        return dict(_plain_values(asdict(self)))


def build_figures(
    scored: ScoredRows,
    period: Period,
    titles: Titles,
    themes: ThemeFiles | None = None,
    compare: bool = True,
) -> Figures:
    """Work out one report.

    Args:
        scored: Rows of the period and of those before.
        period: What the report is about.
        titles: What people read for a value, and in which language.
        themes: The root-cause themes, if there are any.
        compare: Whether to set the figures beside the last period's.

    Returns:
        The figures. A last period without a single row counts as not covered by the table:
        there is nothing to compare with then.
    """
    span = _span(scored.frame, period, compare)
    n_before = None if span.before is None else len(span.before)
    urgent = urgent_rows(span, scored.has_answers, titles)
    return Figures(
        period=period,
        previous=None if span.before is None else period.previous,
        n=len(span.now),
        n_before=n_before,
        is_n_changed=span.is_changed(len(span.now), n_before),
        complaints=_complaints(span),
        by_type=_counts(span, "type", titles),
        by_urgency=_counts(span, "urgency", titles),
        by_channel=_counts(span, "channel", titles),
        by_intent=_counts(span, "intent", titles),
        by_day=tuple(count_by_day(span)),
        scores=tuple(survey_scores(span)),
        departments=_departments(span),
        urgent=urgent,
        reasons=common_reasons(span.now[span.now["urgency"] == "high"]),
        due=_without(due_rows(scored, period, titles), urgent),
        has_answers=scored.has_answers,
        themes=None if themes is None else theme_figures(themes, span, titles),
        review=review_rows(span, scored.has_answers, titles),
        models=tuple(sorted({plain(str(name)) for name in span.now["model_version"] if name})),
        n_undated=scored.n_undated,
        first_at=iso(scored.first_at),
        last_at=iso(scored.last_at),
    )


def _span(frame: pd.DataFrame, period: Period, compare: bool) -> Span:
    created, last = frame["created_at"], period.previous
    now = frame[(created >= period.start) & (created < period.end)]
    before = frame[(created >= last.start) & (created < last.end)]
    return Span(period, now, before if compare and len(before) else None)


def _counts(span: Span, column: str, titles: Titles) -> tuple[Count, ...]:
    return tuple(count_by(span, column, titles, titles.known(column)))


def _complaints(span: Span) -> Share:
    now = _complaint_share(span.now)
    before = None if span.before is None else _complaint_share(span.before)
    return Share(now, before, before is not None and is_share_changed(now, before))


def _complaint_share(rows: pd.DataFrame) -> Estimate:
    return share_of(int((rows["intent"] == "complaint").sum()), len(rows))


def _departments(span: Span) -> tuple[Load, ...]:
    now = wanting_answer(span.now)
    before = None if span.before is None else wanting_answer(span.before)
    n_by_name = now["department"].value_counts()
    loads = []
    for name, n in n_by_name.items():
        n_urgent = int(((now["department"] == name) & (now["urgency"] == "high")).sum())
        n_before = None if before is None else int((before["department"] == name).sum())
        loads.append(Load(plain(str(name)), int(n), n_urgent, n_before))
    return tuple(sorted(loads, key=lambda load: (-load.n, load.name)))


def _without(listed: RowList, others: RowList) -> RowList:
    shown = {row.feedback_id for row in others.rows}
    return replace(listed, rows=tuple(r for r in listed.rows if r.feedback_id not in shown))


def _plain_values(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain_values(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain_values(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
