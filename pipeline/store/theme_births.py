"""Making themes of clusters, and naming them so that no two share a name.

A name that a person gave never changes. A name that the machine gave changes only when what
customers say has: when fewer than half of its pairs of characters are still said in the theme, in
all the weeks by which it is known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from sqlalchemy import Connection, select, update

from models.theme_report import Theme
from pipeline.store.theme_editing import insert_theme
from pipeline.store.theme_rows import next_id
from pipeline.store.theme_tables import theme, theme_event, theme_week

_MAX_NAME = 12
_STILL_SAID = 0.5


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
        free_name(connection, born.name, born.keywords, theme_id),
        is_named=False,
        keywords=list(born.keywords),
        department=born.department,
        kind=born.root_cause_kind,
    )
    return theme_id


def rename_if_changed(
    connection: Connection, theme_id: str, found: Theme, phrases: Collection[str]
) -> str | None:
    """Give a theme its cluster's name if what is said in it has changed.

    Args:
        connection: Holds the lock.
        theme_id: A theme that stands for itself.
        found: This week's cluster of it.
        phrases: What is said in the theme, this week and in those by which it is known.

    Returns:
        The new name; None when the old one stays.
    """
    row = connection.execute(select(theme).where(theme.c.id == theme_id)).one()
    if row.is_named or is_still_said(row.name, phrases) or not found.name:
        return None
    name = free_name(connection, found.name, found.keywords, theme_id)
    connection.execute(update(theme).where(theme.c.id == theme_id).values(name=name))
    return name


def is_still_said(name: str, phrases: Collection[str]) -> bool:
    """Say whether a name is still about what customers say.

    Args:
        name: A theme's.
        phrases: Clauses.

    Returns:
        Whether at least half of its pairs of characters stand in one clause or another.

    Example:
        >>> is_still_said("汤洒了", ["汤全洒了", "洒了一袋"]), is_still_said("汤洒了", ["送餐慢"])
        (True, False)
    """
    said = {pair for phrase in phrases for pair in pairwise(phrase)}
    pairs = list(pairwise(name))
    if not pairs:
        return any(name in phrase for phrase in phrases)
    return sum(pair in said for pair in pairs) >= _STILL_SAID * len(pairs)


def free_name(connection: Connection, name: str, keywords: Sequence[str], theme_id: str) -> str:
    """Give a name that no other theme has.

    Args:
        connection: Holds the lock.
        name: The one wished for.
        keywords: Words that may tell it apart.
        theme_id: The theme that is to have it.

    Returns:
        The name itself, or with a keyword or the id; the id alone for no name.
    """
    longer = [f"{name}·{word}" for word in keywords if word not in name]
    stem = name[: _MAX_NAME - len(theme_id)]
    for wish in (name, *(wish for wish in longer if len(wish) <= _MAX_NAME), stem + theme_id):
        taken = (theme.c.name == wish) & theme.c.merged_into.is_(None) & (theme.c.id != theme_id)
        if wish and connection.execute(select(theme.c.id).where(taken)).first() is None:
            return wish
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
