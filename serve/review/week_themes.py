"""The week's themes that somebody has to decide about, where they sit and whose they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from serve.review.tags import link, tag
from serve.review.theme_bits import change_words, status_badge
from serve.review.view import View, place
from serve.review.week_where import fill_where
from serve.review.words import Words

if TYPE_CHECKING:
    from nicegui.element import Element

    from pipeline.store.theme_views import ThemeView

_MOST = 6
_SECTIONS: tuple[tuple[str, Callable[[ThemeView], bool]], ...] = (
    ("regressed", lambda theme: theme.status == "regressed"),
    ("growing", lambda theme: theme.status == "growing"),
    ("new", lambda theme: theme.status == "new" and theme.n > 0),
    ("rare", lambda theme: theme.is_rare_rising and theme.status not in ("new", "growing")),
)


def draw_themes(view: View, themes: Sequence[ThemeView] | None, week: str) -> None:
    """Draw the themes that somebody has to decide about.

    Args:
        view: The page.
        themes: The themes of the week; None where none was fitted.
        week: The week.
    """
    t = view.t
    tag("h2", t("week.look"))
    if themes is None:
        tag("p", t("week.no_themes"))
        tag("pre", f"huiyin themes fit SCORED --week {week}")
        return
    found = {key: _worst(themes, belongs) for key, belongs in _SECTIONS}
    spots: dict[str, Element] = {}
    with tag("div", classes="tiles sections"):
        for key, some in found.items():
            if not some:
                continue
            with tag("div"):
                tag("h3", t(f"week.{key}"))
                spots |= _draw_section(t, some[:_MOST], week)
                if len(some) > _MOST:
                    status = "rare_rising" if key == "rare" else key
                    more = place("themes", week=week, status=status)
                    link(t("week.more", n=len(some)), more, "small")
    empty = [t(f"week.{key}") for key, some in found.items() if not some]
    if empty:
        tag("p", t("week.none_of", names=t("week.and").join(empty)), "soft small")
    if spots:
        tag("p", t("week.where_hint"), "hint")
    fill_where(view, spots, week)


def _worst(themes: Sequence[ThemeView], belongs: Callable[[ThemeView], bool]) -> list[ThemeView]:
    """Put first what lies most above what was to be expected."""
    return sorted(filter(belongs, themes), key=lambda one: (one.expected or 0) - one.n)


def _draw_section(t: Words, themes: Sequence[ThemeView], week: str) -> dict[str, Element]:
    spots = {}
    with tag("ul", classes="plain stack"):
        for theme in themes:
            with tag("li"):
                with tag("div", classes="row"):
                    href = place(f"themes/{theme.id}", week=week)
                    link(theme.name, href, "name", data_row="")
                    status_badge(t, theme)
                parts = [t("themes.rows", n=theme.n), _moved(t, theme)]
                tag("div", " · ".join(part for part in parts if part), "small soft")
                spots[theme.id] = tag("div", "", "small empty")
                if theme.kind:
                    tag("div", t("week.why", kind=t.of("kind", theme.kind)), "small soft")
                who = theme.owner or t("week.no_owner")
                parts = [theme.department, who, theme.action or ""]
                mends = " · ".join(part for part in parts if part)
                tag("div", t("week.mends", who=mends), "small soft words")
    return spots


def _moved(t: Words, theme: ThemeView) -> str:
    """Say how it moved; one that came back is held against its quiet, not against its old size."""
    if theme.status == "regressed" and theme.n_before is not None:
        return t("week.before", n=theme.n_before)
    return change_words(t, theme, has_q=False)
