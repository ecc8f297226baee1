"""Edits of what themes there are: merge, split, describe.

Each keeps to `theme_editing`: one transaction, `who`, an optional version, one event.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, insert

from pipeline.store.engine import Store
from pipeline.store.theme_counts import refresh_families, refresh_members
from pipeline.store.theme_editing import (
    Edit,
    bump,
    check_free,
    check_name,
    check_stands,
    editing,
    insert_theme,
)
from pipeline.store.theme_errors import EditRefusedError
from pipeline.store.theme_members import members_of, settle
from pipeline.store.theme_rows import (
    EventRecord,
    last_week,
    lock,
    next_id,
    read_theme,
    update_roots,
    write_event,
)
from pipeline.store.theme_tables import theme_link
from pipeline.store.theme_verdicts import (
    Place,
    add_verdicts,
    rejected_places,
    settle_mentions,
)
from pipeline.theme_rulings import ASSIGN


def merge(store: Store, theme_id: str, into: str, *, who: str, version: int | None = None) -> Edit:
    """Let one theme stand for another from now on; past weeks are counted together too.

    Args:
        store: The store.
        theme_id: The theme that goes into the other.
        into: The theme that stays.
        who: Who does it.
        version: The version of `theme_id` that the editor saw; None does not check.

    Returns:
        The edit; its theme and version are those of `into`.
    """
    if theme_id == into:
        raise EditRefusedError(f"主题 {theme_id} 不能与自己合并;请选另一个主题")
    with editing(store, theme_id, who, version) as (connection, _):
        check_stands(read_theme(connection, into))
        bump(connection, theme_id, merged_into=into)
        new_version = bump(connection, into)
        event = EventRecord(
            "merge",
            who,
            into,
            before={"merged": theme_id},
            after={"into": into},
            writes=[f"{theme_id}:root"],
            reads=[f"{theme_id}:born", f"{into}:born", f"{into}:root"],
        )
        event_id = write_event(connection, event)
        _link(connection, "merge", theme_id, into, event_id)
        restructure(connection, [theme_id, into])
        return Edit(event_id, into, new_version)


def split(
    store: Store,
    theme_id: str,
    mentions: Sequence[Place],
    name: str,
    *,
    who: str,
    version: int | None = None,
) -> Edit:
    """Make a new theme from some mentions of one; like mentions follow in later weeks.

    Args:
        store: The store.
        theme_id: The theme to split.
        mentions: Which of its mentions leave, as (feedback_id, start, end).
        name: The new theme's name.
        who: Who does it.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit; `created` is the new theme.
    """
    name = check_name(name)
    with editing(store, theme_id, who, version) as (connection, row):
        rows = members_of(connection, theme_id, mentions)
        check_free(connection, name)
        created = next_id(connection)
        copied = {key: row[key] for key in ("department", "kind")}
        insert_theme(connection, created, name, is_named=True, **copied)
        event = EventRecord(
            "split",
            who,
            theme_id,
            before={},
            after={"created": created, "name": name, "n_mentions": len(rows)},
            writes=[f"{created}:born"],
            reads=[f"{theme_id}:born"],
        )
        event_id = write_event(connection, event)
        _link(connection, "split", theme_id, created, event_id)
        add_verdicts(connection, rows, ASSIGN, created, who, event_id)
        settle(connection, rows)
        return Edit(event_id, theme_id, bump(connection, theme_id), created)


def describe(store: Store, name: str, phrases: Sequence[str], *, who: str) -> Edit:
    """Make a theme from words alone: mentions like them join it when the next week is fitted.

    Args:
        store: The store.
        name: Its name.
        phrases: What customers would say, such as 验证码收不到.
        who: Who does it.

    Returns:
        The edit; `created` is the new theme.
    """
    name = check_name(name)
    seeds = [phrase.strip() for phrase in phrases if phrase.strip()]
    if not seeds or not who.strip():
        raise EditRefusedError("新主题至少要一句例子和操作人")
    with store.begin() as connection:
        lock(connection)
        check_free(connection, name)
        created = next_id(connection)
        insert_theme(connection, created, name, is_named=True, seeds=seeds)
        event = EventRecord(
            "describe",
            who,
            created,
            after={"created": created, "name": name},
            writes=[f"{created}:born"],
        )
        return Edit(write_event(connection, event), created, 1, created)


def restructure(connection: Connection, theme_ids: Sequence[str]) -> None:
    """Bring roots, mentions and counts in line after a merge or its undoing.

    Args:
        connection: Holds the lock.
        theme_ids: The themes concerned, with their roots of before.
    """
    update_roots(connection)
    changed = settle_mentions(connection, rejected_places(connection))
    if changed:
        refresh_members(connection, changed)
    refresh_families(connection, set(theme_ids) - changed)


def _link(connection: Connection, kind: str, from_id: str, to_id: str, event_id: int) -> None:
    values = {
        "kind": kind,
        "from_id": from_id,
        "to_id": to_id,
        "week": last_week(connection),
        "event_id": event_id,
        "is_human": True,
        "is_void": False,
    }
    connection.execute(insert(theme_link).values(**values))
