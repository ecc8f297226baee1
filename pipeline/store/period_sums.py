"""Sums over a stretch of time: rows, marks, promised times kept, who complained again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, case, func, select

from pipeline.report_statistics import Estimate, nps_of, share_of
from pipeline.store.rows import NO_ANSWER_NEEDED
from pipeline.store.saving import came_in
from pipeline.store.tables import feedback

if TYPE_CHECKING:
    from pipeline.store.engine import Store

REPEAT_DAYS = 30
# Ten working days over the longest holidays are fewer.
_LONGEST_DEADLINE = timedelta(days=60)

_f = feedback.c


@dataclass(frozen=True, slots=True)
class Sums:
    """Some days in figures.

    Attributes:
        n: Rows.
        n_complaints: With intent complaint.
        n_urgent: With high urgency.
        satisfied: Share of CSAT answers of 4 and 5.
        nps: Promoters less detractors, -100 to 100.
    """

    n: int
    n_complaints: int
    n_urgent: int
    satisfied: Estimate
    nps: Estimate


def sum_up(store: Store, start: datetime, end: datetime) -> Sums:
    """Count the rows of some days.

    Args:
        store: The store.
        start: The first moment, aware.
        end: The first moment after it.

    Returns:
        Their figures.
    """
    query = select(
        func.count(),
        _count(_f.intent == "complaint"),
        _count(_f.urgency == "high"),
        func.count(_f.csat),
        _count(_f.csat >= 4),
        func.count(_f.nps),
        _count(_f.nps >= 9),
        _count(_f.nps <= 6),
    ).where(came_in(start, end))
    with store.read() as connection:
        n, complaints, urgent, csat, good, nps, up, down = map(int, connection.execute(query).one())
    answers = [10.0] * up + [8.0] * (nps - up - down) + [0.0] * down
    return Sums(n, complaints, urgent, share_of(good, csat), nps_of(answers))


@dataclass(frozen=True, slots=True)
class Promise:
    """How often a promised time was kept, of the rows whose time ran out in some days.

    Attributes:
        name: respond or resolve.
        in_time: The share; it counts rows that want an answer.
        is_known: Whether anybody ever noted an answer, or a closing, of these rows.
    """

    name: str
    in_time: Estimate
    is_known: bool


def promises(store: Store, start: datetime, end: datetime) -> tuple[Promise, ...]:
    """Measure the service levels.

    Args:
        store: The store.
        start: The first moment, aware.
        end: The first moment after it.

    Returns:
        Answers, then closings; a row answered or closed after `end` counts as not yet done.
    """
    pairs = {
        "respond": (_f.respond_due, func.coalesce(_f.answered_at, _f.closed_at)),
        "resolve": (_f.resolve_due, _f.closed_at),
    }
    found = []
    with store.read() as connection:
        for name, (due, done) in pairs.items():
            query = select(func.count(), func.count(done), _count(done <= due)).where(
                came_in(start - _LONGEST_DEADLINE, end),
                _f.intent.not_in(NO_ANSWER_NEEDED),
                due >= start,
                due < end,
            )
            n, n_done, n_in_time = map(int, connection.execute(query).one())
            found.append(Promise(name, share_of(n_in_time, n), n_done > 0))
    return tuple(found)


def repeat_share(store: Store, start: datetime, end: datetime) -> Estimate:
    """Measure how many complaints are repeated ones.

    Args:
        store: The store.
        start: The first moment, aware.
        end: The first moment after it.

    Returns:
        Share of the complaints of known customers that are not their first of that type within 30
        days, or whose `contact_count` is above one.
    """
    query = (
        select(_f.customer_id, _f.type, _f.contact_count, _f.created_at)
        .where(
            came_in(start - timedelta(days=REPEAT_DAYS), end),
            _f.intent == "complaint",
            _f.customer_id.is_not(None) | _f.contact_count.is_not(None),
        )
        .order_by(_f.row_id)
    )
    last: dict[tuple[str, str], datetime] = {}
    seen: dict[bool, int] = defaultdict(int)
    with store.read() as connection:
        for row in connection.execute(query):
            before = last.get((row.customer_id, row.type)) if row.customer_id else None
            if row.customer_id:
                last[row.customer_id, row.type] = row.created_at
            if row.created_at >= start:
                is_near = before is not None and row.created_at - before <= timedelta(REPEAT_DAYS)
                seen[is_near or (row.contact_count or 1) > 1] += 1
    return share_of(seen[True], seen[True] + seen[False])


def _count(condition: ColumnElement[bool]) -> Any:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)
