"""Whether what was decided in earlier weeks helped."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import partial
from typing import TYPE_CHECKING

from serve.review.labels import percent
from serve.review.tags import link, table, tag
from serve.review.theme_action import VERDICT_TONES
from serve.review.view import View, place
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.report_facts import ActionEffect
    from pipeline.store.theme_views import ThemeView

_COLUMNS = (("theme", ""), ("action", ""), ("since", ""), ("moved", "n"), ("verdict", ""))


def draw_actions(view: View, themes: Sequence[ThemeView], week: str) -> None:
    """Draw every theme with an action in force, or once closed, before and after it.

    Args:
        view: The page.
        themes: The themes of the week.
        week: The last week that counts.
    """
    tag("h2", view.t("week.actions"))
    with tag("div", role="status") as box:
        tag("p", view.t("theme.counting"), "soft")
    # Reads each theme's customers, so it comes after the page.
    read = partial(_read, view, themes, week)
    back = frozenset(theme.id for theme in themes if theme.status == "regressed")
    view.later(box, read, partial(_draw, view.t, week, back))


def _read(view: View, themes: Sequence[ThemeView], week: str) -> list[ActionEffect]:
    from pipeline.report_decisions import action_effects

    return action_effects(view.desk.open(), themes, week)


def _draw(t: Words, week: str, back: Set[str], actions: Sequence[ActionEffect]) -> None:
    if not actions:
        tag("p", t("week.actions_none"), "soft")
        return
    head = [(t(f"week.actions_{name}"), classes) for name, classes in _COLUMNS]
    with table(head, t("week.actions"), "cards"):
        for action in actions:
            _draw_row(t, week, action, is_back=action.theme_id in back)


def _draw_row(t: Words, week: str, action: ActionEffect, *, is_back: bool) -> None:
    effect = action.effect
    verdict = effect.verdict.value
    with tag("tr"):
        with tag("th", scope="row"):
            link(action.name, place(f"themes/{action.theme_id}", week=week), "name")
        who = action.owner or action.department
        tag("td", " · ".join(part for part in (action.action, who) if part), "words wide")
        tag("td", action.since, data_label=t("week.actions_since"))
        moved = f"{percent(effect.before.value, 1)} → {percent(effect.after.value, 1)}"
        tag("td", moved, "n wide", data_label=t("week.actions_moved"))
        with tag("td"):
            tag("span", t.of("effect", verdict), f"badge {VERDICT_TONES.get(verdict, '')}")
            if is_back:  # it helped on the whole, and yet the last week is bad again
                tag("span", t("week.back_again"), "badge bad")
