"""One theme: what customers say, where it sits, who mends it, and what was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from nicegui.element import Element

from serve.review.labels import percent, week_title
from serve.review.tags import button, link, opener, tag
from serve.review.theme_action import draw_action, draw_action_dialog, draw_causes, draw_effect
from serve.review.theme_bits import change_words, status_badge
from serve.review.theme_chart import draw_trend
from serve.review.theme_dialogs import draw_merge, draw_rename, draw_split, draw_state
from serve.review.theme_log import draw_lineage, draw_log, undo_event
from serve.review.theme_quotes import draw_quotes
from serve.review.theme_where import draw_pairs, draw_phrases, draw_where
from serve.review.view import View, place
from serve.review.week_page import draw_weeks

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.rows import Feedback
    from pipeline.store.theme_facts import ThemeContext
    from pipeline.store.theme_views import MentionView, ThemeDetail, ThemeView
    from serve.review.theme_reading import Phrase
    from serve.review.words import Words

_N_QUOTES = 8
_MOST_QUOTES = 200
_READ_AHEAD = 3  # so that enough are left when texts that came twice are shown once


@dataclass(frozen=True, slots=True)
class _Known:
    """What the page shows."""

    detail: ThemeDetail
    mentions: list[MentionView]
    rows: Mapping[str, Feedback]
    phrases: list[Phrase]
    others: list[ThemeView]
    weeks: list[str]
    releases: list[tuple[str, str]]


class ThemePage:
    """The page of a theme.

    Args:
        theme_id: Its id.
        query: The address's query; `week` picks one.
    """

    nav = "themes"

    def __init__(self, theme_id: str, query: Mapping[str, str]) -> None:
        self._id = theme_id
        self._week = query.get("week")
        self._limit = _N_QUOTES

    def load(self, store: Store) -> _Known:
        """Read all about the theme."""

        from pipeline.store.feedback import get_many
        from pipeline.store.theme_mentions import list_mentions
        from pipeline.store.theme_registry import get_theme, list_themes, list_weeks
        from serve.review.theme_reading import read_phrases, read_releases

        weeks = [fit["week"] for fit in list_weeks(store)]
        week = self._week if self._week in weeks else None
        detail = get_theme(store, self._id, week)
        theme = detail.theme
        within = theme.week if theme.n else None
        found = list_mentions(store, theme.id, within, limit=_READ_AHEAD * self._limit + 1)
        rows = get_many(store, list({one.feedback_id for one in found}))
        by_id = {row.feedback_id: row for row in rows}
        return _Known(
            detail=detail,
            mentions=_distinct(found, by_id)[: self._limit + 1],
            rows=by_id,
            phrases=read_phrases(store, [theme.id, *detail.members]),
            others=[one for one in list_themes(store, week) if one.id != theme.id],
            weeks=sorted(weeks),
            releases=read_releases(store),
        )

    def draw(self, view: View, known: _Known) -> None:
        """Draw the page."""
        t, theme = view.t, known.detail.theme
        with tag("div", classes="row between"):
            with tag("div", classes="row"):
                tag("h1", theme.name)
                tag("span", theme.id, "soft")
                status_badge(t, theme)
            draw_weeks(t, f"themes/{theme.id}", known.weeks, theme.week or "")
        if known.detail.merged_into:
            tag("p", t("theme.was_merged", old=self._id, new=theme.id), "alert")
        self._draw_lead(view, known)
        if view.may_edit:
            self._draw_buttons(view, theme)
        else:
            tag("p", t("act.viewer"), "hint")
        with tag("div", classes="grid"):
            with tag("div", classes="two stack wide-gap"):
                with _card(t("theme.trend")):
                    draw_trend(t, known.detail, known.releases)
                with _card(t("theme.quotes")):
                    draw_quotes(view, theme.id, known.mentions[: self._limit], known.rows)
                    if len(known.mentions) > self._limit and self._limit < _MOST_QUOTES:
                        button(t("inbox.more")).on("click", partial(self._more, view))
                with _card(t("theme.log")):
                    draw_log(view, known.detail)
            with tag("div", classes="third stack wide-gap"):
                with _card(t("theme.who_mends")):
                    draw_action(t, theme)
                    effect = tag("div")
                with _card(t("theme.where")):
                    where = _waiting(t)
                with _card(t("theme.phrases")):
                    draw_phrases(t, known.phrases)
                with _card(t("theme.causes")):
                    draw_causes(view, known.detail)
                with _card(t("theme.together")):
                    pairs = _waiting(t)
                with _card(t("theme.lineage")):
                    draw_lineage(t, known.detail)
        if view.may_edit:
            self._draw_dialogs(view, known)

        def draw_facts(facts: ThemeContext) -> None:
            for box, draw in (
                (effect, partial(draw_effect, t, facts.effect)),
                (where, partial(draw_where, t, facts.segments)),
                (pairs, partial(draw_pairs, t, theme.id, facts.pairs, known.others)),
            ):
                box.clear()
                with box:
                    draw()

        # Compares with all complaints of eight weeks, so it comes after the page.
        view.later(tag("div"), partial(self._read_facts, view, theme.week), draw_facts)

    def _read_facts(self, view: View, week: str | None) -> ThemeContext:
        from pipeline.store.theme_facts import theme_context

        return theme_context(view.desk.open(), self._id, week)

    def _draw_lead(self, view: View, known: _Known) -> None:
        t, theme = view.t, known.detail.theme
        parts = [
            week_title(t, theme.week) if theme.week else "",
            t("themes.rows", n=theme.n),
            t("theme.of_complaints", share=percent(theme.share, 1)),
            change_words(t, theme),
        ]
        tag("p", " · ".join(part for part in parts if part), "lead")
        if theme.keywords:
            tag("p", f"{t('theme.keywords')}:{'、'.join(theme.keywords)}", "small soft words")

    def _draw_buttons(self, view: View, theme: ThemeView) -> None:
        t = view.t
        closed = theme.status.value == "resolved"
        with tag(
            "div", classes="row", role="group", aria_label=t("theme.do"), style="margin-top:8px"
        ):
            opener(t("theme.rename"), "rename", id="do-rename", data_key="e")
            opener(t("theme.assign"), "action", id="do-action", data_key="a")
            opener(t("theme.merge"), "merge", data_key="m")
            opener(t("theme.split"), "split", data_key="x")
            opener(t("theme.reopen" if closed else "theme.close"), "state")
            undo = button(t("theme.undo_last"), data_key="z")
            undo.on("click", partial(undo_event, view, None, theme.id))
            link(t("theme.to_map"), place("map", week=theme.week), "button")

    def _draw_dialogs(self, view: View, known: _Known) -> None:
        theme = known.detail.theme
        draw_rename(view, theme)
        draw_merge(view, theme, known.others)
        draw_split(view, theme, known.phrases, known.mentions)
        draw_state(view, theme)
        draw_action_dialog(view, theme)

    async def _more(self, view: View, _: Any = None) -> None:
        self._limit = min(_MOST_QUOTES, self._limit + _N_QUOTES)
        await view.rebuild()


def _distinct(found: list[MentionView], rows: Mapping[str, Feedback]) -> list[MentionView]:
    """Keep the first of those that say the same at the same place."""
    first: dict[tuple[str, int], MentionView] = {}
    for one in found:
        row = rows.get(one.feedback_id)
        first.setdefault((row.result.text if row else one.text, one.start), one)
    return list(first.values())


def _card(title: str) -> Element:
    with tag("section", classes="card") as card:
        tag("h2", title)
    return card


def _waiting(t: Words) -> Element:
    with tag("div", role="status") as box:
        tag("p", t("theme.counting"), "soft")
    return box
