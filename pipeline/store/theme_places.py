"""Where themes sit, counted by the database: the complaints of a week are counted as they come."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import CTE, Connection, func, literal, select, union_all

from pipeline.store.tables import feedback, week_share
from pipeline.store.theme_tables import mention, theme
from pipeline.store.weekly import ALL
from pipeline.theme_breakdown import DIMENSIONS, Segment, break_down_counts

_Counts = dict[str, dict[str, int]]


def read_places(
    connection: Connection,
    theme_ids: Collection[str],
    weeks: Sequence[str],
    dimensions: Sequence[str] = DIMENSIONS,
) -> dict[str, list[Segment]]:
    """Break themes down by every dimension, against all complaints of some weeks.

    Args:
        connection: Any.
        theme_ids: Themes that stand for themselves.
        weeks: The weeks.
        dimensions: Which to look at, in this order.

    Returns:
        Theme id to its segments, by dimension, the highest lift first; themes none of whose rows
        is a complaint of the store in those weeks are left out.
    """
    totals = _totals(connection, weeks, dimensions)
    counts = _counts(connection, theme_ids, weeks, dimensions)
    return {id_: break_down_counts(totals, own, dimensions) for id_, own in counts.items()}


def count_complaints(connection: Connection, weeks: Sequence[str]) -> int:
    """Count all complaints of some weeks.

    Args:
        connection: Any.
        weeks: The weeks.

    Returns:
        How many there are; 0 when the feedback was not saved.
    """
    share = week_share.c
    query = select(func.coalesce(func.sum(share.n_complaints), 0))
    query = query.where(share.week.in_(weeks), share.dimension == ALL)
    return int(connection.execute(query).scalar_one())


def _totals(connection: Connection, weeks: Sequence[str], dimensions: Sequence[str]) -> _Counts:
    share = week_share.c
    n = func.sum(share.n_complaints)
    query = select(share.dimension, share.value, n).where(share.week.in_(weeks))
    of_values = query.where(share.dimension.in_(dimensions), share.value != "")
    of_values = of_values.group_by(share.dimension, share.value).having(n > 0)
    of_weeks = select(share.week, share.n_complaints).where(share.week.in_(weeks))
    of_weeks = of_weeks.where(share.dimension == ALL, share.n_complaints > 0)
    found: _Counts = {}
    for dimension, value, total in connection.execute(of_values):
        found.setdefault(dimension, {})[value] = int(total)
    if "week" in dimensions:
        found["week"] = {week: int(total) for week, total in connection.execute(of_weeks)}
    return found


def _counts(
    connection: Connection,
    theme_ids: Collection[str],
    weeks: Sequence[str],
    dimensions: Sequence[str],
) -> dict[str, _Counts]:
    rows = _rows(theme_ids, weeks, dimensions)
    lines = []
    for name in ("", *dimensions):
        value = rows.c[name] if name else literal("")
        line = select(rows.c.theme_id, literal(name).label("dimension"), value, func.count())
        line = line.where(value.is_not(None), value != "") if name else line
        lines.append(line.group_by(rows.c.theme_id, *((value,) if name else ())))
    found: dict[str, _Counts] = {}
    for theme_id, dimension, value, n in connection.execute(union_all(*lines)):
        found.setdefault(theme_id, {}).setdefault(dimension, {})[value] = n
    return found


def _rows(theme_ids: Collection[str], weeks: Sequence[str], dimensions: Sequence[str]) -> CTE:
    """The complaints that mention the themes, each once a theme; both databases keep it aside."""
    told = (
        select(theme.c.root_id.label("theme_id"), mention.c.feedback_id)
        .join(theme, theme.c.id == mention.c.theme_id)
        .where(theme.c.root_id.in_(theme_ids), mention.c.week.in_(weeks))
        .distinct()
        .subquery()
    )
    columns = [feedback.c[name] for name in dimensions]
    return (
        select(told.c.theme_id, *columns)
        .join(told, told.c.feedback_id == feedback.c.feedback_id)
        .where(feedback.c.week.in_(weeks), feedback.c.intent == "complaint")
        .cte("rows_of_themes")
    )
