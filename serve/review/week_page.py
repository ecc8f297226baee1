"""The week: what changed, what is urgent, which themes need a decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from models.deadlines import SHANGHAI
from serve.review.labels import change, interval, label, percent, taxonomy, week_title, when
from serve.review.row_card import draw_badges
from serve.review.tags import choice, link, table, tag
from serve.review.view import View, place
from serve.review.week_actions import draw_actions
from serve.review.week_figures import WeekFigures, read_week
from serve.review.week_scores import draw_scores
from serve.review.week_themes import draw_themes
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.engine import Store


class WeekPage:
    """The page of a week.

    Args:
        query: The address's query; `week` picks one.
    """

    nav = "week"

    def __init__(self, query: Mapping[str, str]) -> None:
        self._week = query.get("week")

    def load(self, store: Store) -> WeekFigures | None:
        """Read the figures."""
        return read_week(store, self._week, datetime.now(SHANGHAI))

    def draw(self, view: View, figures: WeekFigures | None) -> None:
        """Draw the page."""
        t = view.t
        if figures is None:
            draw_empty(t)
            return
        with tag("div", classes="row between"):
            tag("h1", week_title(t, figures.week))
            with tag("div", classes="row"):
                draw_weeks(t, "", figures.weeks, figures.week)
                link(t("week.to_ledgers"), place("ledgers", period=figures.week), "button")
        _draw_tiles(t, figures)
        with tag("div", classes="grid"):
            with tag("section", classes="card"):
                draw_themes(view, figures.themes, figures.week)
            if figures.themes:
                with tag("section", classes="card"):
                    draw_actions(view, figures.themes, figures.week)
            with tag("section", classes="card half"):
                _draw_volume(t, figures)
            with tag("section", classes="card half"):
                draw_scores(t, figures)
            with tag("section", classes="card half"):
                _draw_urgent(t, figures)
            with tag("section", classes="card half"):
                _draw_touchpoints(t, figures)


def draw_empty(t: Words) -> None:
    """Draw what an empty store shows."""
    tag("h1", t("empty.title"))
    with tag("div", classes="card"):
        tag("p", t("empty.body"))
        tag("pre", t("empty.steps"))


def draw_weeks(t: Words, path: str, weeks: Sequence[str], week: str) -> None:
    """Draw the choice of week.

    Args:
        t: The language.
        path: Which page to open.
        weeks: All weeks in order.
        week: The one shown.
    """
    with tag("form", classes="filters", method="get", action=place(path), data_auto=""):
        options = [(key, key) for key in reversed(weeks)]
        choice(t("weeks.label"), "week", options, week)


def _draw_tiles(t: Words, figures: WeekFigures) -> None:
    n, before = sum(figures.by_type.values()), figures.by_type_before
    week = figures.week
    with tag("div", classes="tiles"):
        n_before = None if before is None else sum(before.values())
        _tile(t("week.rows"), f"{n:,}", _against(t, n, n_before))
        complaints = _against(t, figures.n_complaints, figures.n_complaints_before)
        _tile(t("week.complaints"), f"{figures.n_complaints:,}", complaints)
        urgent = place("inbox", urgency="high")
        _tile(t("week.urgent"), f"{figures.n_urgent:,}", "", urgent, is_hot=figures.n_urgent > 0)
        late = place("inbox", overdue="1")
        _tile(t("week.overdue"), f"{figures.n_overdue:,}", "", late, is_hot=figures.n_overdue > 0)
        if figures.coverage:
            share = percent(figures.coverage.value)
            hint = t("week.coverage_hint")
            _tile(t("week.coverage"), share, hint, place("themes", week=week))
        _tile(t("week.review"), f"{figures.n_review:,}", "", place("inbox", tab="review"))


def _tile(words: str, figure: str, note: str, href: str = "", *, is_hot: bool = False) -> None:
    classes = "tile hot" if is_hot else "tile"
    with tag("a" if href else "div", classes=classes, href=href or None):
        tag("span", words, "small soft")
        tag("span", figure, "big")
        tag("span", note, "small soft")


def _against(t: Words, n: int, before: int | None) -> str:
    if before is None:
        return t("week.no_before")
    return f"{t('week.before', n=f'{before:,}')}({change(n, before)})"


def _draw_volume(t: Words, figures: WeekFigures) -> None:
    tag("h2", t("week.volume"))
    before = figures.by_type_before or {}
    most = max([1, *figures.by_type.values(), *before.values()])
    head = (
        (t("week.type"), ""),
        (t("week.now"), "n"),
        (t("week.last"), "n"),
        (t("week.change"), "n"),
    )
    with table(head, t("week.volume")):
        for name in taxonomy().type_names:
            n, n_before = figures.by_type.get(name, 0), before.get(name, 0)
            with tag("tr"):
                with tag("th", scope="row"):
                    tag("span", label(t, "type", name))
                    _bar("bar", n / most)
                    _bar("bar before", n_before / most)
                tag("td", f"{n:,}", "n")
                has_before = figures.by_type_before is not None
                tag("td", f"{n_before:,}" if has_before else "–", "n")
                tag("td", change(n, n_before if has_before else None), "n")


def _bar(classes: str, share: float) -> None:
    if share:
        tag("span", classes=classes, style=f"width:{share * 100:.1f}%")


def _draw_urgent(t: Words, figures: WeekFigures) -> None:
    tag("h2", t("week.urgent_list"))
    if not figures.urgent:
        tag("p", t("week.urgent_none"), "soft")
    now = datetime.now(SHANGHAI)
    with tag("ul", classes="plain stack"):
        for row in figures.urgent:
            with tag("li", classes="stack tight"):
                with tag("div", classes="row"):
                    draw_badges(t, row)
                    is_late = row.is_overdue(now)
                    due = t(
                        "inbox.overdue" if is_late else "inbox.due",
                        when=when(t, row.result.respond_due),
                    )
                    tag("span", due, "small bad" if is_late else "small soft")
                tag("span", _short(row.result.text), "words")
    link(t("week.to_inbox"), place("inbox"), "button", style="margin-top:10px")


def _draw_touchpoints(t: Words, figures: WeekFigures) -> None:
    tag("h2", t("week.touchpoints"))
    if not figures.touchpoints:
        tag("p", t("week.touchpoints_none"), "soft")
        return
    head = ((t("week.touchpoint"), ""), (t("week.score"), "n"), ("95 %", "n"), ("n", "n"))
    with table(head, t("week.touchpoints")):
        for name, score in figures.touchpoints:
            value, low, high = interval(score, 100)
            with tag("tr"):
                tag("th", name, "words", scope="row")
                tag("td", value, "n bad")
                tag("td", f"{low}–{high}" if low else "–", "n soft")
                tag("td", f"{score.n:,}", "n soft")
    tag("p", t("week.touchpoints_hint"), "hint")


def _short(text: str, most: int = 110) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
