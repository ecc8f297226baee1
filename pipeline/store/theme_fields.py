"""Edits of what a theme's page says: name, cause, action, whys, fishbone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping

from pipeline.store.engine import Store
from pipeline.store.theme_editing import Edit, bump, check_free, check_name, editing
from pipeline.store.theme_errors import EditRefusedError
from pipeline.store.theme_rows import EventRecord, write_event

KINDS = ("产品缺陷", "流程漏洞", "服务失误")
FISHBONE = ("人", "机", "料", "法", "环", "测")
_MAX_TEXT, _MAX_WHYS = 500, 5


def rename(store: Store, theme_id: str, name: str, *, who: str, version: int | None = None) -> Edit:
    """Give a theme a name; no fit will ever change it again.

    Args:
        store: The store.
        theme_id: The theme.
        name: 2 to 20 characters, of no other theme.
        who: Who does it.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit.
    """
    name = check_name(name)
    with editing(store, theme_id, who, version) as (connection, row):
        check_free(connection, name, theme_id)
        before = {"name": row["name"], "is_named": row["is_named"]}
        values = {"name": name, "is_named": True}
        return _set(connection, row, "rename", who, "name", before, values)


def set_action(
    store: Store,
    theme_id: str,
    *,
    who: str,
    owner: str | None = None,
    action: str | None = None,
    due: date | None = None,
    action_on: date | None = None,
    version: int | None = None,
) -> Edit:
    """Say who does what by when, and since when it is done; replaces what was there.

    Args:
        store: The store.
        theme_id: The theme.
        who: Who says so.
        owner: Who is to do it.
        action: What.
        due: By when.
        action_on: The day on which it took effect; before and after are compared around it.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit.
    """
    values = {
        "owner": _text(owner, "负责人"),
        "action": _text(action, "措施"),
        "due": due,
        "action_on": action_on,
    }
    with editing(store, theme_id, who, version) as (connection, row):
        before = {name: row[name] for name in values}
        return _set(connection, row, "set_action", who, "action", before, values)


def set_cause(
    store: Store,
    theme_id: str,
    *,
    who: str,
    department: str,
    kind: str,
    version: int | None = None,
) -> Edit:
    """Say whose theme it is and what kind of failing; no fit will ever change it again.

    Args:
        store: The store.
        theme_id: The theme.
        who: Who says so.
        department: Which department mends it.
        kind: 产品缺陷, 流程漏洞 or 服务失误; empty if unknown.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit.
    """
    if kind and kind not in KINDS:
        raise EditRefusedError(f"根因类别应为 {'、'.join(KINDS)} 之一,收到 {kind[:20]!r}")
    values = {"department": _text(department, "责任部门") or "", "kind": kind}
    with editing(store, theme_id, who, version) as (connection, row):
        before = {name: row[name] for name in values}
        return _set(connection, row, "set_cause", who, "cause", before, values)


def five_whys(
    store: Store, theme_id: str, whys: Sequence[str], *, who: str, version: int | None = None
) -> Edit:
    """Write down the chain of whys.

    Args:
        store: The store.
        theme_id: The theme.
        whys: At most five answers, the first why first.
        who: Who does it.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit.
    """
    if len(whys) > _MAX_WHYS:
        raise EditRefusedError(f"最多写 {_MAX_WHYS} 个为什么,收到 {len(whys)} 个")
    values = {"whys": [text for text in (_text(why, "为什么") for why in whys) if text]}
    with editing(store, theme_id, who, version) as (connection, row):
        before = {"whys": row["whys"]}
        return _set(connection, row, "five_whys", who, "whys", before, values)


def fishbone(
    store: Store, theme_id: str, category: str | None, *, who: str, version: int | None = None
) -> Edit:
    """Say which bone of the fishbone the cause hangs on.

    Args:
        store: The store.
        theme_id: The theme.
        category: 人, 机, 料, 法, 环 or 测; None takes it away.
        who: Who does it.
        version: The version that the editor saw; None does not check.

    Returns:
        The edit.
    """
    if category is not None and category not in FISHBONE:
        raise EditRefusedError(f"鱼骨图类别应为 {'、'.join(FISHBONE)} 之一,收到 {category[:20]!r}")
    with editing(store, theme_id, who, version) as (connection, row):
        before = {"fishbone": row["fishbone"]}
        return _set(connection, row, "fishbone", who, "fishbone", before, {"fishbone": category})


def _set(
    connection: Connection,
    row: RowMapping,
    kind: str,
    who: str,
    facet: str,
    before: dict[str, Any],
    values: dict[str, Any],
) -> Edit:
    theme_id = row["id"]
    version = bump(connection, theme_id, **values)
    event = EventRecord(
        kind,
        who,
        theme_id,
        before=_plain(before),
        after=_plain(values),
        writes=[f"{theme_id}:{facet}"],
        reads=[f"{theme_id}:born"],
    )
    return Edit(write_event(connection, event), theme_id, version)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in values.items()}


def _text(text: str | None, what: str) -> str | None:
    tidy = (text or "").strip()
    if len(tidy) > _MAX_TEXT:
        raise EditRefusedError(f"{what}最多 {_MAX_TEXT} 字,收到 {len(tidy)} 字")
    return tidy or None
