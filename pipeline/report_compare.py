"""This period beside the last one and the same of last year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.report_facts import Compared
from pipeline.report_period import Period
from pipeline.report_statistics import Estimate
from pipeline.store.period_sums import Promise, Sums, promises, repeat_share, sum_up

if TYPE_CHECKING:
    from pipeline.store.engine import Store


@dataclass(frozen=True, slots=True)
class Measured:
    """One period in figures.

    Attributes:
        sums: Its sums.
        promises: Service levels.
        repeat: Share of repeated complaints.
    """

    sums: Sums
    promises: tuple[Promise, ...]
    repeat: Estimate


def measure(store: Store, period: Period) -> Measured:
    """Measure a period.

    Args:
        store: The store.
        period: The period.

    Returns:
        Its figures.
    """
    start, end = period.start, period.end
    return Measured(
        sum_up(store, start, end), promises(store, start, end), repeat_share(store, start, end)
    )


def compare(store: Store, period: Period, now: Measured) -> tuple[Compared, ...]:
    """Set a period beside others.

    Args:
        store: The store.
        period: The period.
        now: Its figures.

    Returns:
        One line a figure; a period without any row has none.
    """
    columns = [_figures(now)]
    for other in (period.previous, year_before(period)):
        measured = measure(store, other)
        columns.append(_figures(measured) if measured.sums.n else {})
    lines = [
        Compared(name, kind, *(column.get(name) for column in columns))
        for name, kind in _KINDS.items()
    ]
    return tuple(line for line in lines if line.now is not None or line.before is not None)


def year_before(period: Period) -> Period:
    """Give the same period of last year.

    Args:
        period: A week or month.

    Returns:
        The ISO week or month of the same number; week 53 is compared with week 52.
    """
    year, number = period.key.split("-")
    key = f"{int(year) - 1}-{number}"
    if period.kind == "month":
        return Period.of_month(key)
    try:
        return Period.of_week(key)
    except ValueError:
        return Period.of_week(f"{int(year) - 1}-W52")


_KINDS = {
    "rows": "count",
    "complaints": "count",
    "complaint_share": "share",
    "urgent": "count",
    "satisfied": "share",
    "nps": "points",
    "repeat": "share",
    "respond": "share",
    "resolve": "share",
}


def _figures(measured: Measured) -> dict[str, float | None]:
    sums = measured.sums
    kept = {p.name: p.in_time.value if p.is_known else None for p in measured.promises}
    return {
        "rows": sums.n,
        "complaints": sums.n_complaints,
        "complaint_share": sums.n_complaints / sums.n if sums.n else None,
        "urgent": sums.n_urgent,
        "satisfied": sums.satisfied.value,
        "nps": sums.nps.value,
        "repeat": measured.repeat.value,
        **kept,
    }
