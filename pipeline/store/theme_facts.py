"""Figures of a theme that need the feedback: where it sits, what goes with it, what helped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from pipeline.report_period import Period
from pipeline.store.engine import Store
from pipeline.store.tables import feedback
from pipeline.store.theme_board import read_board
from pipeline.store.theme_rows import family_of, read_theme
from pipeline.store.theme_states import State
from pipeline.store.theme_tables import mention, theme, theme_fit, theme_week
from pipeline.theme_breakdown import (
    DIMENSIONS,
    SCALES,
    Pair,
    ScoreSegment,
    Segment,
    break_down,
    co_occurring,
    low_scores,
)
from pipeline.theme_effect import Count, Effect, measure_effect

if TYPE_CHECKING:
    import pandas as pd

_BEFORE_WEEKS = 8
_MAX_WORDS = 6
# Of all complaints; what they say is read of the theme's own rows only.
_COLUMNS: tuple[str, ...] = ("feedback_id", "department", *DIMENSIONS, *SCALES)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Who should mend it, and why we think so.

    Attributes:
        department: Of most of its rows.
        kind: 产品缺陷, 流程漏洞 or 服务失误.
        share: Of its rows that are routed to that department.
        words: Keywords in the clauses that speak for its rows' main type, the most frequent first.
    """

    department: str
    kind: str
    share: float
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThemeFacts:
    """A theme against all complaints of some weeks.

    Attributes:
        weeks: The weeks looked at.
        segments: Where it sits; empty when the feedback was not saved in the store.
        low_scores: Which segments give low marks among its rows.
        pairs: Themes that are mentioned with it more often than by chance.
        effect: Before and after the action, or after closing; None without either.
        suggestion: Department and kind; None when the feedback was not saved.
    """

    weeks: tuple[str, ...]
    segments: tuple[Segment, ...]
    low_scores: tuple[ScoreSegment, ...]
    pairs: tuple[Pair, ...]
    effect: Effect | None
    suggestion: Suggestion | None


def theme_facts(
    store: Store, theme_id: str, week: str | None = None, n_weeks: int = 8
) -> ThemeFacts:
    """Work out a theme's figures.

    Args:
        store: The store.
        theme_id: Its id; of a merged theme the one that stands for it is taken.
        week: The last week to look at; None takes the newest fitted week.
        n_weeks: Fitted weeks to look at, at most.

    Returns:
        The facts.
    """
    with store.read() as connection:
        row = read_theme(connection, theme_id)
        root = read_theme(connection, row["root_id"])
        family = family_of(connection, root["id"])
        board = read_board(connection, week, always=root["id"])
        weeks = _weeks(connection, board.week, n_weeks)
        members = _rows_by_theme(connection, weeks)
        frame = _frame(connection, weeks)
        said = _said(connection, root["id"], weeks, root["keywords"])
        closed = board.states.get(root["id"])
        since = _since(root["action_on"], closed[1] if closed else None, closed)
        effect = _effect(connection, root["id"], family, since, board.week) if since else None
    own = members.get(root["id"], set())
    mine = frame[frame["feedback_id"].isin(list(own))]
    pairs = co_occurring(members, max(1, _n_rows(frame, members)))
    return ThemeFacts(
        weeks=tuple(weeks),
        segments=tuple(break_down(frame, own)) if len(mine) else (),
        low_scores=tuple(low_scores(mine)),
        pairs=tuple(pair for pair in pairs if root["id"] in (pair.first, pair.second)),
        effect=effect,
        suggestion=_suggest(mine, root["kind"], said),
    )


def theme_effect(store: Store, theme_id: str, week: str | None = None) -> Effect | None:
    """Say whether an action helped, without the other figures.

    Args:
        store: The store.
        theme_id: Its id; of a merged theme the one that stands for it is taken.
        week: The last week to look at; None takes the newest fitted week.

    Returns:
        Before and after the action, or after closing; None without either.
    """
    with store.read() as connection:
        row = read_theme(connection, theme_id)
        root = read_theme(connection, row["root_id"])
        board = read_board(connection, week, always=root["id"])
        closed = board.states.get(root["id"])
        since = _since(root["action_on"], closed[1] if closed else None, closed)
        if since is None:
            return None
        return _effect(connection, root["id"], family_of(connection, root["id"]), since, board.week)


