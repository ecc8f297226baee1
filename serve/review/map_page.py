"""The map: themes that lie close may be one, a theme that lies scattered may be two."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from nicegui import ui
from nicegui.element import Element

from serve.review.labels import percent, week_title
from serve.review.map_reading import Map, read_map
from serve.review.tags import button, choice, field, form, link, set_text, tag
from serve.review.theme_quotes import undo_of
from serve.review.view import View, place
from serve.review.week_page import draw_weeks

if TYPE_CHECKING:
    from pipeline.store.engine import Store

_SELECTED = (
    """(e) => emit((e.batch?.[0]?.selected ?? []).map((s) => [s.seriesIndex, s.dataIndex]))"""
)
_COLOURS = ("#4a86c0", "#c46a1b", "#4d9a57", "#a45fb5", "#b5534a", "#5a8f96", "#8d7b2f", "#6a72c9")
_MAX_NAME = 20


class MapPage:
    """The map of themes and phrases.

    Args:
        query: The address's query; `week` picks one.
    """

    nav = "map"

    def __init__(self, query: Mapping[str, str]) -> None:
        self._week = query.get("week")
        self._themes: list[str] = []
        self._dots: list[int] = []

    def load(self, store: Store) -> Map:
        """Read the map."""
        return read_map(store, self._week)

    def draw(self, view: View, found: Map) -> None:
        """Draw the page."""
        t = view.t
        self._themes, self._dots = [], []
        if found.week is None:
            tag("h1", t("map.title"))
            tag("p", t("week.no_themes"))
            tag("pre", t("empty.steps"))
            return
        with tag("div", classes="row between"):
            tag("h1", t("map.title"))
            draw_weeks(t, "map", sorted(found.weeks), found.week)
        tag("p", f"{week_title(t, found.week)} · {t('map.lead')}", "lead")
        with tag("div", classes="grid"):
            with tag("section", classes="card two"):
                chart = ui.echart(_options(found), renderer="svg").classes("map")
                chart._props["role"] = "img"
                chart._props["aria-label"] = t("map.label", n=len(found.themes))
            with tag("section", classes="card third"):
                tag("h2", t("map.chosen"))
                panel = tag("div", classes="stack")
        draw = partial(self._draw_panel, view, found, panel)
        draw()
        chart.on("chart:brushselected", partial(self._lassoed, found, draw), js_handler=_SELECTED)
        chart.on_point_click(lambda event: self._clicked(found, event))

    def _clicked(self, found: Map, event: Any) -> None:
        id_ = (
            found.themes[event.data_index][0].id
            if event.series_index == 0
            else found.dots[event.data_index].theme_id
        )
        ui.navigate.to(f"/themes/{id_}?week={found.week}")

    def _lassoed(self, found: Map, draw: Any, event: Any) -> None:
        chosen = {int(series): list(places) for series, places in event.args or []}
        self._themes = [found.themes[i][0].id for i in chosen.get(0, [])]
        self._dots = list(chosen.get(1, []))
        draw()

    def _draw_panel(self, view: View, found: Map, panel: Element) -> None:
        """What is chosen and what can be done with it; the boxes do the same as the lasso."""
        t = view.t
        panel.clear()
        with panel:
            tag("p", t("map.hint"), "hint")
            _draw_merge(view, found, self._themes)
            dots = [found.dots[i] for i in self._dots]
            if dots:
                _draw_split(view, dots)


def _draw_merge(view: View, found: Map, chosen: list[str]) -> None:
    t = view.t
    names = {theme.id: theme.name for theme, *_ in found.themes}
    alert = tag("p", "", "alert empty", role="alert")
    preview = tag("p", "", "card empty", role="status")

    async def go(fields: dict[str, str], every: dict[str, list[str]]) -> None:
        picked = [id_ for id_ in every.get("theme", []) if id_ in names]
        if len(picked) < 2:
            set_text(alert, t("map.choose_two"))
            return
        into = fields.get("into") if fields.get("into") in picked else picked[0]
        if fields.get("do") == "preview":
            figures = await view.desk.ask(partial(_union, ids=picked, week=found.week or ""))
            set_text(preview, t("map.preview", name=names[str(into)], k=len(picked), **figures))
            return

        def change(store: Any, who: str) -> list[Any]:
            from pipeline.store.theme_edits import merge

            return [merge(store, id_, str(into), who=who) for id_ in picked if id_ != into]

        said = t("theme.merged", name=names[str(into)])
        await view.act(change, said, undo=undo_of, alert=alert)

    with form(go):
        with tag("fieldset", classes="ticks"):
            tag("legend", t("map.themes"), "small soft")
            for theme, *_ in found.themes:
                with tag("div", classes="row"):
                    with tag("label", classes="tick"):
                        is_chosen = theme.id in chosen or None
                        if view.may_edit:
                            tag(
                                "input",
                                type="checkbox",
                                name="theme",
                                value=theme.id,
                                checked=is_chosen,
                            )
                        tag("span", f"{theme.name}({theme.n})", "words")
                    href = place(f"themes/{theme.id}", week=found.week)
                    link("→", href, aria_label=f"{t('map.open')} {theme.name}")
        if view.may_edit:
            options = [("", t("map.first"))] + [(id_, names[id_]) for id_ in chosen or names]
            choice(t("map.into"), "into", options)
            with tag("div", classes="row end"):
                button(t("act.preview"), type="submit", name="do", value="preview")
                button(t("theme.merge_do"), "first", type="submit", name="do", value="go")


def _union(store: Store, ids: list[str], week: str) -> dict[str, Any]:
    from serve.review.theme_reading import count_union, family_of

    families = [id_ for one in ids for id_ in family_of(store, one)]
    n, total = count_union(store, families, week)
    return {"n": n, "share": percent(n / total if total else None, 1)}


def _draw_split(view: View, dots: list[Any]) -> None:
    t = view.t
    themes = {dot.theme_id for dot in dots}
    tag("h3", t("map.phrases", n=len(dots)))
    with tag("ul", classes="small"):
        for dot in dots[:12]:
            tag("li", f"{dot.text}({dot.n})", "words")
    if not view.may_edit:
        return
    if len(themes) > 1:
        tag("p", t("map.one_theme"), "hint")
        return
    alert = tag("p", "", "alert empty", role="alert")
    theme_id = themes.pop()

    async def go(fields: dict[str, str], _: Any) -> None:
        def change(store: Any, who: str) -> Any:
            from pipeline.store.theme_edits import split
            from serve.review.theme_reading import family_of, places_of

            keys = [dot.key for dot in dots]
            places = places_of(store, family_of(store, theme_id), keys)
            return split(store, theme_id, places, fields.get("name", ""), who=who)

        said = t("theme.split_done", name=fields.get("name", ""))
        await view.act(change, said, undo=undo_of, alert=alert)

    with form(go):
        field(t("theme.split_name"), "name", required=True, minlength=2, maxlength=_MAX_NAME)
        with tag("div", classes="row end"):
            button(t("theme.split_do"), "first", type="submit")


def _options(found: Map) -> dict[str, Any]:
    colours = {theme.id: _COLOURS[i % len(_COLOURS)] for i, (theme, *_) in enumerate(found.themes)}
    most = max([1, *(theme.n for theme, *_ in found.themes)])
    spots = [(x, y) for _, x, y in found.themes] + [(dot.x, dot.y) for dot in found.dots]
    return {
        "animation": False,
        "grid": {"left": 6, "right": 6, "top": 34, "bottom": 6},
        "xAxis": _axis([x for x, _ in spots]),
        "yAxis": _axis([y for _, y in spots]),
        "toolbox": {
            "feature": {"brush": {"type": ["polygon", "rect", "clear"]}},
            "right": 8,
            "itemSize": 20,
            "iconStyle": {"borderColor": "#7f8fa6", "borderWidth": 1.5},
        },
        "brush": {
            "brushMode": "single",
            "throttleType": "debounce",
            "throttleDelay": 300,
            "xAxisIndex": 0,
        },
        "tooltip": {"renderMode": "richText", "formatter": "{b}"},
        "series": [
            {
                "type": "scatter",
                "z": 3,
                "data": [
                    {
                        "name": theme.name,
                        "value": [round(x, 4), round(y, 4)],
                        "symbolSize": round(14 + 34 * (theme.n / most) ** 0.5, 1),
                        "itemStyle": {"color": colours[theme.id], "opacity": 0.75},
                    }
                    for theme, x, y in found.themes
                ],
                "label": {"show": True, "formatter": "{b}", "position": "top", "fontSize": 13},
                "labelLayout": {"hideOverlap": True},
            },
            {
                "type": "scatter",
                "z": 2,
                "data": [
                    {
                        "name": dot.text,
                        "value": [round(dot.x, 4), round(dot.y, 4)],
                        "symbolSize": round(min(14, 4 + dot.n**0.5), 1),
                        "itemStyle": {"color": colours[dot.theme_id], "opacity": 0.5},
                    }
                    for dot in found.dots
                ],
            },
        ],
    }


def _axis(values: list[float]) -> dict[str, Any]:
    """An axis over the values alone, with room for circles and names at its ends."""
    low, high = min(values, default=-1.0), max(values, default=1.0)
    room = 0.08 * (high - low or 1.0)
    return {"type": "value", "min": low - room, "max": high + room, "show": False}
