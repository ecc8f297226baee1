"""Making themes of clusters, and naming them so that no two share a name."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from models.theme_report import Theme
from pipeline.store.theme_editing import insert_theme
from pipeline.store.theme_rows import next_id
from pipeline.store.theme_tables import theme, theme_event, theme_week

_MAX_NAME = 12


def bear(connection: Connection, born: Theme) -> str:
    """Make a theme of a cluster.

    Args:
        connection: Holds the lock.
        born: What the clusterer said of it.

    Returns:
        Its id.
    """
    theme_id = next_id(connection)
    insert_theme(
        connection,
        theme_id,
        _free_name(connection, born, theme_id),
        is_named=False,
        keywords=list(born.keywords),
        department=born.department,
        kind=born.root_cause_kind,
    )
    return theme_id


def _free_name(connection: Connection, born: Theme, theme_id: str) -> str:
    """The clusterer's name, or one that a keyword tells apart from an older theme's."""
    stem = born.name[: _MAX_NAME - len(theme_id)]
    longer = [f"{born.name}·{word}" for word in born.keywords if word not in born.name]
    for name in (born.name, *(name for name in longer if len(name) <= _MAX_NAME), stem + theme_id):
        taken = (theme.c.name == name) & theme.c.merged_into.is_(None)
        if connection.execute(select(theme.c.id).where(taken)).first() is None:
            return name
    return theme_id


def free_names(connection: Connection) -> None:
    """Let go of the names of themes that a week written again has left empty.

    Args:
        connection: Holds the lock.
    """
    used = select(theme_week.c.theme_id)
    touched = select(theme_event.c.theme_id).where(
        theme_event.c.is_human & theme_event.c.theme_id.is_not(None)
    )
    is_empty = theme.c.id.not_in(used) & theme.c.id.not_in(touched) & ~theme.c.is_named
    connection.execute(
        update(theme).where(is_empty & (theme.c.name != theme.c.id)).values(name=theme.c.id)
    )
