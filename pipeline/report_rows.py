"""The rows that somebody must look at: urgent ones, those due, those the model is unsure of."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import pandas as pd

from models.deadlines import SHANGHAI
from pipeline.report_counts import Span
from pipeline.report_excerpt import Excerpt, cut, plain
from pipeline.report_period import Period
from pipeline.report_table import ScoredRows, list_of
from pipeline.report_titles import Titles

# unverified: the time to answer is over, and the table does not say whether anybody did
Status = Literal["answered", "overdue", "open", "unverified", "not_due"]

_MAX_ROWS = 5_000
_MAX_TEXT = 2_000
_QUOTED = re.compile("^提到“.*?”：")
_NO_ANSWER_NEEDED = ("praise", "invalid")


@dataclass(frozen=True, slots=True)
class Row:
    """One row of feedback for a person to read.

    Attributes:
        feedback_id: Its id.
        created_at: When it came, ISO 8601.
        channel: Title of its channel; empty if unknown.
        type: Title of its type.
        urgency: high, medium or low.
        urgency_score: 0 to 100; None if unknown.
        confidence: Of the type, in [0, 1]; None if unknown.
        reasons: Why it is urgent.
        respond_due: By when it must be answered, ISO 8601; None if unknown.
        status: Where the answer stood at the end of the period.
        department: Who acts.
        excerpt: Its words, the evidence marked.
        text: Its words, at most 2,000 characters.
    """

    feedback_id: str
    created_at: str
    channel: str
    type: str
    urgency: str
    urgency_score: float | None
    confidence: float | None
    reasons: tuple[str, ...]
    respond_due: str | None
    status: Status
    department: str
    excerpt: Excerpt
    text: str


@dataclass(frozen=True, slots=True)
class RowList:
    """Rows of one kind.

    Attributes:
        n: How many there are.
        n_urgent: How many of them are of high urgency.
        rows: The first of them, at most 5,000.
    """

    n: int
    n_urgent: int
    rows: tuple[Row, ...]


def urgent_rows(span: Span, has_answers: bool, titles: Titles) -> RowList:
    """List this period's rows of high urgency.

    Args:
        span: The rows.
        has_answers: Whether `answered_at` means anything.
        titles: What people read for a value.

    Returns:
        The rows, the highest score first, then the earliest due.
    """
    rows = span.now[span.now["urgency"] == "high"]
    order = rows.sort_values(
        ["urgency_score", "respond_due", "feedback_id"], ascending=[False, True, True]
    )
    return _listed(order, span.period, has_answers, titles)


def due_rows(scored: ScoredRows, period: Period, titles: Titles) -> RowList:
    """List the rows whose time to answer is over at the end of the period.

    Args:
        scored: Rows of this period and before.
        period: The period.
        titles: What people read for a value.

    Returns:
        Where the table says what was answered: all that were not. Where it does not: all whose
        time ran out within the period. Urgent ones first, then the earliest due.
    """
    rows = wanting_answer(scored.frame)
    is_due = rows["respond_due"] < period.end
    if scored.has_answers:
        is_due &= ~(rows["answered_at"] < period.end)
    else:
        is_due &= rows["respond_due"] >= period.start
    due = rows[is_due].assign(rank=lambda found: found["urgency"] != "high")
    order = due.sort_values(["rank", "respond_due", "feedback_id"])
    return _listed(order, period, scored.has_answers, titles)


def review_rows(span: Span, has_answers: bool, titles: Titles) -> RowList:
    """List this period's rows whose labels a person should check.

    Args:
        span: The rows.
        has_answers: Whether `answered_at` means anything.
        titles: What people read for a value.

    Returns:
        Rows flagged by the model, the least sure first.
    """
    is_flagged = span.now["needs_review"].map(_is_true) | (span.now["confidence_band"] == "low")
    order = span.now[is_flagged].sort_values(["confidence", "feedback_id"])
    return _listed(order, span.period, has_answers, titles)


def wanting_answer(rows: pd.DataFrame) -> pd.DataFrame:
    """Leave out praise and rows without content.

    Args:
        rows: Scored rows.

    Returns:
        Those that somebody has to answer.
    """
    return rows[~rows["intent"].isin(_NO_ANSWER_NEEDED)]


def common_reasons(rows: pd.DataFrame, n: int = 2) -> tuple[str, ...]:
    """Name the most frequent reasons for urgency.

    Args:
        rows: Urgent rows.
        n: How many at most.

    Returns:
        The reasons, the most frequent first, without the words that each row said it in.
    """
    counts = Counter(
        _QUOTED.sub("", str(reason)) for cell in rows["urgency_reasons"] for reason in list_of(cell)
    )
    ranked = sorted(counts, key=lambda reason: (-counts[reason], reason))
    return tuple(plain(reason) for reason in ranked[:n])


def _listed(rows: pd.DataFrame, period: Period, has_answers: bool, titles: Titles) -> RowList:
    shown = rows.head(_MAX_ROWS).to_dict("records")
    n_urgent = int((rows["urgency"] == "high").sum())
    return RowList(
        len(rows), n_urgent, tuple(_row(row, period, has_answers, titles) for row in shown)
    )


def _row(row: dict[Any, Any], period: Period, has_answers: bool, titles: Titles) -> Row:
    return Row(
        feedback_id=plain(row["feedback_id"]),
        created_at=iso(row["created_at"]) or "",
        channel=titles.of("channel", row["channel"]),
        type=titles.of("type", row["type"]),
        urgency=row["urgency"],
        urgency_score=_number(row["urgency_score"]),
        confidence=_number(row["confidence"]),
        reasons=tuple(plain(str(reason)) for reason in list_of(row["urgency_reasons"])),
        respond_due=iso(row["respond_due"]),
        status=_status(row, period.end, has_answers),
        department=plain(row["department"]),
        excerpt=cut(row["text"], evidence_spans(row["evidence"])),
        text=cut(row["text"], length=_MAX_TEXT).text,
    )


def evidence_spans(cell: Any) -> list[tuple[int, int]]:
    """Read the spans of a row's evidence.

    Args:
        cell: The `evidence` column's value.

    Returns:
        Start and end of each; what cannot be read is left out.
    """
    found = [item for item in list_of(cell) if isinstance(item, dict)]
    pairs = [(item.get("start"), item.get("end")) for item in found]
    return [(int(a), int(b)) for a, b in pairs if isinstance(a, int) and isinstance(b, int)]


def _status(row: dict[Any, Any], end: datetime, has_answers: bool) -> Status:
    is_over = bool(row["respond_due"] < end)
    if not has_answers:
        return "unverified" if is_over else "not_due"
    if row["answered_at"] < end:
        return "answered"
    return "overdue" if is_over else "open"


def _is_true(value: Any) -> bool:
    return str(value).lower() in ("true", "1")


def _number(value: Any) -> float | None:
    return float(value) if value == value else None


def iso(value: Any) -> str | None:
    """Write a moment.

    Args:
        value: A moment of any zone, or nothing.

    Returns:
        ISO 8601 in Shanghai's time, to the minute; None for nothing.
    """
    return None if pd.isna(value) else value.astimezone(SHANGHAI).isoformat(timespec="minutes")
