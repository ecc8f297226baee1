"""What a report shows besides the rows' own figures, when it is made from a store."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from enum import Enum
from typing import Any

from pipeline.report_segments import Cluster, GroupScore, LowMarks
from pipeline.report_statistics import Estimate
from pipeline.store.period_sums import Promise, Sums
from pipeline.theme_effect import Effect

REPEAT_TARGET = 0.05


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the comparison.

    Attributes:
        name: n, n_complaints, share, n_urgent, satisfied, nps, repeat, respond or resolve.
        kind: count, share or points; says how to write the values.
        now: This period's figure; None where there is none.
        before: The last period's.
        year_ago: That of the same period last year.
    """

    name: str
    kind: str
    now: float | None
    before: float | None
    year_ago: float | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What a team made of a theme: problem, cause, action.

    Attributes:
        theme_id: The theme.
        status: Such as growing; `status_title` is Chinese.
        status_title: The same for people.
        kind: Kind of root cause; empty if unknown.
        whys: The chain of whys, the first first.
        fishbone: Its bone of the fishbone; None if unknown.
        owner: Who acts; None if nobody.
        action: What is done; None if nothing.
        due: By when; None if never said.
        is_late: Whether that day passed by the end of the period and the theme is not resolved.
        version: The theme's version.
    """

    theme_id: str
    status: str
    status_title: str
    kind: str
    whys: tuple[str, ...]
    fishbone: str | None
    owner: str | None
    action: str | None
    due: date | None
    is_late: bool
    version: int


@dataclass(frozen=True, slots=True)
class ActionEffect:
    """An action, or a closing, and what came of it.

    Attributes:
        theme_id: The theme.
        name: Its name.
        status_title: Where it stands.
        department: Whose it is.
        owner: Who acted; None if unknown.
        action: What was done; None if it was only closed.
        since: The day, or week, from which on it should show.
        effect: Before and after.
    """

    theme_id: str
    name: str
    status_title: str
    department: str
    owner: str | None
    action: str | None
    since: str
    effect: Effect


@dataclass(frozen=True, slots=True)
class Mover:
    """A theme that got worse.

    Attributes:
        theme_id: The theme.
        name: Its name.
        status: new, growing or regressed.
        status_title: The same for people.
        n: Rows of the newest week.
        n_before: Of the week before; None without one.
        department: Whose it is.
        owner: Who acts; None if nobody.
        where: Where it is most above elsewhere; None if nowhere clearly.
    """

    theme_id: str
    name: str
    status: str
    status_title: str
    n: int
    n_before: int | None
    department: str
    owner: str | None
    where: Cluster | None


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """All of it.

    Attributes:
        week: The fitted week whose themes are shown; None when none was fitted.
        sums: This period's sums.
        compared: This period, the last one and the same of last year.
        promises: Service levels.
        repeat: Share of repeated complaints.
        groups: CSAT by touchpoint, tier, product, region and channel.
        clusters: Where themes are far above elsewhere.
        low_marks: Where low marks are.
        movers: Themes that got worse, the worst first.
        decisions: Theme id to what was decided.
        actions: Actions with a before and an after.
    """

    week: str | None
    sums: Sums
    compared: tuple[Compared, ...]
    promises: tuple[Promise, ...]
    repeat: Estimate
    groups: tuple[GroupScore, ...]
    clusters: tuple[Cluster, ...]
    low_marks: tuple[LowMarks, ...]
    movers: tuple[Mover, ...]
    decisions: dict[str, Decision]
    actions: tuple[ActionEffect, ...]

    def as_json(self) -> dict[str, Any]:
        """Give the facts as plain values.

        Returns:
            Field name to value.
        """
        return dict(_plain(asdict(self)))


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
