"""One row of feedback, as the store keeps it and as it is given back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import RowMapping

from models.deadlines import SHANGHAI
from models.errors import DataError
from models.privacy import mask
from models.results import RESULT_FIELDS, Evidence, FeedbackResult
from pipeline.ingest_cells import is_missing
from pipeline.ingest_dates import read_moment

NEEDED = (*RESULT_FIELDS, "created_at")
LABELS = ("channel", "product", "version", "region", "touchpoint", "customer_id", "customer_tier")
SCORES = ("csat", "nps", "ces")
OPTIONAL = (*LABELS, *SCORES, "contact_count", "answered_at", "closed_at")
NO_ANSWER_NEEDED = ("praise", "invalid")
_MOMENTS = ("acknowledge_due", "respond_due", "resolve_due", "created_at")
_LISTS = ("types", "urgency_reasons")
_NUMBERS = ("confidence", "urgency_score")


@dataclass(frozen=True, slots=True)
class Feedback:
    """One stored row.

    Attributes:
        result: What the model said.
        created_at: When the customer wrote; this and all moments are in Asia/Shanghai.
        week: ISO week of `created_at`, such as 2026-W47.
        channel: Where it came in.
        product: What it is about.
        version: Of the product.
        region: Where the customer is.
        touchpoint: Which step of the customer's journey.
        customer_id: The customer's keyed hash.
        customer_tier: new, regular or vip.
        csat: 1 to 5.
        nps: 0 to 10.
        ces: 1 to 7.
        contact_count: How often the customer wrote about this.
        answered_at: When the customer had an answer; None while not.
        answered_by: Who answered.
        closed_at: When the matter was solved; None while not.
        closed_by: Who closed it.
        review: waiting, settled or conflict; None when nobody need look.
    """

    result: FeedbackResult
    created_at: datetime
    week: str
    channel: str | None = None
    product: str | None = None
    version: str | None = None
    region: str | None = None
    touchpoint: str | None = None
    customer_id: str | None = None
    customer_tier: str | None = None
    csat: float | None = None
    nps: float | None = None
    ces: float | None = None
    contact_count: int | None = None
    answered_at: datetime | None = None
    answered_by: str | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    review: str | None = None

    @property
    def feedback_id(self) -> str:
        """The row's id."""
        return self.result.feedback_id

    def is_overdue(self, now: datetime) -> bool:
        """Tell whether the time to answer is over.

        Args:
            now: The moment to judge by.

        Returns:
            True for a row that wants an answer, has none and is past `respond_due`.
        """
        wants = self.result.intent not in NO_ANSWER_NEEDED
        return wants and not (self.answered_at or self.closed_at) and self.result.respond_due < now


_KEPT = tuple(name for name in Feedback.__dataclass_fields__ if name != "result")


def from_row(row: RowMapping) -> Feedback:
    """Turn a row of the table into feedback.

    Args:
        row: Columns of `tables.feedback`.

    Returns:
        The feedback.
    """
    said = {name: row[name] for name in RESULT_FIELDS}
    said["types"] = tuple(said["types"])
    said["urgency_reasons"] = tuple(said["urgency_reasons"])
    said["evidence"] = tuple(Evidence(**span) for span in said["evidence"])
    return Feedback(FeedbackResult(**said), **{name: row[name] for name in _KEPT})


def to_row(cells: Mapping[str, Any], saved_at: datetime) -> dict[str, Any]:
    """Turn a scored row, from a frame, a file or the API, into a row of the table.

    Args:
        cells: Column to value; a list may be an array or JSON text, a moment ISO text.
        saved_at: Now.

    Returns:
        Values for `tables.feedback`, without `row_id`.

    Raises:
        DataError: If a cell cannot be used; names the row and the column.
    """
    row: dict[str, Any] = {}
    column = "feedback_id"
    try:
        for column in NEEDED:
            row[column] = _needed(column, cells[column])
        for column in OPTIONAL:
            row[column] = _optional(column, cells.get(column))
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"row {cells.get('feedback_id')!r}, column {column!r}: expected what `huiyin score` "
            f"writes ({error})"
        ) from error
    _mask_again(row)
    row["week"] = week_of(row["created_at"])
    row["review"] = "waiting" if row["needs_review"] else None
    row["saved_at"] = saved_at
    row["open_rank"] = _open_rank(row)
    return row


def week_of(moment: datetime) -> str:
    """Name the ISO week of a moment, in Shanghai's days.

    Args:
        moment: An aware moment.

    Returns:
        Such as `2026-W47`.
    """
    year, week, _ = moment.astimezone(SHANGHAI).isocalendar()
    return f"{year}-W{week:02d}"


def _open_rank(row: Mapping[str, Any]) -> int | None:
    if row["intent"] in NO_ANSWER_NEEDED or row["answered_at"] or row["closed_at"]:
        return None
    return {"high": 0, "medium": 1}.get(row["urgency"], 2)


def _needed(column: str, value: Any) -> Any:
    if column in _MOMENTS:
        return _moment(value)
    if column in _LISTS:
        return [_clean(str(item)) for item in _list(value)]
    if column in _NUMBERS:
        return float(value)
    if column == "evidence":
        return [
            {"label": span["label"], "start": int(span["start"]), "end": int(span["end"])}
            for span in _list(value)
        ]
    if column == "redactions":
        return {str(kind): int(n) for kind, n in _pairs(value)}
    if column == "needs_review":
        return value.strip().lower() == "true" if isinstance(value, str) else bool(value)
    if not isinstance(value, str) or (not value and column != "text"):
        raise ValueError(f"expected text, got {type(value).__name__}")
    return _clean(value)


def _optional(column: str, value: Any) -> Any:
    if is_missing(value) or str(value) in ("NaT", "<NA>"):
        return None
    if column in SCORES:
        return float(value)
    if column == "contact_count":
        return int(float(value))
    return _moment(value) if column in ("answered_at", "closed_at") else _clean(str(value))


def _moment(value: Any) -> datetime:
    return read_moment(value.to_pydatetime() if hasattr(value, "to_pydatetime") else value)


def _list(value: Any) -> list[Any]:
    if isinstance(value, str):
        value = json.loads(value) if value else []
    if isinstance(value, (list, tuple, np.ndarray)):
        return list(value)
    raise ValueError(f"expected a list, got {type(value).__name__}")


def _pairs(value: Any) -> list[tuple[str, int]]:
    if isinstance(value, str):
        value = json.loads(value) if value else {}
    return sorted(value.items()) if isinstance(value, dict) else [(k, n) for k, n in _list(value)]


def _clean(text: str) -> str:
    """Replace what PostgreSQL cannot hold, one character by one: offsets point into the text."""
    return text.replace("\0", "\ufffd") if "\0" in text else text


def _mask_again(row: dict[str, Any]) -> None:
    """Whoever made the frame: what is stored is masked. Scored rows already are."""
    masked = mask(row["text"])
    if masked.spans:
        row["text"] = masked.text
        row["evidence"] = []  # its offsets point into the text as it was
        row["redactions"] = row["redactions"] | masked.redactions
    row["urgency_reasons"] = [mask(reason).text for reason in row["urgency_reasons"]]
