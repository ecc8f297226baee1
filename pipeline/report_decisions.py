"""What got worse, what was decided about it, and whether it helped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sqlalchemy import select

from pipeline.report_facts import ActionEffect, Decision, Mover
from pipeline.report_period import Period
from pipeline.report_segments import Cluster, telling
from pipeline.store.theme_effects import theme_effect
from pipeline.store.theme_states import read_closings
from pipeline.store.theme_tables import theme
from pipeline.store.theme_views import ThemeView

if TYPE_CHECKING:
    from pipeline.store.engine import Store

_WORSE = ("regressed", "growing", "new")
_LEAST_NEW = 5


def movers(views: Sequence[ThemeView], clusters: Sequence[Cluster]) -> list[Mover]:
    """Find the themes that got worse.

    Args:
        views: All themes of the week.
        clusters: Where themes are far above elsewhere, the surest first.

    Returns:
        What came back first, then what grew, then what is new; the largest change first.
    """
    worse = [v for v in views if v.status in _WORSE and (v.status != "new" or v.n >= _LEAST_NEW)]
    where: dict[str, Cluster] = {}
    for cluster in telling(clusters, len(clusters)):
        where.setdefault(cluster.theme_id, cluster)
    worse.sort(key=lambda v: (_WORSE.index(v.status), -(v.n - (v.expected or 0)), v.id))
    return [
        Mover(
            view.id,
            view.name,
            view.status.value,
            view.status_title,
            view.n,
            view.n_before,
            view.department,
            view.owner,
            where.get(view.id),
        )
        for view in worse
        if view.n
    ]


def decisions(store: Store, views: Sequence[ThemeView], period: Period) -> dict[str, Decision]:
    """Read what the team made of each theme.

    Args:
        store: The store.
        views: The themes.
        period: A day before its end that has passed is late.

    Returns:
        Theme id to decision.
    """
    query = select(theme.c.id, theme.c.whys, theme.c.fishbone)
    with store.read() as connection:
        causes = {row.id: (tuple(row.whys), row.fishbone) for row in connection.execute(query)}
    found = {}
    for view in views:
        whys, fishbone = causes[view.id]
        is_late = view.due is not None and view.due < period.end.date()
        found[view.id] = Decision(
            theme_id=view.id,
            status=view.status.value,
            status_title=view.status_title,
            kind=view.kind,
            whys=whys,
            fishbone=fishbone,
            owner=view.owner,
            action=view.action,
            due=view.due,
            is_late=is_late and view.status != "resolved",
            version=view.version,
        )
    return found


def action_effects(
    store: Store, views: Sequence[ThemeView], week: str | None
) -> list[ActionEffect]:
    """Compare before and after of every theme with an action in force, or once closed.

    Args:
        store: The store.
        views: The themes.
        week: The last week to look at.

    Returns:
        The oldest first.
    """
    with store.read() as connection:
        closings = read_closings(connection, week)
    found = []
    for view in views:
        if view.action_on is None and view.status not in ("resolved", "regressed"):
            continue
        effect = theme_effect(store, view.id, week)
        if effect is not None:
            since = view.action_on.isoformat() if view.action_on else closings[view.id]
            row = (view.id, view.name, view.status_title, view.department, view.owner, view.action)
            found.append(ActionEffect(*row, since=since, effect=effect))
    return sorted(found, key=lambda action: (action.since, action.theme_id))
