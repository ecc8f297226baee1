"""All themes of one week side by side: their lives are judged together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import Connection, RowMapping, func, select

from pipeline.store.theme_errors import UnknownThemeError
from pipeline.store.theme_rows import chunks, last_week
from pipeline.store.theme_states import State, read_states
from pipeline.store.theme_tables import theme, theme_fit, theme_week
from pipeline.store.theme_views import QuoteView, ThemeView
from pipeline.theme_life import Life, LifeSettings, Past, Status, judge_lives

_MAX_QUOTES = 5
_NO_LIFE = Life(Status.NEW, 0, None, None, None, None, is_rare_rising=False)


@dataclass(frozen=True)
class Board:
    """The themes of one week.

    Attributes:
        week: The week; None before the first fit.
        weeks: The fitted weeks that are compared, the last is `week`.
        totals: Complaints of each.
        themes: Rows of `theme` by id, those that stand for themselves.
        own: Counts of `theme_week` of the compared weeks, by theme and week.
        quotes: Quotes of each theme's last week that has any, merged ones' too.
        spans: First and last week of each theme, up to `week`.
        states: State and since when, of closed and regressed ones.
    """

    week: str | None
    weeks: tuple[str, ...]
    totals: tuple[int, ...]
    themes: Mapping[str, RowMapping]
    own: Mapping[str, Mapping[str, Any]]
    quotes: Mapping[str, Sequence[Mapping[str, Any]]]
    spans: Mapping[str, tuple[str, str]]
    states: Mapping[str, tuple[State, str]]

    def views(self) -> list[ThemeView]:
        """Give every theme, the largest first."""
        return sorted((self.view(id_) for id_ in self.themes), key=lambda view: (-view.n, view.id))

    @cached_property
    def _lives(self) -> dict[str, Life]:
        ids = [id_ for id_ in self.themes if self.weeks and id_ in self.spans]
        judged = _judged(tuple(self._past(id_) for id_ in ids), self.totals)
        return dict(zip(ids, judged, strict=True))

    def _past(self, theme_id: str) -> Past:
        rows = self.own.get(theme_id, {})
        first = self.spans[theme_id][0]
        state = self.states.get(theme_id, (State.OPEN, ""))[0]
        return Past(
            counts=tuple(rows[week].n_family if week in rows else 0 for week in self.weeks),
            born=sum(week < first for week in self.weeks) if first >= self.weeks[0] else -1,
            is_resolved=state == State.RESOLVED,
            is_regressed=state == State.REGRESSED,
        )

    def view(self, theme_id: str) -> ThemeView:
        """Give one theme.

        Args:
            theme_id: One of `themes`.

        Returns:
            The theme as of the week.
        """
        row, life = self.themes[theme_id], self._lives.get(theme_id, _NO_LIFE)
        total = self.totals[-1] if self.totals else 0
        here = self.own.get(theme_id, {}).get(self.week or "")
        first, last = self.spans.get(theme_id, (None, None))
        state = self.states.get(theme_id)
        copied = ("id", "name", "version", "department", "kind", "owner", "action")
        return ThemeView(
            **{key: row[key] for key in (*copied, "due", "action_on", "is_named")},
            week=self.week,
            status=life.status,
            since=state[1] if state and state[0] != State.OPEN else None,
            n=life.n,
            n_before=life.n_before,
            share=life.n / total if total else None,
            expected=life.expected,
            p=life.p,
            q=life.q,
            is_rare_rising=life.is_rare_rising,
            change=here.change if here else "",
            keywords=tuple(row["keywords"]),
            quotes=tuple(QuoteView(**quote) for quote in self.quotes.get(theme_id, ())),
            born_week=first,
            last_week=last,
        )


# The exact tests of hundreds of themes take longer than all the reading; the same counts, which
# every look at a week brings, have the same lives.
@lru_cache(maxsize=64)
def _judged(pasts: tuple[Past, ...], totals: tuple[int, ...]) -> tuple[Life, ...]:
    return tuple(judge_lives(pasts, totals, LifeSettings()))


def read_board(connection: Connection, week: str | None = None, always: str | None = None) -> Board:
    """Read the themes of a week.

    Args:
        connection: Any.
        week: Such as `2026-W47`; None takes the newest fitted week.
        always: A theme that is shown even if it was first seen later.

    Returns:
        The board.

    Raises:
        UnknownThemeError: If the week was never fitted.
    """
    week = fitted_week(connection, week)
    weeks, totals = _compared(connection, week)
    spans = _spans(connection, week)
    rows = list(connection.execute(select(theme).order_by(theme.c.id)).mappings())
    children: dict[str, list[str]] = {}
    for row in rows:
        if row["merged_into"] is not None:
            children.setdefault(row["root_id"], []).append(row["id"])
    themes = {
        row["id"]: row
        for row in rows
        if row["merged_into"] is None
        and (row["id"] in spans or row["seeds"] or row["id"] == always)
    }
    families = {id_: (id_, *children.get(id_, ())) for id_ in themes}
    return Board(
        week,
        weeks,
        totals,
        themes,
        _own(connection, weeks),
        _quotes(connection, weeks, families),
        spans,
        read_states(connection, week),
    )


def fitted_week(connection: Connection, week: str | None) -> str | None:
    """Find the week that is looked at.

    Args:
        connection: Any.
        week: Such as `2026-W47`; None takes the newest fitted week.

    Returns:
        The week; None before the first fit.

    Raises:
        UnknownThemeError: If the week was never fitted.
    """
    newest = last_week(connection)
    if week is None:
        return newest
    is_fitted = select(theme_fit.c.week).where(theme_fit.c.week == week)
    if connection.execute(is_fitted).first() is None:
        raise UnknownThemeError(f"没有聚类过 {week};最近的一周是 {newest or '(还没有)'}")
    return week


def _compared(connection: Connection, week: str | None) -> tuple[tuple[str, ...], tuple[int, ...]]:
    if week is None:
        return (), ()
    query = (
        select(theme_fit.c.week, theme_fit.c.n_complaints)
        .where(theme_fit.c.week <= week)
        .order_by(theme_fit.c.week.desc())
        .limit(LifeSettings().span + 1)
    )
    rows = list(reversed(connection.execute(query).all()))
    return tuple(row.week for row in rows), tuple(row.n_complaints for row in rows)


def _spans(connection: Connection, week: str | None) -> dict[str, tuple[str, str]]:
    query = select(
        theme_week.c.theme_id, func.min(theme_week.c.week), func.max(theme_week.c.week)
    ).where((theme_week.c.n_family > 0) & (theme_week.c.week <= (week or "")))
    rows = connection.execute(query.group_by(theme_week.c.theme_id))
    return {theme_id: (first, last) for theme_id, first, last in rows}


def _own(connection: Connection, weeks: Sequence[str]) -> dict[str, dict[str, Any]]:
    names = ("theme_id", "week", "n_family", "change")
    query = select(*(theme_week.c[name] for name in names)).where(theme_week.c.week.in_(weeks))
    found: dict[str, dict[str, Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.theme_id, {})[row.week] = row
    return found


def _quotes(
    connection: Connection, weeks: Sequence[str], families: Mapping[str, Sequence[str]]
) -> dict[str, list[Mapping[str, Any]]]:
    """Those of the last week that has any, the theme's own before the merged ones'."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    # The newest week has them for nearly all themes; older ones are read for the others alone.
    for some in (weeks[-1:], weeks[:-1]):
        wanted = {id_: family for id_, family in families.items() if id_ not in found}
        own = _read_quotes(connection, some, [id_ for family in wanted.values() for id_ in family])
        for id_, family in wanted.items():
            for week in reversed(some):
                quotes = [quote for one in family for quote in own.get((one, week), ())]
                if quotes:
                    found[id_] = quotes[:_MAX_QUOTES]
                    break
    return found


def _read_quotes(
    connection: Connection, weeks: Sequence[str], theme_ids: Sequence[str]
) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    found = {}
    names = (theme_week.c.theme_id, theme_week.c.week, theme_week.c.quotes)
    for piece in chunks(theme_ids if weeks else ()):
        here = theme_week.c.week.in_(weeks) & theme_week.c.theme_id.in_(piece)
        for theme_id, week, quotes in connection.execute(select(*names).where(here)):
            found[theme_id, week] = quotes
    return found