def _n_rows(frame: pd.DataFrame, members: dict[str, set[str]]) -> int:
    if len(frame):
        return len(frame)
    return len({feedback_id for rows in members.values() for feedback_id in rows})


def _weeks(connection: Connection, week: str | None, n_weeks: int) -> list[str]:
    query = select(theme_fit.c.week).where(theme_fit.c.week <= (week or ""))
    newest = query.order_by(theme_fit.c.week.desc()).limit(n_weeks)
    return sorted(connection.execute(newest).scalars())


def _rows_by_theme(connection: Connection, weeks: Sequence[str]) -> dict[str, set[str]]:
    query = (
        select(theme.c.root_id, mention.c.feedback_id)
        .join(theme, theme.c.id == mention.c.theme_id)
        .where(mention.c.week.in_(weeks))
    )
    found: dict[str, set[str]] = {}
    for root, feedback_id in connection.execute(query):
        found.setdefault(root, set()).add(feedback_id)
    return found


def _frame(connection: Connection, weeks: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    columns: list[Any] = [feedback.c[name] for name in _COLUMNS]
    query = select(*columns).where(feedback.c.week.in_(weeks), feedback.c.intent == "complaint")
    records: list[Any] = [tuple(row) for row in connection.execute(query)]
    return pd.DataFrame(records, columns=list(_COLUMNS))


def _said(
    connection: Connection, root: str, weeks: Sequence[str], keywords: Sequence[str]
) -> tuple[str, ...]:
    """Keywords in the clauses that speak for the rows' main type, the most frequent first."""
    ids = (
        select(mention.c.feedback_id)
        .join(theme, theme.c.id == mention.c.theme_id)
        .where(theme.c.root_id == root, mention.c.week.in_(weeks))
    )
    f = feedback.c
    query = select(f.text, f.type, f.evidence).where(
        f.feedback_id.in_(ids), f.week.in_(weeks), f.intent == "complaint"
    )
    words: Counter[str] = Counter()
    for text, type_, evidence in connection.execute(query):
        spans = [e for e in evidence or () if e["label"] == type_]
        clauses = "".join(text[e["start"] : e["end"]] for e in spans)
        words.update(word for word in keywords if word in clauses)
    ranked = sorted(words, key=lambda word: (-words[word], word))
    return tuple(ranked[:_MAX_WORDS])


def _since(
    action_on: date | None, closed_week: str | None, closed: tuple[State, str] | None
) -> date | None:
    if action_on is not None:
        return action_on
    if closed is None or closed_week is None or closed[0] == State.OPEN:
        return None
    return Period.of_week(closed_week).end.date()


def _effect(
    connection: Connection, root: str, family: Sequence[str], since: date, week: str | None
) -> Effect:
    """Compare whole weeks; the week in which the action took effect is in neither."""
    fits = select(theme_fit.c.week, theme_fit.c.n_complaints, theme_week.c.n_family).outerjoin(
        theme_week, (theme_week.c.week == theme_fit.c.week) & (theme_week.c.theme_id == root)
    )
    before: list[Any] = []
    after: list[Any] = []
    for row in connection.execute(
        fits.where(theme_fit.c.week <= (week or "")).order_by(theme_fit.c.week)
    ):
        period = Period.of_week(row.week)
        if period.end.date() <= since:
            before.append(row)
        elif period.start.date() >= since:
            after.append(row)
    before = before[-_BEFORE_WEEKS:]
    return measure_effect(
        _count(before),
        _count(after),
        _customers(connection, family, [row.week for row in before]),
        _customers(connection, family, [row.week for row in after]),
    )


def _count(rows: Sequence[Any]) -> Count:
    return Count(sum(row.n_family or 0 for row in rows), sum(row.n_complaints for row in rows))


def _customers(connection: Connection, family: Sequence[str], weeks: Sequence[str]) -> set[str]:
    query = (
        select(feedback.c.customer_id)
        .join(mention, mention.c.feedback_id == feedback.c.feedback_id)
        .where(mention.c.theme_id.in_(family), mention.c.week.in_(weeks))
        .where(feedback.c.customer_id.is_not(None))
    )
    return set(connection.execute(query.distinct()).scalars())


def _suggest(rows: pd.DataFrame, kind: str, words: tuple[str, ...]) -> Suggestion | None:
    if rows.empty:
        return None
    departments = Counter(rows["department"])
    department = min(departments, key=lambda name: (-departments[name], name))
    return Suggestion(str(department), kind, departments[department] / len(rows), words)
