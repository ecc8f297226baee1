"""A report's input from the store: the period's rows, its themes, and what was done about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import select

from pipeline.report_compare import compare, measure
from pipeline.report_decisions import action_effects, decisions, movers
from pipeline.report_facts import StoreFacts
from pipeline.report_period import Period
from pipeline.report_segments import Cluster, group_scores, low_marks, telling, theme_clusters
from pipeline.report_theme_files import QuoteEntry, ThemeEntry, ThemeFiles
from pipeline.store.period_rows import read_rows
from pipeline.store.theme_registry import list_themes, list_weeks
from pipeline.store.theme_tables import mention, theme
from pipeline.store.theme_views import ThemeView

if TYPE_CHECKING:
    from pipeline.store.engine import Store

_MAX_CLUSTERS, _MAX_MARKS = 12, 8


def read_report_rows(store: Store, period: Period) -> pd.DataFrame:
    """Read the rows that a report of a period needs.

    Args:
        store: The store.
        period: The period.

    Returns:
        Rows of this and the last period, and older ones that are still open; `answered_at` only
        where anybody ever noted an answer.
    """
    rows = read_rows(store, period.previous.start, period.end, with_open_before=True)
    return rows if rows["answered_at"].notna().any() else rows.drop(columns="answered_at")


def read_store_themes(store: Store, period: Period) -> tuple[str | None, ThemeFiles | None]:
    """Read the themes as of the period's last fitted week.

    Args:
        store: The store.
        period: The period.

    Returns:
        The week and its themes with the mentions of this and the last period; None and None when
        no week was fitted by then.
    """
    week = _last_fitted(store, period)
    if week is None:
        return None, None
    views = list_themes(store, week)
    return week, ThemeFiles(tuple(map(_entry, views)), _mentions(store, period))


def read_facts(
    store: Store, period: Period, rows: pd.DataFrame, files: ThemeFiles | None, week: str | None
) -> StoreFacts:
    """Work out what the rows alone do not say.

    Args:
        store: The store.
        period: The period.
        rows: From `read_report_rows`.
        files: From `read_store_themes`.
        week: Likewise.

    Returns:
        The facts; they depend on the store and the period alone, not on the clock.
    """
    created = rows["created_at"]
    now = rows[(created >= period.start) & (created < period.end)]
    last = period.previous
    before = rows[(created >= last.start) & (created < last.end)]
    views = [] if week is None else list_themes(store, week)
    clusters = theme_places(now, files)
    measured = measure(store, period)
    return StoreFacts(
        week=week,
        sums=measured.sums,
        compared=compare(store, period, measured),
        promises=measured.promises,
        repeat=measured.repeat,
        groups=tuple(group_scores(now, before)),
        clusters=tuple(telling(clusters, _MAX_CLUSTERS)),
        low_marks=tuple(low_marks(now)[:_MAX_MARKS]),
        movers=tuple(movers(views, clusters)),
        decisions=decisions(store, views, period),
        actions=tuple(action_effects(store, views, week)),
    )


def _last_fitted(store: Store, period: Period) -> str | None:
    last_day = period.days[-1].isocalendar()
    latest = f"{last_day.year}-W{last_day.week:02d}"
    return max((fit["week"] for fit in list_weeks(store) if fit["week"] <= latest), default=None)


def _entry(view: ThemeView) -> ThemeEntry:
    return ThemeEntry(
        id=view.id,
        name=view.name,
        keywords=view.keywords,
        quotes=tuple(
            QuoteEntry(feedback_id=q.feedback_id, text=q.text, start=q.start, end=q.end)
            for q in view.quotes
        ),
        size=view.n,
        department=view.department,
        root_cause_kind=view.kind,
    )


def _mentions(store: Store, period: Period) -> pd.DataFrame:
    """Read the mentions of the weeks that this and the last period touch."""
    first, last = period.previous.days[0].isocalendar(), period.days[-1].isocalendar()
    m = mention.c
    query = (
        select(m.feedback_id, theme.c.root_id, m.start, m.end, m.score)
        .outerjoin(theme, theme.c.id == m.theme_id)
        .where(m.week >= f"{first.year}-W{first.week:02d}")
        .where(m.week <= f"{last.year}-W{last.week:02d}")
        .order_by(m.feedback_id, m.start, m.end)
    )
    with store.read() as connection:
        records = [tuple(row) for row in connection.execute(query)]
    names = ["feedback_id", "theme_id", "start", "end", "score"]
    found = pd.DataFrame(records, columns=names)
    return found.assign(theme_id=found["theme_id"].fillna("").astype(object))


def theme_places(now: pd.DataFrame, files: ThemeFiles | None) -> list[Cluster]:
    """Find where the themes are far above elsewhere.

    Args:
        now: The period's rows.
        files: Themes with their mentions; None has none.

    Returns:
        The surest first.
    """
    if files is None or files.mentions is None or now.empty:
        return []
    complaints = now[now["intent"] == "complaint"]
    inside = files.mentions[files.mentions["feedback_id"].isin(complaints["feedback_id"])]
    names = {entry.id: entry.name for entry in files.themes}
    members = {
        str(theme_id): frozenset(rows["feedback_id"])
        for theme_id, rows in inside.groupby("theme_id")
        if theme_id in names
    }
    return theme_clusters(complaints, members, names)
