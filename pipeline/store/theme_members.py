"""Edits of which mentions belong to a theme: assign, confirm, reject.

Each keeps to `theme_editing`: one transaction, `who`, an optional version, one event.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from pipeline.store.engine import Store
from pipeline.store.theme_counts import refresh_members
from pipeline.store.theme_editing import Edit, bump, editing
from pipeline.store.theme_errors import EditRefusedError
from pipeline.store.theme_rows import EventRecord, write_event
from pipeline.store.theme_verdicts import (
    Place,
    add_verdicts,
    read_mentions,
    read_roots,
    settle_mentions,
)
from pipeline.theme_rulings import ASSIGN, CONFIRM, REJECT

_MAX_MENTIONS = 100_000


def assign(
    store: Store,
    theme_id: str,
    mentions: Sequence[Place],
    *,
    who: str,
    version: int | None = None,
) -> Edit:
    """Put mentions of any other theme, or of none, into a theme.

    Args:
        store: The store.
        theme_id: The theme that takes them.
        mentions: Which, as (feedback_id, start, end).
        who: Who does it.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit.
    """
    return _judge(store, theme_id, mentions, ASSIGN, who, version)


def confirm(
    store: Store,
    theme_id: str,
    mentions: Sequence[Place],
    *,
    who: str,
    version: int | None = None,
) -> Edit:
    """Say that mentions of a theme belong there, so that no fit takes them away.

    Args:
        store: The store.
        theme_id: Their theme.
        mentions: Which of its mentions, as (feedback_id, start, end).
        who: Who does it.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit.
    """
    return _judge(store, theme_id, mentions, CONFIRM, who, version)


def reject(
    store: Store,
    theme_id: str,
    mentions: Sequence[Place],
    *,
    who: str,
    version: int | None = None,
) -> Edit:
    """Throw mentions out of a theme; no fit puts them back.

    Args:
        store: The store.
        theme_id: Their theme.
        mentions: Which of its mentions, as (feedback_id, start, end).
        who: Who does it.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit.
    """
    return _judge(store, theme_id, mentions, REJECT, who, version)


def _judge(
    store: Store, theme_id: str, mentions: Sequence[Place], kind: str, who: str, version: int | None
) -> Edit:
    with editing(store, theme_id, who, version) as (connection, _):
        rows = (
            _some(connection, mentions)
            if kind == ASSIGN
            else members_of(connection, theme_id, mentions)
        )
        after = {"mentions": [f"{r.feedback_id}:{r.start}:{r.end}" for r in rows[:100]]}
        event = EventRecord(kind, who, theme_id, after=after, reads=[f"{theme_id}:born"])
        event_id = write_event(connection, event)
        add_verdicts(connection, rows, kind, theme_id, who, event_id)
        settle(connection, rows)
        return Edit(event_id, theme_id, bump(connection, theme_id))


def _some(connection: Connection, mentions: Sequence[Place]) -> list[Any]:
    if not 0 < len(mentions) <= _MAX_MENTIONS:
        raise EditRefusedError(f"请选 1 到 {_MAX_MENTIONS:,} 处提及,收到 {len(mentions):,} 处")
    return read_mentions(connection, mentions)


def members_of(connection: Connection, theme_id: str, mentions: Sequence[Place]) -> list[Any]:
    """Read mentions that must belong to a theme.

    Args:
        connection: Any.
        theme_id: The theme; what was merged into it counts.
        mentions: Which.

    Returns:
        Rows of `mention`.

    Raises:
        EditRefusedError: If one belongs elsewhere.
    """
    rows = _some(connection, mentions)
    roots = read_roots(connection)
    for row in rows:
        if row.theme_id is None or roots[row.theme_id] != theme_id:
            where = "没有主题" if row.theme_id is None else f"属于 {roots[row.theme_id]}"
            raise EditRefusedError(
                f"提及 {row.feedback_id}:{row.start}:{row.end} 不在 {theme_id} 里({where});请刷新"
            )
    return rows


def settle(connection: Connection, rows: Sequence[Any]) -> None:
    """Let verdicts on mentions take effect.

    Args:
        connection: Holds the lock.
        rows: The mentions.
    """
    changed = settle_mentions(connection, [(r.feedback_id, r.start, r.end) for r in rows])
    refresh_members(connection, changed)
