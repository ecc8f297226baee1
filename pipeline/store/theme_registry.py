"""Reading themes: the state of this week or of any past one.

Structure is today's: themes that were merged since are counted together in past weeks too. Sizes,
shares, status and lineage are those of the week that is looked at.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from models.errors import StoreError
from pipeline.store.engine import Store
from pipeline.store.theme_board import Board, read_board
from pipeline.store.theme_rows import family_of, read_theme
from pipeline.store.theme_tables import (
    theme_event,
    theme_fit,
    theme_link,
    theme_week,
)
from pipeline.store.theme_undo import TITLES
from pipeline.store.theme_views import (
    EventView,
    LinkView,
    ThemeDetail,
    ThemeView,
    WeekCount,
)
from pipeline.theme_life import Status

_MACHINE_TITLES = {"fit": "聚类", "regressed": "复发", "return": "重现", "birth": "新出现"}
_MAX_EVENTS = 200


def list_themes(
    store: Store,
    week: str | None = None,
    status: str | None = None,
    *,
    owner: str | None = None,
    department: str | None = None,
    query: str | None = None,
    is_rare_rising: bool | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> list[ThemeView]:
    """List the themes as of a week, the largest first.

    Args:
        store: The store.
        week: Such as `2026-W47`; None takes the newest fitted week.
        status: Only these, such as growing.
        owner: Only this owner's.
        department: Only this department's.
        query: Only names or keywords that contain this.
        is_rare_rising: Only those that are, or are not, rare but rising.
        limit: At most so many.
        offset: Leave out so many first.

    Returns:
        Themes; those first seen after the week are left out.

    Raises:
        StoreError: If the week was never fitted or the status is unknown.
    """
    if status is not None and status not in set(Status):
        raise StoreError(f"没有状态 {status!r};可选 {'、'.join(Status)}")
    with store.read() as connection:
        views = read_board(connection, week).views()
    kept = [
        view
        for view in views
        if (status is None or view.status == status)
        and (owner is None or view.owner == owner)
        and (department is None or view.department == department)
        and (is_rare_rising is None or view.is_rare_rising == is_rare_rising)
        and (not query or any(query in text for text in (view.name, *view.keywords)))
    ]
    return kept[offset : None if limit is None else offset + limit]


def get_theme(store: Store, theme_id: str, week: str | None = None) -> ThemeDetail:
    """Read all about one theme as of a week.

    Args:
        store: The store.
        theme_id: Its id; of a merged theme the one that stands for it is shown.
        week: Such as `2026-W47`; None takes the newest fitted week.

    Returns:
        The theme; when it was first seen after the week, its counts are zero.

    Raises:
        UnknownThemeError: If there is none.
    """
    with store.read() as connection:
        root = str(read_theme(connection, theme_id)["root_id"])
        row = read_theme(connection, root)
        family = family_of(connection, root)
        board = read_board(connection, week, always=root)
        return ThemeDetail(
            theme=board.view(root),
            merged_into=root if root != theme_id else None,
            members=tuple(id_ for id_ in family if id_ != root),
            weeks=_weeks(connection, root, board),
            links=_links(connection, family, board.week),
            events=tuple(_read_events(connection, family, _MAX_EVENTS)),
            whys=tuple(row["whys"]),
            fishbone=row["fishbone"],
        )


def list_events(store: Store, theme_id: str | None = None, limit: int = 100) -> list[EventView]:
    """Read the audit trail, the newest first.

    Args:
        store: The store.
        theme_id: Only of this theme and what was merged into it; None takes all.
        limit: At most so many.

    Returns:
        Events.
    """
    with store.read() as connection:
        family = None
        if theme_id is not None:
            family = family_of(connection, read_theme(connection, theme_id)["root_id"])
        return _read_events(connection, family, limit)


def list_weeks(store: Store) -> list[dict[str, Any]]:
    """List the fitted weeks, the newest first.

    Args:
        store: The store.

    Returns:
        week, n_complaints, n_mentions, n_rare and fitted_at of each.
    """
    names = ("week", "n_complaints", "n_mentions", "n_rare", "fitted_at")
    query = select(*(theme_fit.c[name] for name in names)).order_by(theme_fit.c.week.desc())
    with store.read() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def _weeks(connection: Connection, root: str, board: Board) -> tuple[WeekCount, ...]:
    if board.week is None:
        return ()
    fits = select(theme_fit.c.week, theme_fit.c.n_complaints).where(theme_fit.c.week <= board.week)
    names = ("week", "n_family", "change", "name")
    own = select(*(theme_week.c[name] for name in names)).where(theme_week.c.theme_id == root)
    rows = {row.week: row for row in connection.execute(own)}
    found: list[WeekCount] = []
    for week, total in connection.execute(fits.order_by(theme_fit.c.week)):
        row = rows.get(week)
        if row is None and not found:
            continue
        n = row.n_family if row else 0
        change, name = (row.change, row.name) if row else ("", "")
        found.append(WeekCount(week, n, n / total if total else None, change, name))
    return tuple(found)


def _links(connection: Connection, family: list[str], week: str | None) -> tuple[LinkView, ...]:
    in_family = theme_link.c.from_id.in_(family) | theme_link.c.to_id.in_(family)
    query = select(theme_link).where(in_family & ~theme_link.c.is_void).order_by(theme_link.c.id)
    if week is not None:
        query = query.where(theme_link.c.week.is_(None) | (theme_link.c.week <= week))
    return tuple(
        LinkView(row.kind, row.from_id, row.to_id, row.week, row.is_human)
        for row in connection.execute(query)
    )


def _read_events(connection: Connection, family: list[str] | None, limit: int) -> list[EventView]:
    query = select(theme_event).order_by(theme_event.c.id.desc()).limit(limit)
    if family is not None:
        query = query.where(theme_event.c.theme_id.in_(family))
    return [
        EventView(
            id=row.id,
            at=row.at,
            who=row.who,
            kind=row.kind,
            title={**TITLES, **_MACHINE_TITLES}.get(row.kind, row.kind),
            theme_id=row.theme_id,
            week=row.week,
            before=row.before,
            after=row.after,
            is_human=row.is_human,
            is_undone=row.undone_by is not None,
        )
        for row in connection.execute(query)
    ]
