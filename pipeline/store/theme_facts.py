"""Figures of a theme that need the feedback: where it sits, what goes with it, what helped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Connection, select

from pipeline.store.engine import Store
from pipeline.store.tables import feedback
from pipeline.store.theme_effects import Asked, ask, read_effect
from pipeline.store.theme_pairs import read_pairs
from pipeline.store.theme_places import count_complaints, read_places
from pipeline.store.theme_tables import mention, theme, theme_fit
from pipeline.theme_breakdown import (
    DIMENSIONS,
    SCALES,
    Pair,
    ScoreSegment,
    Segment,
    low_scores,
)
from pipeline.theme_effect import Effect

if TYPE_CHECKING:
    import pandas as pd

_MAX_WORDS = 6
_COLUMNS = ("department", *DIMENSIONS, *SCALES)


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


class ThemeContext(NamedTuple):
    """The part of `ThemeFacts` that is counted in the database alone."""

    segments: tuple[Segment, ...]
    pairs: tuple[Pair, ...]
    effect: Effect | None


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
        asked = ask(connection, theme_id, week)
        root, weeks = asked.root, _weeks(connection, asked.week, n_weeks)
        mine = _frame(connection, root["id"], weeks)
        said = _said(connection, root["id"], weeks, root["keywords"])
        context = _context(connection, asked, weeks)
    return ThemeFacts(
        weeks=tuple(weeks),
        segments=context.segments,
        low_scores=tuple(low_scores(mine)),
        pairs=context.pairs,
        effect=context.effect,
        suggestion=_suggest(mine, root["kind"], said),
    )


def theme_context(
    store: Store, theme_id: str, week: str | None = None, n_weeks: int = 8
) -> ThemeContext:
    """Work out what a theme's page shows of the figures, which no row need be loaded for.

    Args:
        store: The store.
        theme_id: Its id; of a merged theme the one that stands for it is taken.
        week: The last week to look at; None takes the newest fitted week.
        n_weeks: Fitted weeks to look at, at most.

    Returns:
        Segments, pairs and effect as `theme_facts` gives them.
    """
    with store.read() as connection:
        asked = ask(connection, theme_id, week)
        return _context(connection, asked, _weeks(connection, asked.week, n_weeks))


def _context(connection: Connection, asked: Asked, weeks: Sequence[str]) -> ThemeContext:
    root = asked.root["id"]
    n_rows = count_complaints(connection, weeks)
    return ThemeContext(
        tuple(read_places(connection, [root], weeks).get(root, ())),
        read_pairs(connection, root, weeks, n_rows),
        read_effect(connection, asked),
    )


def _weeks(connection: Connection, week: str | None, n_weeks: int) -> list[str]:
    query = select(theme_fit.c.week).where(theme_fit.c.week <= (week or ""))
    newest = query.order_by(theme_fit.c.week.desc()).limit(n_weeks)
    return sorted(connection.execute(newest).scalars())


def _frame(connection: Connection, root: str, weeks: Sequence[str]) -> pd.DataFrame:
    import pandas as pd

    columns: list[Any] = [feedback.c[name] for name in _COLUMNS]
    query = select(*columns).where(*_rows_of(root, weeks))
    records: list[Any] = [tuple(row) for row in connection.execute(query)]
    return pd.DataFrame(records, columns=list(_COLUMNS))


def _rows_of(root: str, weeks: Sequence[str]) -> tuple[Any, ...]:
    ids = (
        select(mention.c.feedback_id)
        .join(theme, theme.c.id == mention.c.theme_id)
        .where(theme.c.root_id == root, mention.c.week.in_(weeks))
    )
    f = feedback.c
    return f.feedback_id.in_(ids), f.week.in_(weeks), f.intent == "complaint"


def _said(
    connection: Connection, root: str, weeks: Sequence[str], keywords: Sequence[str]
) -> tuple[str, ...]:
    """Keywords in the clauses that speak for the rows' main type, the most frequent first."""
    f = feedback.c
    query = select(f.text, f.type, f.evidence).where(*_rows_of(root, weeks))
    words: Counter[str] = Counter()
    for text, type_, evidence in connection.execute(query):
        spans = [e for e in evidence or () if e["label"] == type_]
        clauses = "".join(text[e["start"] : e["end"]] for e in spans)
        words.update(word for word in keywords if word in clauses)
    ranked = sorted(words, key=lambda word: (-words[word], word))
    return tuple(ranked[:_MAX_WORDS])


def _suggest(rows: pd.DataFrame, kind: str, words: tuple[str, ...]) -> Suggestion | None:
    if rows.empty:
        return None
    departments = Counter(rows["department"])
    department = min(departments, key=lambda name: (-departments[name], name))
    return Suggestion(str(department), kind, departments[department] / len(rows), words)
