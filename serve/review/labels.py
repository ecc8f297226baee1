"""Names of labels, dates and figures as people read them."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from models.taxonomy import Taxonomy
from pipeline.report_period import Period
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.report_statistics import Estimate

URGENCY_TONES = {"high": "bad", "medium": "warn", "low": ""}


@cache
def taxonomy() -> Taxonomy:
    """Load the label names that ship with the model."""
    from models.artifact import DEFAULT_FOLDER

    return Taxonomy.load(DEFAULT_FOLDER / "taxonomy.yaml")


def label(t: Words, level: Any, name: str) -> str:
    """Name a label; one that the taxonomy does not know stands for itself."""
    try:
        return taxonomy().title(level, name, "zh" if t.lang == "zh" else "en")
    except ValueError:
        return name


def when(t: Words, moment: datetime | None) -> str:
    """Write a moment."""
    if moment is None:
        return "–"
    if t.lang == "zh":
        return f"{moment.month}月{moment.day}日 {moment:%H:%M}"
    return f"{moment:%d %b %H:%M}"


def day(t: Words, value: date | datetime | None) -> str:
    """Write a day."""
    if value is None:
        return "–"
    return f"{value.month}月{value.day}日" if t.lang == "zh" else f"{value:%d %b %Y}"


def week_title(t: Words, week: str) -> str:
    """Name a week with its days."""
    period = Period.of_week(week)
    first, last = period.days[0], period.days[-1]
    year, number = week.split("-W")
    return t("weeks.title", year=year, number=int(number), start=day(t, first), end=day(t, last))


def percent(share: float | None, digits: int = 0) -> str:
    """Write a share."""
    return "–" if share is None else f"{share * 100:.{digits}f} %"


def change(now: float, before: float | None) -> str:
    """Write how a count moved."""
    if before is None:
        return "–"
    if not before:
        return "+" + f"{now:,.0f}" if now else "0"
    percent_moved = round((now - before) / before * 100)
    return f"{percent_moved:+d} %".replace("-", "−") if percent_moved else "±0 %"


def interval(estimate: Estimate, scale: float = 1.0, digits: int = 0) -> tuple[str, str, str]:
    """Write a figure and the ends of its interval; empty ends where there are none."""

    def one(value: float | None) -> str:
        return "" if value is None else f"{value * scale:.{digits}f}".replace("-", "−")

    return one(estimate.value), one(estimate.low), one(estimate.high)


def segment_value(t: Words, dimension: str, value: Any) -> str:
    """Write a value of a dimension as people read it.

    Args:
        t: The language.
        dimension: Such as channel.
        value: As it is stored.

    Returns:
        The words.
    """
    if dimension == "type":
        return label(t, "type", str(value))
    if isinstance(value, float):
        return f"{value:g}"
    group = {"channel": "channel", "customer_tier": "tier"}.get(dimension)
    return t.of(group, str(value)) if group else str(value)
