"""Did an action on a theme, or its closing, help? Counts of weeks before and after."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy import Connection, RowMapping, select

from pipeline.report_period import Period
from pipeline.store.engine import Store
from pipeline.store.tables import feedback
from pipeline.store.theme_board import fitted_week
from pipeline.store.theme_rows import family_of, read_theme
from pipeline.store.theme_states import read_closings
from pipeline.store.theme_tables import mention, theme_fit, theme_week
from pipeline.theme_effect import Count, Effect, measure_effect

_BEFORE_WEEKS = 8


class Asked(NamedTuple):
    """A theme that stands for itself, and the week that is looked at."""

    root: RowMapping
    week: str | None


def theme_effect(store: Store, theme_id: str, week: str | None = None) -> Effect | None:
    """Say whether an action helped, without the other figures.

    Args:
        store: The store.
        theme_id: Its id; of a merged theme the one that stands for it is taken.
        week: The last week to look at; None takes the newest fitted week.

    Returns:
        Before and after the action, or after closing; None without either.
    """
    with store.read() as connection:
        return read_effect(connection, ask(connection, theme_id, week))


def ask(connection: Connection, theme_id: str, week: str | None) -> Asked:
    """Find what is asked about.

    Args:
        connection: Any.
        theme_id: A theme's id; of a merged theme the one that stands for it is taken.
        week: The last week to look at; None takes the newest fitted week.

    Returns:
        The theme and the week.
    """
    row = read_theme(connection, theme_id)
    return Asked(read_theme(connection, row["root_id"]), fitted_week(connection, week))


def read_effect(connection: Connection, asked: Asked) -> Effect | None:
    """Compare the weeks before a theme's action, or its closing, with those after.

    Args:
        connection: Any.
        asked: The theme and the last week to look at.

    Returns:
        Before and after; None without an action or closing.
    """
    root = asked.root["id"]
    since = asked.root["action_on"]
    if since is None:
        # Of a theme that is back too: its rows since the closing say that it did not hold.
        closed = read_closings(connection, asked.week).get(root)
        if closed is None:
            return None
        since = Period.of_week(closed).end.date()
    return _effect(connection, root, family_of(connection, root), since, asked.week)


def _effect(
    connection: Connection, root: str, family: Sequence[str], since: date, week: str | None
) -> Effect:
    """Compare whole weeks; the week in which the action took effect is in neither."""
    fits = select(theme_fit.c.week, theme_fit.c.n_complaints, theme_week.c.n_family).outerjoin(
        theme_week, (theme_week.c.week == theme_fit.c.week) & (theme_week.c.theme_id == root)
    )
    before: list[Any] = []
    after: list[Any] = []
    for row in connection.execute(
        fits.where(theme_fit.c.week <= (week or "")).order_by(theme_fit.c.week)
    ):
        period = Period.of_week(row.week)
        if period.end.date() <= since:
            before.append(row)
        elif period.start.date() >= since:
            after.append(row)
    before = before[-_BEFORE_WEEKS:]
    return measure_effect(
        _count(before),
        _count(after),
        _customers(connection, family, [row.week for row in before]),
        _customers(connection, family, [row.week for row in after]),
    )


def _count(rows: Sequence[Any]) -> Count:
    return Count(sum(row.n_family or 0 for row in rows), sum(row.n_complaints for row in rows))


def _customers(connection: Connection, family: Sequence[str], weeks: Sequence[str]) -> set[str]:
    query = (
        select(feedback.c.customer_id)
        .join(mention, mention.c.feedback_id == feedback.c.feedback_id)
        .where(mention.c.theme_id.in_(family), mention.c.week.in_(weeks))
        .where(feedback.c.customer_id.is_not(None))
    )
    return set(connection.execute(query.distinct()).scalars())
