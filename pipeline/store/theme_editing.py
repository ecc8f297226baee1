"""The transaction that every edit of a theme runs in, and what edits check."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, insert, select, update

from pipeline.store.engine import Store
from pipeline.store.theme_errors import EditConflictError, EditRefusedError
from pipeline.store.theme_rows import is_a_change, lock, now, read_theme
from pipeline.store.theme_tables import theme, theme_event

_MAX_NAME = 20


@dataclass(frozen=True, slots=True)
class Edit:
    """What an edit did.

    Attributes:
        event_id: Its line in the trail; what `undo` takes.
        theme_id: The theme it changed.
        version: That theme's new version.
        created: Id of the theme it made, if it made one.
    """

    event_id: int
    theme_id: str
    version: int
    created: str | None = None


@contextmanager
def editing(
    store: Store, theme_id: str, who: str, version: int | None
) -> Iterator[tuple[Connection, RowMapping]]:
    """Open the transaction of one edit.

    Args:
        store: The store.
        theme_id: The theme to change.
        who: Who does it.
        version: The version that the editor saw; None does not check.

    Yields:
        The connection, which holds the lock, and the theme's row.

    Raises:
        EditConflictError: If the theme has another version.
        EditRefusedError: If it is merged into another one, or nobody signs.
    """
    if not who.strip():
        raise EditRefusedError("请写明操作人")
    with store.begin() as connection:
        lock(connection)
        row = read_theme(connection, theme_id)
        if version is not None and row["version"] != version:
            last = _last_editor(connection, theme_id)
            raise EditConflictError(theme_id, version, row["version"], last)
        check_stands(row)
        yield connection, row


def check_stands(row: RowMapping) -> None:
    """Refuse to change a theme that is part of another.

    Args:
        row: The theme.

    Raises:
        EditRefusedError: If it is merged.
    """
    if row["merged_into"] is not None:
        raise EditRefusedError(
            f"主题 {row['id']} 已并入 {row['root_id']};请改 {row['root_id']},或先撤销合并"
        )


def check_name(name: str) -> str:
    """Tidy a name.

    Args:
        name: As typed.

    Returns:
        NFC, trimmed.

    Raises:
        EditRefusedError: If it is too short, too long or holds control characters.
    """
    tidy = unicodedata.normalize("NFC", name).strip()
    if not 2 <= len(tidy) <= _MAX_NAME or any(unicodedata.category(c)[0] == "C" for c in tidy):
        raise EditRefusedError(f"主题名应为 2 到 {_MAX_NAME} 个可见字符,收到 {name[:40]!r}")
    return tidy


def check_free(connection: Connection, name: str, theme_id: str | None = None) -> None:
    """Refuse a name that another theme has.

    Args:
        connection: Holds the lock.
        name: The name.
        theme_id: The theme that is to have it; None for a new one.

    Raises:
        EditRefusedError: If it is taken; names the theme.
    """
    taken = (theme.c.name == name) & theme.c.merged_into.is_(None)
    other = connection.execute(select(theme.c.id).where(taken)).scalar()
    if other is not None and other != theme_id:
        raise EditRefusedError(f"主题名“{name}”已被 {other} 使用;请换一个名字,或与它合并")


def bump(connection: Connection, theme_id: str, **values: Any) -> int:
    """Change a theme's row and give it its next version.

    Args:
        connection: Holds the lock.
        theme_id: The theme.
        **values: Columns to change.

    Returns:
        The new version.
    """
    changed = (
        update(theme)
        .where(theme.c.id == theme_id)
        .values(version=theme.c.version + 1, updated_at=now(), **values)
        .returning(theme.c.version)
    )
    return int(connection.execute(changed).scalar_one())


def insert_theme(
    connection: Connection, theme_id: str, name: str, *, is_named: bool, **values: Any
) -> None:
    """Add a theme.

    Args:
        connection: Holds the lock.
        theme_id: A fresh id.
        name: Of no other theme.
        is_named: Whether a person chose the name.
        **values: Further columns.
    """
    row = {"keywords": [], "seeds": [], "department": "", "kind": "", "whys": [], **values}
    moment = now()
    connection.execute(
        insert(theme).values(
            id=theme_id,
            name=name,
            is_named=is_named,
            root_id=theme_id,
            version=1,
            created_at=moment,
            updated_at=moment,
            **row,
        )
    )


def _last_editor(connection: Connection, theme_id: str) -> str | None:
    found: str | None = connection.execute(
        select(theme_event.c.who)
        .where(is_a_change() & (theme_event.c.theme_id == theme_id))
        .order_by(theme_event.c.id.desc())
        .limit(1)
    ).scalar()
    return found
