"""What the store's addresses answer, as the OpenAPI document shows it.

The same fields as the views of `pipeline.store.theme_views`; a test keeps the two in step.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel


class CorrectionOut(BaseModel):
    """One person's word on one field of one row."""

    correction_id: int
    feedback_id: str
    field: str
    old: Any
    new: Any
    who: str
    note: str | None
    provenance: str
    model_version: str
    status: str
    made_at: datetime


class Corrections(BaseModel):
    """What was noted."""

    corrections: list[CorrectionOut]


class Quote(BaseModel):
    """A customer's words, masked; `start` and `end` point into the row's text."""

    feedback_id: str
    text: str
    start: int
    end: int


class Theme(BaseModel):
    """A theme in one week."""

    id: str
    name: str
    version: int
    week: str | None
    status: str
    since: str | None
    n: int
    n_before: int | None
    share: float | None
    expected: float | None
    p: float | None
    q: float | None
    is_rare_rising: bool
    change: str
    keywords: list[str]
    quotes: list[Quote]
    department: str
    kind: str
    owner: str | None
    action: str | None
    due: date | None
    action_on: date | None
    is_named: bool
    born_week: str | None
    last_week: str | None
    status_title: str


class ThemeList(BaseModel):
    """Themes as of a week."""

    themes: list[Theme]
    week: str | None


class ThemeWeek(BaseModel):
    """A theme's size in one week."""

    week: str
    n: int
    share: float | None
    change: str
    name: str


class ThemeLink(BaseModel):
    """Where a theme came from or went."""

    kind: str
    from_id: str
    to_id: str
    week: str | None
    is_human: bool


class ThemeEvent(BaseModel):
    """A line of the audit trail."""

    id: int
    at: datetime
    who: str
    kind: str
    title: str
    theme_id: str | None
    week: str | None
    before: dict[str, Any]
    after: dict[str, Any]
    is_human: bool
    is_undone: bool


class ThemeDetail(BaseModel):
    """All about one theme."""

    theme: Theme
    merged_into: str | None
    members: list[str]
    weeks: list[ThemeWeek]
    links: list[ThemeLink]
    events: list[ThemeEvent]
    whys: list[str]
    fishbone: str | None


class Edit(BaseModel):
    """What an edit did; `event_id` is what undoing takes, `version` what the next edit needs."""

    event_id: int
    theme_id: str
    version: int
    created: str | None


class Edited(BaseModel):
    """An edit was stored."""

    edit: Edit
