"""The fields of rows as they come in, made ready for the model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from models.deadlines import SHANGHAI
from models.urgency import Context

_NOTHING_KNOWN = Context()


def checked(columns: Mapping[str, Sequence[Any]]) -> Sequence[str]:
    """Give the texts; `ValueError` names the row that has none."""
    for text, feedback_id in zip(columns["text"], columns["feedback_id"], strict=True):
        if not isinstance(text, str):
            kind = type(text).__name__
            raise ValueError(f"row {feedback_id!r}: text must be a string, got {kind}")
    return columns["text"]


def moment(value: datetime | str | None, as_of: datetime | None) -> datetime:
    """Give the moment that deadlines are counted from; `ValueError` if there is none."""
    found = value or as_of
    if found is None:
        raise ValueError("a row without created_at needs as_of, the time to count deadlines from")
    if isinstance(found, str):
        found = datetime.fromisoformat(found)
    return found.replace(tzinfo=SHANGHAI) if found.tzinfo is None else found


def context(contacts: Any, tier: str | None, csat: float | None) -> Context:
    """Give what is known of a row besides its words."""
    if contacts is None and tier is None and csat is None:
        return _NOTHING_KNOWN
    return Context(None if contacts is None else int(contacts), tier, csat)
