"""Finding feedback by its words, in Chinese, English or both.

All words of a query must occur. The database only looks words up; where they stand in the text is
found on the few rows that are shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, text

from pipeline.report_period import Period
from pipeline.store.rows import Feedback, from_row
from pipeline.store.saving import first_row_id
from pipeline.store.tables import feedback
from pipeline.store.words import query_words

if TYPE_CHECKING:
    from pipeline.store.engine import Store

MAX_LIMIT = 200
MAX_COUNTED = 10_000
MAX_QUERY_CHARS = 200
_MAX_WORDS = 16


@dataclass(frozen=True, slots=True)
class Hit:
    """One row found.

    Attributes:
        feedback: The row.
        highlights: (start, end) in `feedback.result.text`, in order, none overlapping.
    """

    feedback: Feedback
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what was found.

    Attributes:
        rows: The newest first.
        n: How many rows match, at most 10,000.
        is_more: True if `n` stopped counting there.
        words: What was looked for.
    """

    rows: tuple[Hit, ...]
    n: int
    is_more: bool
    words: tuple[str, ...]


def search(
    store: Store, query: str, *, week: str | None = None, limit: int = 50, offset: int = 0
) -> Hits:
    """Find rows in which every word of the query occurs.

    Args:
        store: The store.
        query: What a person typed; the first 200 characters count, and no sign has a meaning.
        week: Only rows of this ISO week; None looks everywhere.
        limit: Rows a page, 1 to 200.
        offset: Rows to pass over, 0 to 10,000.

    Returns:
        The rows, the newest first; none for a query without words.

    Raises:
        ValueError: If `limit`, `offset` or `week` is out of range.
    """
    if not (1 <= limit <= MAX_LIMIT and 0 <= offset <= MAX_COUNTED):
        raise ValueError(
            f"limit must be 1 to {MAX_LIMIT} and offset 0 to {MAX_COUNTED}, got {limit}, {offset}"
        )
    words = query_words(query[:MAX_QUERY_CHARS])[:_MAX_WORDS]
    if not words:
        return Hits((), 0, False, ())
    values = {"words": _expression(words, store.is_postgres), **_range(week)}
    with store.read() as connection:
        n = _count(connection, values)
        row_ids = _page(connection, {**values, "limit": limit, "offset": offset})
        chosen = select(feedback).where(feedback.c.row_id.in_(row_ids))
        found = connection.execute(chosen.order_by(feedback.c.row_id.desc())).mappings().all()
    rows = tuple(_hit(from_row(row), words) for row in found)
    return Hits(rows, min(n, MAX_COUNTED), n > MAX_COUNTED, tuple(words))


def highlight(shown: str, words: tuple[str, ...] | list[str]) -> tuple[tuple[int, int], ...]:
    """Find words in a text.

    Args:
        shown: The text.
        words: In lower case.

    Returns:
        (start, end) of each place, in order; places that touch are one.
    """
    pattern = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    spans: list[tuple[int, int]] = []
    for found in re.finditer(pattern, _fold_in_place(shown)) if words else ():
        if spans and spans[-1][1] == found.start():
            spans[-1] = (spans[-1][0], found.end())
        else:
            spans.append(found.span())
    return tuple(spans)


def _hit(row: Feedback, words: list[str]) -> Hit:
    return Hit(row, highlight(row.result.text, words))


def _fold_in_place(shown: str) -> str:
    """Lower the text without moving a character: ß must not become ss here."""
    return "".join(low if len(low := char.casefold()) == 1 else char for char in shown)


def _expression(words: list[str], is_postgres: bool) -> str:
    if is_postgres:  # inside quotes only ' and \ mean anything
        quoted = (word.replace("\\", "\\\\").replace("'", "''") for word in words)
        return " & ".join(f"'{word}'" for word in quoted)
    quoted = (word.replace('"', '""') for word in words)
    return " AND ".join(f'"{word}"' for word in quoted)


def _range(week: str | None) -> dict[str, int]:
    if week is None:
        return {"first": 0, "end": (1 << 63) - 1}
    period = Period.of_week(week)
    return {"first": first_row_id(period.start), "end": first_row_id(period.end)}


def _count(connection: Connection, values: dict[str, Any]) -> int:
    counted = f"SELECT count(*) FROM ({_select(connection)} LIMIT :most) AS found"  # noqa: S608
    n: int = connection.execute(text(counted), {**values, "most": MAX_COUNTED + 1}).scalar_one()
    return n


def _page(connection: Connection, values: dict[str, Any]) -> list[int]:
    query = f"{_select(connection)} ORDER BY 1 DESC LIMIT :limit OFFSET :offset"
    return list(connection.execute(text(query), values).scalars())


def _select(connection: Connection) -> str:
    if connection.dialect.name == "postgresql":
        return (
            "SELECT row_id FROM feedback_search WHERE words @@ CAST(:words AS tsquery) "
            "AND row_id >= :first AND row_id < :end"
        )
    return (
        "SELECT rowid FROM feedback_search WHERE feedback_search MATCH :words "
        "AND rowid >= :first AND rowid < :end"
    )
