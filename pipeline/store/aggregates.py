"""What the page counts, in SQL: no row of feedback is loaded, whatever the size of the store.

Weeks are summed up beforehand (`weekly`); only what depends on the clock is counted in the index
of open rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, Select, func, literal_column, select, union_all

from pipeline.store.tables import feedback, week_share, week_volume
from pipeline.store.weekly import ALL, DIMENSIONS

if TYPE_CHECKING:
    from pipeline.store.engine import Store

VOLUME_KEYS = ("week", "intent", "type", "urgency", "channel", "department")
_URGENCIES = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Volume:
    """Rows that share the values of some columns.

    Attributes:
        key: The values, in the order asked for; "" where the row says nothing.
        n: Rows.
        n_review: Rows whose labels the model is unsure of.
        n_wanting: Rows that want an answer: neither praise nor without content.
        n_answered: Those of them that have one.
        n_answered_in_time: Those that had it by `respond_due`.
        n_closed: Those that are closed.
        n_closed_in_time: Those that were by `resolve_due`.
    """

    key: tuple[str, ...]
    n: int
    n_review: int
    n_wanting: int
    n_answered: int
    n_answered_in_time: int
    n_closed: int
    n_closed_in_time: int


@dataclass(frozen=True, slots=True)
class Share:
    """One value of one dimension in one week, with what its customers said they felt.

    Attributes:
        week: ISO week.
        value: Such as 华东; "" for rows that name none.
        n: Rows.
        n_complaints: With intent complaint.
        n_high: With high urgency.
        csat: Mean, 1 to 5; None without an answer.
        n_csat: How many answered it.
        csat_satisfied: Share of 4 and 5, in [0, 1].
        nps: Promoters less detractors, -100 to 100; None without an answer.
        n_nps: How many answered it.
        ces: Mean, 1 to 7; None without an answer.
        n_ces: How many answered it.
    """

    week: str
    value: str
    n: int
    n_complaints: int
    n_high: int
    csat: float | None
    n_csat: int
    csat_satisfied: float | None
    nps: float | None
    n_nps: int
    ces: float | None
    n_ces: int


@dataclass(frozen=True, slots=True)
class Backlog:
    """Rows of one urgency that wait for an answer right now.

    Attributes:
        urgency: high, medium or low.
        n_open: All of them.
        n_overdue: Past `respond_due`.
        n_due_soon: Due within the time asked about, but not yet past.
        oldest_due: The earliest `respond_due`; None without rows.
    """

    urgency: str
    n_open: int
    n_overdue: int
    n_due_soon: int
    oldest_due: datetime | None


def weeks(store: Store) -> tuple[str, ...]:
    """List the weeks that have rows.

    Args:
        store: The store.

    Returns:
        ISO weeks in order.
    """
    query = select(week_share.c.week).where(week_share.c.dimension == ALL, week_share.c.n > 0)
    with store.read() as connection:
        return tuple(connection.execute(query.order_by(week_share.c.week)).scalars())


def volumes(
    store: Store,
    by: Sequence[str] = ("week", "type"),
    *,
    first_week: str | None = None,
    last_week: str | None = None,
) -> tuple[Volume, ...]:
    """Count rows, and how many of them were answered and closed within the service level.

    Args:
        store: The store.
        by: Columns of `VOLUME_KEYS` to group by; none gives one total.
        first_week: The earliest week to count; None takes all before `last_week`.
        last_week: The latest; None takes all from `first_week` on.

    Returns:
        One a group that has rows, ordered by its values.

    Raises:
        ValueError: If a column cannot be grouped by.
    """
    if not set(by) <= set(VOLUME_KEYS):
        raise ValueError(f"expected columns of {', '.join(VOLUME_KEYS)}, got {', '.join(by)}")
    keys = [week_volume.c[name] for name in by]
    sums = [func.sum(c) for c in week_volume.c if c.name not in VOLUME_KEYS]
    query = _within(select(*keys, *sums), week_volume.c.week, first_week, last_week)
    query = query.group_by(*keys).having(func.sum(week_volume.c.n) > 0).order_by(*keys)
    with store.read() as connection:
        rows = connection.execute(query).all()
    return tuple(Volume(tuple(row[: len(by)]), *map(int, row[len(by) :])) for row in rows)


def shares(
    store: Store,
    dimension: str = ALL,
    *,
    first_week: str | None = None,
    last_week: str | None = None,
) -> tuple[Share, ...]:
    """Give each week's counts and mean CSAT, NPS and CES for each value of a dimension.

    Args:
        store: The store.
        dimension: One of `weekly.DIMENSIONS`; all gives one line a week.
        first_week: The earliest week; None takes all before `last_week`.
        last_week: The latest; None takes all from `first_week` on.

    Returns:
        Ordered by week and value.

    Raises:
        ValueError: If the dimension is unknown.
    """
    if dimension not in (ALL, *DIMENSIONS):
        raise ValueError(f"expected one of {', '.join((ALL, *DIMENSIONS))}, got {dimension!r}")
    query = select(week_share).where(week_share.c.dimension == dimension, week_share.c.n > 0)
    query = _within(query, week_share.c.week, first_week, last_week)
    with store.read() as connection:
        rows = connection.execute(query.order_by(week_share.c.week, week_share.c.value)).all()
    return tuple(_share(row) for row in rows)


def backlog(
    store: Store,
    now: datetime,
    *,
    soon: datetime | None = None,
    week: str | None = None,
    department: str | None = None,
) -> tuple[Backlog, ...]:
    """Count what waits for an answer.

    Args:
        store: The store.
        now: Rows due before it are overdue.
        soon: Rows due from `now` to this moment are due soon; None counts none.
        week: Only rows that came in this ISO week; None counts all.
        department: Only rows of this department; None counts all.

    Returns:
        One an urgency, high first.
    """
    with store.read() as connection:
        rows = {row[0]: row for row in connection.execute(_waiting(now, soon, week, department))}
    return tuple(Backlog(urgency, *rows[rank][1:]) for rank, urgency in enumerate(_URGENCIES))


def _waiting(now: datetime, soon: datetime | None, week: str | None, department: str | None) -> Any:
    """One line an urgency; each count is one stretch of an index."""
    f = feedback.c
    lines = []
    for rank in range(len(_URGENCIES)):
        open_ = select(func.count()).where(f.open_rank == rank)
        if week is not None:
            open_ = open_.where(f.week == week)
        if department is not None:
            open_ = open_.where(f.department == department)
        oldest = open_.with_only_columns(func.min(f.respond_due))
        due_soon = open_.where(f.respond_due >= now, f.respond_due < (soon or now))
        late = open_.where(f.respond_due < now)
        counts = (open_, late, due_soon, oldest)
        lines.append(
            select(literal_column(str(rank)), *(part.scalar_subquery() for part in counts))
        )
    return union_all(*lines)


def _within(query: Select[Any], week: Any, first: str | None, last: str | None) -> Select[Any]:
    if first is not None:
        query = query.where(week >= first)
    return query if last is None else query.where(week <= last)


def _share(row: Row[Any]) -> Share:
    nps = 100 * (row.n_promoters - row.n_detractors) / row.n_nps if row.n_nps else None
    return Share(
        week=row.week,
        value=row.value,
        n=row.n,
        n_complaints=row.n_complaints,
        n_high=row.n_high,
        csat=_mean(row.csat_sum, row.n_csat),
        n_csat=row.n_csat,
        csat_satisfied=_mean(row.n_satisfied, row.n_csat),
        nps=None if nps is None else round(nps, 6),
        n_nps=row.n_nps,
        ces=_mean(row.ces_sum, row.n_ces),
        n_ces=row.n_ces,
    )


def _mean(total: float, n: int) -> float | None:
    # Rounded: sums of floats may differ in the last bit with the order of saving.
    return round(total / n, 6) if n else None
