"""Keeping the weekly counts in step: what a row was is taken off, what it becomes is added.

Counting a million rows for every look at the page would take seconds. The counts are exact,
because they change in the transaction that changes the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, case, func, literal, select, update
from sqlalchemy.sql import ColumnElement

from pipeline.store.tables import feedback, meta, week_share, week_volume

DIMENSIONS = ("channel", "product", "version", "region", "touchpoint", "customer_tier", "type")
ALL = "all"
MAX_IDS = 5_000

_f = feedback.c


@contextmanager
def recounted(connection: Connection, ids: Sequence[str], known: Sequence[str]) -> Iterator[None]:
    """Keep the counts right over a change of rows.

    Args:
        connection: A writing transaction.
        ids: The rows that the block changes or adds, at most `MAX_IDS`.
        known: Those of them that are in the store already.

    Yields:
        Nothing; change the rows in the block.
    """
    if known:
        _add(connection, known, sign=-1)
    yield
    if ids:
        _add(connection, ids, sign=1)


def lock_counts(connection: Connection, n_rows: int = 0) -> int:
    """Make writers of feedback wait for one another; without it two could deadlock.

    Args:
        connection: A writing transaction.
        n_rows: Row numbers to take.

    Returns:
        The first of the numbers taken.
    """
    statement = update(meta).where(meta.c.key == "next_row")
    taken = statement.values(number=meta.c.number + n_rows).returning(meta.c.number)
    number: int = connection.execute(taken).scalar_one()
    return number - n_rows


def _add(connection: Connection, ids: Sequence[str], sign: int) -> None:
    chosen = _f.feedback_id.in_(ids)
    _merge(connection, week_volume, _volumes(sign).where(chosen))
    for dimension in (ALL, *DIMENSIONS):
        _merge(connection, week_share, _shares(dimension, sign).where(chosen))


def _merge(connection: Connection, table: Table, rows: Select[Any]) -> None:
    insert = _insert(connection, table).from_select([c.name for c in table.c], rows)
    keys = [column.name for column in table.primary_key]
    sums = {c.name: c + insert.excluded[c.name] for c in table.c if c.name not in keys}
    connection.execute(insert.on_conflict_do_update(index_elements=keys, set_=sums))


def _insert(connection: Connection, table: Table) -> Any:
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_postgres

        return insert_postgres(table)
    from sqlalchemy.dialects.sqlite import insert as insert_sqlite

    return insert_sqlite(table)


def _count(condition: ColumnElement[bool], sign: int) -> ColumnElement[int]:
    return sign * func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def _volumes(sign: int) -> Select[Any]:
    keys = (_f.week, _f.intent, _f.type, _f.urgency, _known(_f.channel), _f.department)
    wanting = _f.intent.not_in(("praise", "invalid"))
    in_time = and_(wanting, _f.answered_at <= _f.respond_due)
    return select(
        *keys,
        sign * func.count(),
        _count(_f.needs_review, sign),
        _count(wanting, sign),
        _count(and_(wanting, _f.answered_at.is_not(None)), sign),
        _count(in_time, sign),
        _count(and_(wanting, _f.closed_at.is_not(None)), sign),
        _count(and_(wanting, _f.closed_at <= _f.resolve_due), sign),
    ).group_by(*keys)


def _shares(dimension: str, sign: int) -> Select[Any]:
    value = literal("") if dimension == ALL else _known(_f[dimension])
    return select(
        _f.week,
        literal(dimension),
        value,
        sign * func.count(),
        _count(_f.intent == "complaint", sign),
        _count(_f.urgency == "high", sign),
        sign * func.count(_f.csat),
        _count(_f.csat >= 4, sign),
        sign * func.count(_f.nps),
        _count(_f.nps >= 9, sign),
        _count(_f.nps <= 6, sign),
        sign * func.count(_f.ces),
        sign * func.coalesce(func.sum(_f.csat), 0.0),
        sign * func.coalesce(func.sum(_f.ces), 0.0),
    ).group_by(*((_f.week,) if dimension == ALL else (_f.week, value)))


def _known(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.coalesce(column, "")
