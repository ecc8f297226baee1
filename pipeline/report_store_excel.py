"""The sheets of the report's workbook that need a store."""

from __future__ import annotations

from typing import Any

from pipeline.report_cells import share_cell
from pipeline.report_facts import Compared, StoreFacts
from pipeline.report_page import period_words
from pipeline.report_period import Period
from pipeline.report_story import others_of, place_of
from pipeline.report_titles import Titles

Rows = list[list[Any]]


def store_sheets(facts: StoreFacts, period: Period, titles: Titles) -> dict[str, Rows]:
    """Lay out the facts.

    Args:
        facts: The facts.
        period: The report's period.
        titles: What people read for a value, and in which language.

    Returns:
        Sheet name to rows, the header first.
    """
    is_english = titles.language == "en"
    names = (
        ("Compared", "Worse", "Actions", "Where", "Groups")
        if is_english
        else ("对比", "变差的问题", "措施效果", "集中点", "满意度分组")
    )
    tables = (
        _compared(facts, period, titles),
        _movers(facts, titles),
        _actions(facts, titles),
        _places(facts, titles),
        _groups(facts, period, titles),
    )
    return dict(zip(names, tables, strict=True))


def decision_cells(facts: StoreFacts, theme_id: str, titles: Titles) -> list[Any]:
    """Give what was decided about a theme.

    Args:
        facts: The facts.
        theme_id: The theme.
        titles: In which language.

    Returns:
        Status, cause, owner, action, due day; empty cells where nothing was.
    """
    found = facts.decisions.get(theme_id)
    if found is None:
        return [""] * 5
    status = titles.word(f"status_{found.status}")
    return [status, " → ".join(found.whys), found.owner or "", found.action or "", found.due]


def _compared(facts: StoreFacts, period: Period, titles: Titles) -> Rows:
    header = [titles.word("figure"), *period_words(period, titles), titles.word("year_ago")]
    lines = [[titles.word(c.name), *_three(c)] for c in facts.compared]
    return [header, *lines]


def _three(line: Compared) -> list[Any]:
    three = [line.now, line.before, line.year_ago]
    if line.kind == "share":
        return [share_cell(value) for value in three]
    if line.kind == "count":
        return [None if value is None else int(value) for value in three]
    return three


def _movers(facts: StoreFacts, titles: Titles) -> Rows:
    words = ("theme", "theme_status", "this_week", "last_week", "where", "department", "owner")
    rows: Rows = [[titles.word("feedback_id"), *(titles.word(word) for word in words)]]
    for m in facts.movers:
        where = ""
        if m.where is not None:
            others = others_of(m.where, titles)
            where = f"{place_of(m.where, titles)} {m.where.lift:.1f} × {others}"
        status = titles.word(f"status_{m.status}")
        rows.append(
            [m.theme_id, m.name, status, m.n, m.n_before, where, m.department, m.owner or ""]
        )
    return rows


def _actions(facts: StoreFacts, titles: Titles) -> Rows:
    words = ("theme", "action", "owner", "since_day", "share_before", "share_after", "verdict")
    rows: Rows = [[titles.word("feedback_id"), *(titles.word(word) for word in words)]]
    for a in facts.actions:
        shares = [share_cell(e.value) for e in (a.effect.before, a.effect.after)]
        verdict = titles.word(a.effect.verdict.value)
        action = a.action or titles.word("closed_only")
        rows.append([a.theme_id, a.name, action, a.owner or "", a.since, *shares, verdict])
    return rows


def _places(facts: StoreFacts, titles: Titles) -> Rows:
    words = ("dimension", "value", "theme", "n", "total", "lift", "low", "high")
    rows: Rows = [[titles.word(word) for word in words]]
    for c in facts.clusters:
        place = [titles.word(c.dimension), place_of(c, titles), c.theme]
        rows.append([*place, c.n, c.total, c.lift, c.low, c.high])
    for m in facts.low_marks:
        score = f"{m.score.upper()} {titles.word('low_marks_of')}"
        place = [titles.word(m.dimension), place_of(m, titles), score]
        rows.append([*place, m.n, m.total, m.lift, m.low, m.high])
    return rows


def _groups(facts: StoreFacts, period: Period, titles: Titles) -> Rows:
    words = [titles.word(word) for word in ("dimension", "value")]
    rows: Rows = [[*words, *period_words(period, titles), titles.word("answers")]]
    for g in facts.groups:
        before = share_cell(g.before.value) if g.before else None
        place = [titles.word(g.dimension), titles.of(g.dimension, g.value)]
        rows.append([*place, share_cell(g.satisfied.value), before, g.satisfied.n])
    return rows
