"""How many rows of each kind, beside the period before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.report_period import Period
from pipeline.report_statistics import Estimate, is_count_changed, mean_of, nps_of
from pipeline.report_titles import Titles

SCALES = {"csat": (1.0, 5.0), "nps": (0.0, 10.0), "ces": (1.0, 7.0)}


@dataclass(frozen=True, slots=True)
class Span:
    """The two sets of rows that are compared.

    Attributes:
        period: The period reported on.
        now: Its rows.
        before: The rows of the period before; None when there are none to compare with.
    """

    period: Period
    now: pd.DataFrame
    before: pd.DataFrame | None

    def is_changed(self, n: int, n_before: int | None) -> bool:
        """Say whether a count changed by more than chance.

        Args:
            n: This period's.
            n_before: The last one's.

        Returns:
            True if so; False without a last period.
        """
        n_days, n_days_before = len(self.period.days), len(self.period.previous.days)
        share = n_days / (n_days + n_days_before)
        return n_before is not None and is_count_changed(n, n_before, share)


@dataclass(frozen=True, slots=True)
class Count:
    """Rows of one kind.

    Attributes:
        name: The value in the table.
        title: What people read.
        n: Rows of this period.
        share: Of all its rows, in [0, 1].
        n_before: Rows of the last period; None without one.
        is_changed: Whether the change is more than chance.
    """

    name: str
    title: str
    n: int
    share: float
    n_before: int | None
    is_changed: bool

    @property
    def change(self) -> int | None:
        """Rows more than in the last period; None without one."""
        return None if self.n_before is None else self.n - self.n_before


@dataclass(frozen=True, slots=True)
class Day:
    """One day's rows.

    Attributes:
        day: ISO 8601.
        n: All rows.
        n_complaints: Rows with intent complaint.
        n_before: Rows of the same day of the last period; None without one.
    """

    day: str
    n: int
    n_complaints: int
    n_before: int | None


@dataclass(frozen=True, slots=True)
class Score:
    """What customers answered in a survey.

    Attributes:
        name: csat, nps or ces.
        now: This period's figure.
        before: The last period's; None without one.
        n_ignored: Answers outside the scale.
    """

    name: str
    now: Estimate
    before: Estimate | None
    n_ignored: int


def count_by(span: Span, column: str, titles: Titles, known: Sequence[str] = ()) -> list[Count]:
    """Count rows by the values of a column.

    Args:
        span: The rows.
        column: Which column; empty values are not counted.
        titles: What people read for a value.
        known: Values to list first and in any case, in this order.

    Returns:
        Known values in their order, then the others, the most frequent first.
    """
    now = _tally(span.now[column])
    before = None if span.before is None else _tally(span.before[column])
    others = (set(now) | set(before or {})) - set(known)
    names = [*known, *sorted(others, key=lambda name: (-now.get(name, 0), name))]
    return [_count(span, name, titles.of(column, name), now, before) for name in names]


def _count(
    span: Span, name: str, title: str, now: dict[str, int], before: dict[str, int] | None
) -> Count:
    n, n_before = now.get(name, 0), None if before is None else before.get(name, 0)
    share = n / max(1, len(span.now))
    return Count(name, title, n, share, n_before, span.is_changed(n, n_before))


def _tally(column: pd.Series[Any]) -> dict[str, int]:
    counts = column[column != ""].value_counts()
    return {str(name): int(n) for name, n in counts.items()}


def count_by_day(span: Span) -> list[Day]:
    """Count rows by day.

    Args:
        span: The rows.

    Returns:
        Every day of the period, days without rows too.
    """
    now, complaints = _by_day(span.now), _by_day(span.now[span.now["intent"] == "complaint"])
    before = None if span.before is None else _by_day(span.before)
    earlier = [day.isoformat() for day in span.period.previous.days]
    found = []
    for i, day in enumerate(span.period.days):
        name = day.isoformat()
        known = before is not None and i < len(earlier)
        n_before = before.get(earlier[i], 0) if before is not None and known else None
        found.append(Day(name, now.get(name, 0), complaints.get(name, 0), n_before))
    return found


def _by_day(rows: pd.DataFrame) -> dict[str, int]:
    return _tally(rows["created_at"].dt.strftime("%Y-%m-%d")) if len(rows) else {}


def survey_scores(span: Span) -> list[Score]:
    """Summarise the survey answers.

    Args:
        span: The rows.

    Returns:
        One score for each kind of answer that this period has.
    """
    scores = []
    for name in SCALES:
        now, n_ignored = _answers(span.now[name], name)
        before = None if span.before is None else _answers(span.before[name], name)[0]
        if now:
            earlier = _estimate(name, before) if before else None
            scores.append(Score(name, _estimate(name, now), earlier, n_ignored))
    return scores


def _answers(column: Iterable[Any], name: str) -> tuple[list[float], int]:
    low, high = SCALES[name]
    given = [float(value) for value in column if value == value]
    valid = [value for value in given if low <= value <= high]
    return valid, len(given) - len(valid)


def _estimate(name: str, values: list[float]) -> Estimate:
    return nps_of(values) if name == "nps" else mean_of(values, SCALES[name])
