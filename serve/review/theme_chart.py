"""A theme's weeks as a chart, with what was done and released marked on it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from nicegui import ui

from serve.review.tags import tag
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.theme_views import ThemeDetail, WeekCount

_BAR, _LINE = "#4a86c0", "#c46a1b"
_GRID = "rgba(128,128,128,0.3)"  # on light and on dark
_MARKED = ("close", "reopen", "regressed")


def draw_trend(t: Words, detail: ThemeDetail, releases: Sequence[tuple[str, str]]) -> None:
    """Draw the chart, and the same as a table for those who cannot see it.

    Args:
        t: The language.
        detail: The theme.
        releases: Versions and the week each was first seen in.
    """
    weeks = detail.weeks
    marks = _marks(t, detail, releases, {line.week for line in weeks})
    words = "；".join(f"{week} {name}" for week, name in marks)
    label = f"{t('theme.trend')}:{'、'.join(f'{w.week} {w.n}' for w in weeks)}。{words}"
    chart = ui.echart(_options(t, weeks, marks), renderer="svg").classes("chart")
    chart._props["role"] = "img"
    chart._props["aria-label"] = label
    if marks:
        with tag("ul", classes="plain small soft"):
            for week, name in marks:
                tag("li", f"{week}  {name}")


def _marks(
    t: Words, detail: ThemeDetail, releases: Sequence[tuple[str, str]], weeks: set[str]
) -> list[tuple[str, str]]:
    found = [(week, t("theme.release", version=version)) for version, week in releases]
    if detail.theme.action_on:
        found.append((_week(detail.theme.action_on), t("theme.acted")))
    for event in detail.events:
        if event.kind in _MARKED and event.week and not event.is_undone:
            found.append((event.week, t.of("event", event.kind)))
    return sorted({mark for mark in found if mark[0] in weeks})


def _week(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"


def _options(
    t: Words, weeks: Sequence[WeekCount], marks: Sequence[tuple[str, str]]
) -> dict[str, Any]:
    by_week: dict[str, list[str]] = {}
    for week, name in marks:
        by_week.setdefault(week, []).append(name)
    lines = [
        {"xAxis": week, "label": {"formatter": " · ".join(names), "position": "end"}}
        for week, names in by_week.items()
    ]
    shares = [None if w.share is None else round(w.share * 100, 2) for w in weeks]
    return {
        "animation": False,
        "grid": {"left": 44, "right": 48, "top": 46, "bottom": 30},
        "legend": {"top": 0, "left": 0},
        "tooltip": {"trigger": "axis", "renderMode": "richText"},
        "xAxis": {"type": "category", "data": [w.week for w in weeks]},
        "yAxis": [
            {"type": "value", "minInterval": 1, "splitLine": {"lineStyle": {"color": _GRID}}},
            {
                "type": "value",
                "axisLabel": {"formatter": "{value} %"},
                "splitLine": {"show": False},
            },
        ],
        "series": [
            {
                "type": "bar",
                "name": t("theme.rows"),
                "data": [w.n for w in weeks],
                "itemStyle": {"color": _BAR},
                "barMaxWidth": 44,
                "markLine": {"symbol": "none", "data": lines, "lineStyle": {"color": _LINE}},
            },
            {
                "type": "line",
                "name": t("theme.share"),
                "yAxisIndex": 1,
                "data": shares,
                "itemStyle": {"color": _LINE},
            },
        ],
    }
