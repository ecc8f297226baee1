"""Closing and reopening themes, and the state that a theme had in any week."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, insert, select

from pipeline.store.engine import Store
from pipeline.store.theme_editing import Edit, bump, editing
from pipeline.store.theme_errors import EditRefusedError
from pipeline.store.theme_rows import EventRecord, last_week, write_event
from pipeline.store.theme_tables import theme_state

_SELECT = (
    select(theme_state).where(~theme_state.c.is_void).order_by(theme_state.c.week, theme_state.c.id)
)


class State(StrEnum):
    """What people, or a comeback, made of a theme."""

    OPEN = "open"
    RESOLVED = "resolved"
    REGRESSED = "regressed"


def close(
    store: Store,
    theme_id: str,
    *,
    who: str,
    week: str | None = None,
    note: str | None = None,
    version: int | None = None,
) -> Edit:
    """Call a theme resolved; if it comes back in a later week, it reopens as regressed.

    Args:
        store: The store.
        theme_id: The theme.
        who: Who does it.
        week: From when; None takes the newest fitted week.
        note: Why.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit.
    """
    return _change(store, theme_id, State.RESOLVED, who, week, note, version)


def reopen(
    store: Store,
    theme_id: str,
    *,
    who: str,
    week: str | None = None,
    note: str | None = None,
    version: int | None = None,
) -> Edit:
    """Take a theme up again.

    Args:
        store: The store.
        theme_id: The theme.
        who: Who does it.
        week: From when; None takes the newest fitted week.
        note: Why.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit.
    """
    return _change(store, theme_id, State.OPEN, who, week, note, version)


def read_states(connection: Connection, week: str | None = None) -> dict[str, tuple[State, str]]:
    """Say what state themes are in.

    Args:
        connection: Any.
        week: As of the end of this week; None means now.

    Returns:
        Theme to its state and the week since when; themes that were always open are left out.
    """
    found = {id_: replay(own) for id_, own in _read_changes(connection, week).items()}
    return {id_: state for id_, state in found.items() if state is not None}


def read_closings(connection: Connection, week: str | None = None) -> dict[str, str]:
    """Say when themes were closed last, also those that came back after it.

    Args:
        connection: Any.
        week: As of the end of this week; None means now.

    Returns:
        Theme to the week of its closing; those that people took up again are left out.
    """
    found = {}
    for id_, own in _read_changes(connection, week).items():
        now = replay(own)
        if now is not None and now[0] != State.OPEN:
            found[id_] = max(since for state, since in own if state == State.RESOLVED)
    return found


def _read_changes(connection: Connection, week: str | None) -> dict[str, list[tuple[str, str]]]:
    query = _SELECT if week is None else _SELECT.where(theme_state.c.week <= week)
    rows: dict[str, list[tuple[str, str]]] = {}
    for row in connection.execute(query):
        rows.setdefault(row.theme_id, []).append((row.state, row.week))
    return rows


def replay(changes: Iterable[tuple[str, str]]) -> tuple[State, str] | None:
    """Follow a theme's changes of state.

    Args:
        changes: States and weeks, the oldest first.

    Returns:
        The last state and its week. A comeback of a theme that was not closed changes nothing:
        the closing may have been undone since.
    """
    now: tuple[State, str] | None = None
    for state, week in changes:
        if state != State.REGRESSED or (now is not None and now[0] == State.RESOLVED):
            now = State(state), week
    return now


def add_state(connection: Connection, values: Sequence[Mapping[str, Any]]) -> None:
    """Note changes of state.

    Args:
        connection: Holds the lock.
        values: theme_id, week, state, event_id and is_human of each.
    """
    if values:
        connection.execute(insert(theme_state), [{**v, "is_void": False} for v in values])


def _change(
    store: Store,
    theme_id: str,
    state: State,
    who: str,
    week: str | None,
    note: str | None,
    version: int | None,
) -> Edit:
    with editing(store, theme_id, who, version) as (connection, _):
        week = week or last_week(connection)
        if week is None:
            raise EditRefusedError(f"还没有聚类过任何一周,主题 {theme_id} 无从关闭或重开")
        found = read_states(connection).get(theme_id)
        is_closed = found is not None and found[0] == State.RESOLVED
        if is_closed == (state == State.RESOLVED):
            raise EditRefusedError(f"主题 {theme_id} 本来就{'已关闭' if is_closed else '开着'}")
        event = EventRecord(
            "close" if state == State.RESOLVED else "reopen",
            who,
            theme_id,
            week,
            after={"state": state.value, "note": (note or "")[:500]},
            writes=[f"{theme_id}:state"],
            reads=[f"{theme_id}:born"],
        )
        event_id = write_event(connection, event)
        row = {"theme_id": theme_id, "week": week, "state": state, "event_id": event_id}
        add_state(connection, [{**row, "is_human": True}])
        return Edit(event_id, theme_id, bump(connection, theme_id))
