"""The list of themes: sorted, narrowed, with where each is going and who mends it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serve.review.labels import day, percent, segment_value, week_title
from serve.review.tags import button, choice, field, link, sparkline, tag
from serve.review.theme_bits import change_words, is_sure, status_badge
from serve.review.view import View, place
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.theme_views import ThemeView

_PAGE = 60
STATUSES = ("new", "growing", "regressed", "stable", "declining", "quiet", "resolved")
_SORTS: dict[str, Callable[[ThemeView, int], Any]] = {
    "name": lambda theme, _: theme.name,
    "status": lambda theme, n: (STATUSES.index(theme.status.value), -n),
    "n": lambda _, n: -n,
    "change": lambda theme, n: (theme.expected or 0) - n,
    "owner": lambda theme, n: (theme.owner is None, theme.owner or "", -n),
    "due": lambda theme, n: (theme.due is None, theme.due, -n) if theme.due else (True, 0, -n),
}
_COLUMNS = (
    *(("name", ""), ("status", ""), ("n", "n"), ("share", "n"), ("change", "")),
    *(("weeks", ""), ("department", ""), ("owner", ""), ("due", "")),
)


@dataclass(frozen=True, slots=True)
class _Listed:
    """What the page shows."""

    week: str | None
    weeks: list[str]
    themes: list[tuple[ThemeView, int]]
    n_all: int
    total: int
    sparks: dict[str, list[int]]
    options: dict[str, list[str]]
    departments: list[str]


class ThemesPage:
    """The list of themes.

    Args:
        query: The address's query.
    """

    nav = "themes"

    def __init__(self, query: Mapping[str, str]) -> None:
        self._query = {name: value for name, value in query.items() if value}
        self._limit = _PAGE

    def load(self, store: Store) -> _Listed:
        """Read the themes."""
        from pipeline.store.theme_registry import list_themes, list_weeks
        from serve.review.theme_reading import (
            SEGMENTS,
            count_in_segment,
            read_options,
            read_sparks,
        )

        fits = list_weeks(store)
        if not fits:
            return _Listed(None, [], [], 0, 0, {}, {}, [])
        known = {fit["week"]: fit["n_complaints"] for fit in fits}
        week = self._query.get("week", "")
        week = week if week in known else fits[0]["week"]
        every = list_themes(store, week, query=self._query.get("q"))
        where = {name: self._query[name] for name in SEGMENTS if name in self._query}
        counts, total = count_in_segment(store, week, where) if where else ({}, known[week])
        sized = [(one, counts.get(one.id, 0) if where else one.n) for one in every]
        kept = [pair for pair in sized if self._is_wanted(*pair, is_segment=bool(where))]
        return _Listed(
            week=week,
            weeks=list(known),
            themes=self._sort(kept),
            n_all=len(every),
            total=total,
            sparks=read_sparks(store, week),
            options=read_options(store, week),
            departments=sorted({one.department for one in every if one.department}),
        )

    def _is_wanted(self, theme: ThemeView, n: int, *, is_segment: bool) -> bool:
        status = self._query.get("status")
        if status == "rare_rising" and not theme.is_rare_rising:
            return False
        if status and status != "rare_rising" and theme.status.value != status:
            return False
        if self._query.get("department", theme.department) != theme.department:
            return False
        if is_segment:
            return n > 0
        # What sleeps would bury what lives; its own filter shows it.
        return bool(status) or theme.status.value != "quiet" or "q" in self._query

    def _sort(self, themes: list[tuple[ThemeView, int]]) -> list[tuple[ThemeView, int]]:
        key = _SORTS.get(self._query.get("sort", "n"), _SORTS["n"])
        ordered = sorted(themes, key=lambda pair: key(*pair))
        return ordered[::-1] if self._query.get("dir") == "up" else ordered

    def draw(self, view: View, listed: _Listed) -> None:
        """Draw the page."""
        t = view.t
        tag("h1", t("themes.title"))
        if listed.week is None:
            tag("p", t("week.no_themes"))
            tag("pre", t("empty.steps"))
            return
        tag("p", f"{week_title(t, listed.week)} · {t('themes.lead')}", "lead")
        self._draw_filters(t, listed)
        shown = len(listed.themes)
        tag("p", t("themes.count", shown=shown, n=listed.n_all), "small soft", role="status")
        if not listed.themes:
            tag("p", t("themes.none"), "card")
            return
        with self._table(t):
            for theme, n in listed.themes[: self._limit]:
                self._draw_theme(t, theme, n, listed)
        if shown > self._limit:
            button(t("inbox.more"), style="margin-top:12px").on("click", lambda: self._more(view))

    async def _more(self, view: View) -> None:
        self._limit += _PAGE
        await view.rebuild()

    def _draw_filters(self, t: Words, listed: _Listed) -> None:
        everything = ("", t("inbox.all"))
        with tag("form", classes="filters", method="get", action=place("themes"), data_auto=""):
            field(t("themes.search"), "q", self._query.get("q", ""), "search", data_key="search")
            choice(t("weeks.label"), "week", [(w, w) for w in listed.weeks], listed.week)
            states = [(s, t(f"status.{s}")) for s in (*STATUSES, "rare_rising")]
            self._choice(t("row.status"), "status", [everything, *states])
            departments = [(name, name) for name in listed.departments]
            self._choice(t("row.department"), "department", [everything, *departments])
            for name, values in listed.options.items():
                if values:
                    named = [(value, segment_value(t, name, value)) for value in values]
                    words = t("field.type") if name == "type" else t(f"row.{name}")
                    self._choice(words, name, [everything, *named])
            for name in ("sort", "dir"):
                if name in self._query:
                    tag("input", type="hidden", name=name, value=self._query[name])
            button(t("weeks.go"), type="submit")
            link(t("themes.clear"), place("themes", week=listed.week), "button")

    def _choice(self, words: str, name: str, options: list[tuple[str, str]]) -> None:
        choice(words, name, options, self._query.get(name))

    def _table(self, t: Words) -> Any:
        caption = t("themes.title")
        wrapper = tag("div", classes="card scroll", tabindex="0", role="region", aria_label=caption)
        with wrapper, tag("table", classes="cards"):
            with tag("thead"), tag("tr"):
                for name, classes in _COLUMNS:
                    self._draw_head(t, name, classes)
            return tag("tbody")

    def _draw_head(self, t: Words, name: str, classes: str) -> None:
        if name not in _SORTS:
            tag("th", t(f"themes.{name}"), classes, scope="col")
            return
        is_sorted = self._query.get("sort", "n") == name
        is_up = self._query.get("dir") == "up"
        order = ("ascending" if is_up else "descending") if is_sorted else None
        query = self._query | {"sort": name, "dir": "up" if is_sorted and not is_up else ""}
        arrow = (" ▲" if is_up else " ▼") if is_sorted else ""
        with tag("th", classes=classes, scope="col", aria_sort=order):
            link(t(f"themes.{name}") + arrow, place("themes", **query))

    def _draw_theme(self, t: Words, theme: ThemeView, n: int, listed: _Listed) -> None:
        with tag("tr"):
            with tag("th", scope="row"):
                href = place(f"themes/{theme.id}", week=listed.week)
                link(theme.name, href, "name", data_row="")
                tag("div", f"{theme.id} · {'、'.join(theme.keywords[:4])}", "small soft words")
            with tag("td", classes="wide"):
                status_badge(t, theme)
            tag("td", f"{n:,}", "n", data_label=t("themes.n"))
            share = percent(n / listed.total if listed.total else None, 1)
            tag("td", share, "n", data_label=t("themes.share"))
            strong = "" if is_sure(theme) else "soft"
            tag("td", change_words(t, theme) or "–", f"small wide {strong}")
            with tag("td"):
                counts = listed.sparks.get(theme.id, [])
                sparkline(counts, t("themes.spark", counts="、".join(map(str, counts))))
            tag("td", theme.department or "–", data_label=t("themes.department"))
            tag("td", theme.owner or "–", "words", data_label=t("themes.owner"))
            tag("td", day(t, theme.due), data_label=t("themes.due"))
