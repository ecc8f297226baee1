"""What people said of single mentions, and which theme counts for a mention after it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, insert, select, tuple_, update

from pipeline.store.theme_errors import EditRefusedError, UnknownThemeError
from pipeline.store.theme_rows import chunks, now
from pipeline.store.theme_tables import mention, theme, verdict
from pipeline.theme_rulings import REJECT, Ruling, rule

Place = tuple[str, int, int]
_PLACE = tuple_(mention.c.feedback_id, mention.c.start, mention.c.end)
_VERDICT_PLACE = tuple_(verdict.c.feedback_id, verdict.c.start, verdict.c.end)


def parse_place(written: str) -> Place:
    """Read a mention's handle.

    Args:
        written: `feedback_id:start:end`.

    Returns:
        Its three parts.

    Raises:
        EditRefusedError: If it is none.
    """
    parts = written.rsplit(":", 2)
    if len(parts) != 3 or not (parts[1].isdecimal() and parts[2].isdecimal()):
        raise EditRefusedError(
            f"提及应写成 反馈编号:起点:终点,例如 CF1:0:4,收到的是 {written[:80]!r}"
        )
    return parts[0], int(parts[1]), int(parts[2])


def read_mentions(connection: Connection, places: Sequence[Place]) -> list[Any]:
    """Read mentions by their places.

    Args:
        connection: Any.
        places: Which; repeated ones count once.

    Returns:
        Rows of `mention` in the order of places.

    Raises:
        UnknownThemeError: If one is not there; names it.
    """
    wanted = list(dict.fromkeys(places))
    found = {
        (row.feedback_id, row.start, row.end): row
        for piece in chunks(wanted)
        for row in connection.execute(select(mention).where(_PLACE.in_(piece)))
    }
    for place in wanted:
        if place not in found:
            raise UnknownThemeError(
                f"没有提及 {':'.join(map(str, place))};它可能已随重新聚类改变,请刷新"
            )
    return [found[place] for place in wanted]


def add_verdicts(
    connection: Connection, rows: Sequence[Any], kind: str, theme_id: str, who: str, event_id: int
) -> None:
    """Note what somebody said of mentions.

    Args:
        connection: Holds the lock.
        rows: The mentions.
        kind: confirm, reject or assign.
        theme_id: The theme it is about.
        who: Who said so.
        event_id: The edit it is part of.
    """
    values = [
        {
            "event_id": event_id,
            "kind": kind,
            "feedback_id": row.feedback_id,
            "start": row.start,
            "end": row.end,
            "key": row.key,
            "theme_id": theme_id,
            "who": who,
            "at": now(),
            "is_void": False,
        }
        for row in rows
    ]
    for piece in chunks(values):
        connection.execute(insert(verdict), piece)


def void_verdicts(connection: Connection, event_id: int) -> list[Place]:
    """Take back all that one edit said of mentions.

    Args:
        connection: Holds the lock.
        event_id: The edit.

    Returns:
        The mentions concerned.
    """
    of_event = verdict.c.event_id == event_id
    found = connection.execute(
        select(verdict.c.feedback_id, verdict.c.start, verdict.c.end).where(of_event)
    )
    places = [(row.feedback_id, row.start, row.end) for row in found]
    connection.execute(update(verdict).where(of_event).values(is_void=True))
    return places


def rejected_places(connection: Connection) -> list[Place]:
    """List mentions that somebody threw out of a theme.

    Args:
        connection: Any.

    Returns:
        Their places.
    """
    found = connection.execute(
        select(verdict.c.feedback_id, verdict.c.start, verdict.c.end)
        .where((verdict.c.kind == REJECT) & ~verdict.c.is_void)
        .distinct()
    )
    return [(row.feedback_id, row.start, row.end) for row in found]


def decided_places(connection: Connection, week: str) -> list[Place]:
    """List the mentions of a week that somebody put into a theme or confirmed there.

    Args:
        connection: Any.
        week: Such as `2026-W47`.

    Returns:
        Their places, ascending.
    """
    query = select(mention.c.feedback_id, mention.c.start, mention.c.end).where(
        (mention.c.week == week) & mention.c.is_human & mention.c.theme_id.is_not(None)
    )
    return sorted((row.feedback_id, row.start, row.end) for row in connection.execute(query))


def read_rulings(
    connection: Connection, places: Collection[Place], roots: Mapping[str, str]
) -> dict[Place, Ruling]:
    """Put together what was said of some mentions.

    Args:
        connection: Any.
        places: Which mentions.
        roots: Theme to the theme that stands for it.

    Returns:
        A ruling for each that anything was said of.
    """
    said: dict[Place, list[tuple[str, str]]] = {}
    for piece in chunks(list(dict.fromkeys(places))):
        query = select(verdict).where(_VERDICT_PLACE.in_(piece) & ~verdict.c.is_void)
        for row in connection.execute(query.order_by(verdict.c.id)):
            place = (row.feedback_id, row.start, row.end)
            said.setdefault(place, []).append((row.kind, row.theme_id))
    return {place: rule(verdicts, roots) for place, verdicts in said.items()}


def settle_mentions(connection: Connection, places: Sequence[Place]) -> set[str]:
    """Work out anew which theme counts for some mentions.

    Args:
        connection: Holds the lock.
        places: Mentions; ones that are gone are passed over.

    Returns:
        Themes that gained or lost a mention.
    """
    roots = read_roots(connection)
    changed: set[str] = set()
    for piece in chunks(list(dict.fromkeys(places))):
        rulings = read_rulings(connection, piece, roots)
        for row in connection.execute(select(mention).where(_PLACE.in_(piece))).all():
            place = (row.feedback_id, row.start, row.end)
            ruling = rulings.get(place, Ruling(None, frozenset()))
            theme_id, is_human = ruling.settle(row.auto_theme_id, roots)
            if (theme_id, is_human) != (row.theme_id, row.is_human):
                here = _PLACE.in_([place])
                values = {"theme_id": theme_id, "is_human": is_human}
                connection.execute(update(mention).where(here).values(**values))
            if theme_id != row.theme_id:
                changed |= {id_ for id_ in (theme_id, row.theme_id) if id_ is not None}
    return changed


def read_roots(connection: Connection) -> dict[str, str]:
    """Say which theme stands for which.

    Args:
        connection: Any.

    Returns:
        Every theme's id to its root's.
    """
    rows = connection.execute(select(theme.c.id, theme.c.root_id))
    return {row.id: row.root_id for row in rows}
