"""What a reader gets of a theme: plain values, the same at every door."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

from pipeline.theme_life import STATUS_TITLES, Status


@dataclass(frozen=True, slots=True)
class QuoteView:
    """A customer's words; `start` and `end` point into the row's text."""

    feedback_id: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class WeekCount:
    """A theme in one week.

    Attributes:
        week: Such as `2026-W47`.
        n: Rows that mention it.
        share: Of that week's complaints; None when there were none.
        change: birth, continuation, return, split or edit; empty where it was not mentioned.
        name: What it was called when the week was fitted; empty likewise.
    """

    week: str
    n: int
    share: float | None
    change: str
    name: str


@dataclass(frozen=True, slots=True)
class ThemeView:
    """A theme in one week.

    Attributes:
        id: Such as `T0001`.
        name: Its name now.
        version: Send it along with an edit.
        week: The week that is looked at; None before the first fit.
        status: new, growing, stable, declining, quiet, resolved or regressed, in that week.
        since: The week since when it is resolved or regressed, else None.
        n: Rows of that week that mention it.
        n_before: Rows of the fitted week before; None without one.
        share: Of that week's complaints; None when there were none.
        expected: Rows that the weeks before led to expect; None with nothing to compare.
        p: Of the exact test of n against the weeks before; None likewise.
        q: The same adjusted for the number of themes; None likewise.
        is_rare_rising: Small, and yet more than before.
        change: birth, continuation, return, split or edit; empty when not mentioned.
        keywords: Telling words.
        quotes: At most five, of that week or the last one that has any.
        department: Who mends it, as suggested.
        kind: 产品缺陷, 流程漏洞 or 服务失误, as suggested; empty if unknown.
        owner: Who is to act.
        action: What is to be done.
        due: By when.
        action_on: The day on which the action took effect.
        is_named: Whether a person chose the name.
        born_week: First week; None when nobody has mentioned it yet.
        last_week: Last week, up to the one looked at; None likewise.
    """

    id: str
    name: str
    version: int
    week: str | None
    status: Status
    since: str | None
    n: int
    n_before: int | None
    share: float | None
    expected: float | None
    p: float | None
    q: float | None
    is_rare_rising: bool
    change: str
    keywords: tuple[str, ...]
    quotes: tuple[QuoteView, ...]
    department: str
    kind: str
    owner: str | None
    action: str | None
    due: date | None
    action_on: date | None
    is_named: bool
    born_week: str | None
    last_week: str | None

    @property
    def status_title(self) -> str:
        """What people read for the status."""
        return STATUS_TITLES[self.status]


@dataclass(frozen=True, slots=True)
class LinkView:
    """Where a theme came from or went: merge or split, by a person or seen by the machine."""

    kind: str
    from_id: str
    to_id: str
    week: str | None
    is_human: bool


@dataclass(frozen=True, slots=True)
class EventView:
    """A line of the audit trail.

    Attributes:
        id: What undoing takes.
        at: When, in Asia/Shanghai.
        who: Who did it.
        kind: rename, merge, split, …, or undo.
        title: The same in Chinese.
        theme_id: The theme it is about.
        week: The week it belongs to, if any.
        before: What it replaced.
        after: What it set.
        is_human: False for what the machine noticed.
        is_undone: Whether it was taken back.
    """

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


@dataclass(frozen=True, slots=True)
class MentionView:
    """A clause of a complaint.

    Attributes:
        feedback_id: The row.
        start: Index of its first character in the row's text.
        end: Index past its last.
        text: The clause, at most 200 characters.
        week: The row's week.
        theme_id: The theme that counts, merges followed; None for a rare mention.
        score: How close it is to its theme, in [0, 1].
        is_human: Whether a person put it there or threw it out.
    """

    feedback_id: str
    start: int
    end: int
    text: str
    week: str
    theme_id: str | None
    score: float
    is_human: bool


@dataclass(frozen=True, slots=True)
class ThemeDetail:
    """All that a theme's page shows but for facts that need the feedback (`theme_facts`).

    Attributes:
        theme: The theme in the week looked at.
        merged_into: Set when the id that was asked for is part of another theme: that one is shown.
        members: Ids merged into it.
        weeks: Every fitted week from its first on, up to the one looked at.
        links: Lineage.
        events: The audit trail, the newest first.
        whys: Five whys.
        fishbone: Its bone of the fishbone.
    """

    theme: ThemeView
    merged_into: str | None
    members: tuple[str, ...]
    weeks: tuple[WeekCount, ...]
    links: tuple[LinkView, ...]
    events: tuple[EventView, ...]
    whys: tuple[str, ...]
    fishbone: str | None


def as_record(view: Any) -> Any:
    """Give plain JSON-ready values.

    Args:
        view: Any view or effect, or a list of them.

    Returns:
        Dicts, lists, numbers and text; dates as ISO 8601.
    """
    if isinstance(view, (list, tuple)):
        return [as_record(item) for item in view]
    record = {key: _plain(value) for key, value in asdict(view).items()}
    if isinstance(view, ThemeView):
        record["status_title"] = view.status_title
    if isinstance(view, ThemeDetail):
        record["theme"] = as_record(view.theme)
    return record


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
