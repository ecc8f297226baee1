"""Where a theme sits: segments with more of it, what it comes with, how it is said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from serve.review.labels import percent, segment_value
from serve.review.tags import link, table, tag
from serve.review.view import place
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.theme_views import ThemeView
    from pipeline.theme_breakdown import Pair, Segment
    from serve.review.theme_reading import Phrase

_MOST_NOTABLE, _MOST_OTHERS = 8, 4
_MOST = 12


def draw_where(t: Words, segments: Sequence[Segment]) -> None:
    """Draw the segments that stand out, and then some that do not.

    Args:
        t: The language.
        segments: All of them.
    """
    shown = [one for one in segments if one.is_notable and one.dimension != "week"]
    shown = sorted(shown, key=lambda one: -(one.lift or 0))[:_MOST_NOTABLE]
    if not shown:
        tag("p", t("theme.nowhere"), "soft")
        rest = [one for one in segments if one.n and one.lift and one.dimension != "week"]
        shown = sorted(rest, key=lambda one: -one.n)[:_MOST_OTHERS]
    if not shown:
        return
    head = ((t("theme.segment"), ""), (t("theme.share"), "n"), (t("theme.lift"), "n"))
    with table(head, t("theme.where")):
        for one in shown:
            with tag("tr"):
                with tag("th", scope="row"):
                    tag("span", segment_value(t, one.dimension, one.value), "words")
                    tag("div", t(f"row.{one.dimension}"), "small soft")
                tag("td", f"{percent(one.share.value, 1)} ({one.n}/{one.total})", "n small")
                strong = "bad" if one.is_notable else ""
                with tag("td", classes=f"n {strong}"):
                    tag("strong", f"{one.lift:.1f} ×" if one.lift else "–")
                    if one.low is not None and one.high is not None:
                        tag("div", f"{one.low:.1f}–{one.high:.1f}", "small soft")
    tag("p", t("theme.lift_hint"), "hint")


def draw_pairs(t: Words, theme_id: str, pairs: Sequence[Pair], others: Sequence[ThemeView]) -> None:
    """Draw the themes that come in the same rows more often than by chance.

    Args:
        t: The language.
        theme_id: The theme.
        pairs: Pairs with it.
        others: All other themes, for their names.
    """
    names = {one.id: one.name for one in others}
    if not pairs:
        tag("p", t("theme.alone"), "soft")
    with tag("ul", classes="plain"):
        for pair in pairs[:_MOST]:
            other = pair.second if pair.first == theme_id else pair.first
            with tag("li", classes="row"):
                link(names.get(other, other), place(f"themes/{other}"), "name")
                tag("span", t("theme.pair", n=pair.n, lift=f"{pair.lift:.1f}"), "small soft")


def draw_phrases(t: Words, phrases: Sequence[Phrase]) -> None:
    """Draw the ways in which customers say it.

    Args:
        t: The language.
        phrases: The most frequent first.
    """
    most = max([1, *(one.n for one in phrases)])
    with tag("ul", classes="plain"):
        for one in phrases[:_MOST]:
            with tag("li", classes="small"):
                with tag("div", classes="row between nowrap"):
                    tag("span", one.text, "words")
                    tag("span", f"{one.n:,}", "soft")
                tag("span", classes="bar", style=f"width:{one.n / most * 100:.1f}%")
    tag("p", t("theme.phrases_hint"), "hint")
