"""Taking an edit back, unless a later one rests on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import Connection, select, update

from pipeline.store.engine import Store
from pipeline.store.theme_counts import refresh_members
from pipeline.store.theme_editing import Edit, bump, check_free
from pipeline.store.theme_errors import EditRefusedError, UnknownThemeError
from pipeline.store.theme_rows import EventRecord, is_a_change, lock, read_theme, write_event
from pipeline.store.theme_structure import restructure
from pipeline.store.theme_tables import theme_event, theme_link, theme_state, theme_week
from pipeline.store.theme_verdicts import settle_mentions, void_verdicts

TITLES = {
    "rename": "改名",
    "merge": "合并",
    "split": "拆分",
    "assign": "归入",
    "confirm": "确认",
    "reject": "剔除",
    "describe": "新建",
    "set_action": "措施",
    "set_cause": "部门与根因",
    "five_whys": "五个为什么",
    "fishbone": "鱼骨图",
    "close": "关闭",
    "reopen": "重开",
    "undo": "撤销",
}
_DATES = ("due", "action_on")
_FIELDS = ("rename", "set_action", "set_cause", "five_whys", "fishbone")


def undo(
    store: Store, *, who: str, event_id: int | None = None, theme_id: str | None = None
) -> Edit:
    """Take an edit back.

    Args:
        store: The store.
        who: Who does it.
        event_id: Which edit; None takes the last one that stands.
        theme_id: With no `event_id`: the last one of this theme.

    Returns:
        The edit that undoing is; `theme_id` is the undone edit's theme.

    Raises:
        UnknownThemeError: If there is no such edit, or none left.
        EditRefusedError: If it is undone already, or a later edit depends on it; names that one.
    """
    if not who.strip():
        raise EditRefusedError("请写明操作人")
    with store.begin() as connection:
        lock(connection)
        event = _find(connection, event_id, theme_id)
        _check_free_to_go(connection, event)
        _UNDO[event.kind](connection, event)
        record = EventRecord("undo", who, event.theme_id, event.week, before={"event_id": event.id})
        undone_by = write_event(connection, record)
        connection.execute(
            update(theme_event).where(theme_event.c.id == event.id).values(undone_by=undone_by)
        )
        return Edit(undone_by, event.theme_id, bump(connection, event.theme_id))


def _find(connection: Connection, event_id: int | None, theme_id: str | None) -> Any:
    query = select(theme_event).where(is_a_change())
    if event_id is not None:
        query = select(theme_event).where(theme_event.c.id == event_id)
    elif theme_id is not None:
        read_theme(connection, theme_id)
        query = query.where(theme_event.c.theme_id == theme_id)
    event = connection.execute(query.order_by(theme_event.c.id.desc()).limit(1)).first()
    if event is None:
        raise UnknownThemeError(f"没有操作 {event_id}" if event_id else "没有可以撤销的操作")
    if event.undone_by is not None:
        raise EditRefusedError(f"操作 {event.id} 已经撤销过了")
    if event.kind not in _UNDO or not event.is_human:
        raise EditRefusedError(f"操作 {event.id}({TITLES.get(event.kind, event.kind)})不能撤销")
    return event


def _check_free_to_go(connection: Connection, event: Any) -> None:
    writes = set(event.touches["writes"])
    later = select(theme_event).where(is_a_change() & (theme_event.c.id > event.id))
    for other in connection.execute(later.order_by(theme_event.c.id.desc())):
        if writes & {*other.touches["writes"], *other.touches["reads"]}:
            raise EditRefusedError(
                f"不能撤销操作 {event.id}({TITLES[event.kind]} {event.theme_id}):之后的操作 "
                f"{other.id}({TITLES[other.kind]} {other.theme_id},{other.who})依赖它;"
                f"请先撤销 {other.id}"
            )


def _undo_values(connection: Connection, event: Any) -> None:
    values: dict[str, Any] = {
        key: date.fromisoformat(value) if key in _DATES and value else value
        for key, value in event.before.items()
    }
    if "name" in values and read_theme(connection, event.theme_id)["merged_into"] is None:
        check_free(connection, values["name"], event.theme_id)
    bump(connection, event.theme_id, **values)


def _undo_merge(connection: Connection, event: Any) -> None:
    merged = event.before["merged"]
    check_free(connection, read_theme(connection, merged)["name"], merged)
    root = read_theme(connection, merged)["root_id"]
    bump(connection, merged, merged_into=None)
    _void(connection, theme_link, event.id)
    restructure(connection, [merged, event.theme_id, root])


def _undo_members(connection: Connection, event: Any) -> None:
    refresh_members(connection, settle_mentions(connection, void_verdicts(connection, event.id)))


def _undo_split(connection: Connection, event: Any) -> None:
    """Send the new theme back into the old one; its id is never used again."""
    created = event.after["created"]
    bump(connection, created, merged_into=event.theme_id)
    _undo_members(connection, event)
    _void(connection, theme_link, event.id)
    restructure(connection, [created, event.theme_id])


def _undo_state(connection: Connection, event: Any) -> None:
    _void(connection, theme_state, event.id)


def _undo_describe(connection: Connection, event: Any) -> None:
    """Take away the words it was made of; a theme without words and mentions is not shown."""
    has_weeks = select(theme_week.c.week).where(theme_week.c.theme_id == event.theme_id).limit(1)
    is_used = connection.execute(has_weeks).first() is not None
    values = {} if is_used else {"name": event.theme_id, "is_named": False}
    bump(connection, event.theme_id, seeds=[], **values)


def _void(connection: Connection, table: Any, event_id: int) -> None:
    connection.execute(update(table).where(table.c.event_id == event_id).values(is_void=True))


_UNDO: dict[str, Callable[[Connection, Any], None]] = {
    **dict.fromkeys(_FIELDS, _undo_values),
    **dict.fromkeys(("assign", "confirm", "reject"), _undo_members),
    **dict.fromkeys(("close", "reopen"), _undo_state),
    "merge": _undo_merge,
    "split": _undo_split,
    "describe": _undo_describe,
}
