"""What reading, editing and fitting themes share: locks, ids, events and counts."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from pipeline.store.tables import meta
from pipeline.store.theme_errors import UnknownThemeError
from pipeline.store.theme_tables import NEXT_THEME, theme, theme_event, theme_fit

CHUNK = 500  # parameters a statement; both databases take far more, plans get slow


@dataclass(frozen=True)
class EventRecord:
    """What goes into the audit trail.

    Attributes:
        kind: Such as rename.
        who: Who did it.
        theme_id: The theme it is about; None for none.
        week: The week it belongs to, if any.
        before: What undoing restores.
        after: What was asked for.
        writes: Facets (`T0001:name`) that it changed.
        reads: Facets that it rests on.
        is_human: False for what the machine did.
    """

    kind: str
    who: str
    theme_id: str | None = None
    week: str | None = None
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    writes: Sequence[str] = ()
    reads: Sequence[str] = ()
    is_human: bool = True


def lock(connection: Connection) -> None:
    """Let one writer of themes at a time in; held to the end of the transaction.

    Args:
        connection: In a writing transaction, before anything is read.
    """
    connection.execute(update(meta).where(meta.c.key == NEXT_THEME).values(number=meta.c.number))


def next_id(connection: Connection) -> str:
    """Give an id that no theme ever had.

    Args:
        connection: Holds the lock.

    Returns:
        `T0001` and so on; ids are never used again.
    """
    is_counter = meta.c.key == NEXT_THEME
    number: int = connection.execute(select(meta.c.number).where(is_counter)).scalar_one()
    connection.execute(update(meta).where(is_counter).values(number=number + 1))
    return f"T{number:04d}"


def now() -> datetime:
    """The moment that an edit is stamped with."""
    return datetime.now(UTC)


def read_theme(connection: Connection, theme_id: str) -> RowMapping:
    """Read one theme's row.

    Args:
        connection: Any.
        theme_id: Such as `T0001`.

    Returns:
        Columns of `theme`.

    Raises:
        UnknownThemeError: If there is none.
    """
    row = connection.execute(select(theme).where(theme.c.id == theme_id)).mappings().first()
    if row is None:
        raise UnknownThemeError(f"没有主题 {theme_id};用 huiyin themes list 查看现有主题")
    return row


def write_event(connection: Connection, record: EventRecord) -> int:
    """Add a line to the audit trail.

    Args:
        connection: Holds the lock.
        record: What happened.

    Returns:
        Its number.
    """
    values = {
        "at": now(),
        "who": record.who,
        "kind": record.kind,
        "theme_id": record.theme_id,
        "week": record.week,
        "before": dict(record.before),
        "after": dict(record.after),
        "touches": {"writes": list(record.writes), "reads": list(record.reads)},
        "is_human": record.is_human,
    }
    result = connection.execute(insert(theme_event).values(values).returning(theme_event.c.id))
    return int(result.scalar_one())


def last_week(connection: Connection) -> str | None:
    """The newest week that was fitted; None before the first.

    Args:
        connection: Any.

    Returns:
        Such as `2026-W47`.
    """
    found: str | None = connection.execute(select(func.max(theme_fit.c.week))).scalar()
    return found


def family_of(connection: Connection, root_id: str) -> list[str]:
    """List a theme and all that were merged into it.

    Args:
        connection: Any.
        root_id: A theme that stands for itself.

    Returns:
        Ids, ascending.
    """
    found = connection.execute(select(theme.c.id).where(theme.c.root_id == root_id))
    return sorted(found.scalars())


def update_roots(connection: Connection) -> None:
    """Follow every theme's merges to their end and note it.

    Args:
        connection: Holds the lock.
    """
    rows = connection.execute(select(theme.c.id, theme.c.merged_into, theme.c.root_id)).all()
    into = {row.id: row.merged_into for row in rows}
    for row in rows:
        root = row.id
        while into[root] is not None:
            root = into[root]
        if root != row.root_id:
            connection.execute(update(theme).where(theme.c.id == row.id).values(root_id=root))


def is_a_change() -> Any:
    """Say in SQL whether an event is an edit that stands."""
    return (
        theme_event.c.is_human & (theme_event.c.kind != "undo") & theme_event.c.undone_by.is_(None)
    )


def chunks(items: Collection[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Cut a collection into pieces that one statement can take.

    Args:
        items: Anything.
        size: Items a piece.

    Yields:
        Lists of at most `size`.
    """
    rest = iter(items)
    while piece := list(islice(rest, size)):
        yield piece
