"""Who mends a theme, why it happens and what is done: assignment, five whys, fishbone."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any

from serve.review.labels import day, percent, taxonomy
from serve.review.tags import button, choice, dialog, field, form, tag
from serve.review.theme_quotes import undo_of
from serve.review.view import View
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.theme_views import ThemeDetail, ThemeView
    from pipeline.theme_effect import Effect

_N_WHYS = 5
_KINDS = ("产品缺陷", "流程漏洞", "服务失误")
VERDICT_TONES = {"有效": "good", "无效": "bad", "为时过早": "warn"}


def draw_action(t: Words, theme: ThemeView) -> None:
    """Draw who does what by when.

    Args:
        t: The language.
        theme: The theme.
    """
    with tag("dl", classes="facts"):
        for key, value in (
            ("department", theme.department),
            ("kind", t.of("kind", theme.kind) if theme.kind else ""),
            ("owner", theme.owner),
            ("action", theme.action),
            ("due", day(t, theme.due)),
            ("action_on", day(t, theme.action_on)),
        ):
            tag("dt", t(f"theme.{key}"))
            tag("dd", value or "–", "words")


def draw_effect(t: Words, effect: Effect | None) -> None:
    """Draw whether it helped.

    Args:
        t: The language.
        effect: Before and after; None without an action that took effect.
    """
    if effect is None:
        return
    verdict = effect.verdict.value
    with tag("p", classes="row"):
        tag("strong", t("theme.effect"))
        tag("span", t.of("effect", verdict), f"badge {VERDICT_TONES.get(verdict, '')}")
    before, after = percent(effect.before.value, 1), percent(effect.after.value, 1)
    tag("p", t("theme.before_after", before=before, after=after), "small")
    if effect.ratio is not None:
        low = "–" if effect.ratio_low is None else f"{effect.ratio_low:.2f}"
        high = "–" if effect.ratio_high is None else f"{effect.ratio_high:.2f}"
        tag("p", t("theme.ratio", ratio=f"{effect.ratio:.2f}", low=low, high=high), "small soft")
    if effect.repeat.value is not None:
        tag("p", t("theme.repeat", share=percent(effect.repeat.value, 1)), "small soft")


def draw_action_dialog(view: View, theme: ThemeView) -> None:
    """Draw the dialog that says who does what by when."""
    t = view.t
    with dialog("action", t("theme.assign"), t("close")):
        alert = tag("p", "", "alert empty", role="alert")

        async def save(fields: dict[str, str], _: Any) -> None:
            change = partial(_assign, theme, fields)
            await view.act(change, t("act.saved"), focus="do-action", undo=undo_of, alert=alert)

        with form(save):
            with tag("div", classes="row"):
                names = dict.fromkeys([theme.department, *taxonomy().departments])
                departments = [(name, name or "–") for name in names]
                choice(t("theme.department"), "department", departments, theme.department)
                kinds = [("", "–"), *((kind, t(f"kind.{kind}")) for kind in _KINDS)]
                choice(t("theme.kind"), "kind", kinds, theme.kind)
            field(t("theme.owner"), "owner", theme.owner or "", maxlength=60)
            field(t("theme.action"), "action", theme.action or "", "area", maxlength=500)
            with tag("div", classes="row"):
                field(t("theme.due"), "due", theme.due or "", "date")
                field(t("theme.action_on"), "action_on", theme.action_on or "", "date")
            tag("p", t("theme.action_on_hint"), "hint")
            with tag("div", classes="row end"):
                button(t("act.save"), "first", type="submit")


def _assign(theme: ThemeView, fields: dict[str, str], store: Any, who: str) -> list[Any]:
    """Change what differs; gives the edits."""
    from pipeline.store.theme_edits import set_action, set_cause

    version, edits = theme.version, []
    cause = {"department": fields.get("department", ""), "kind": fields.get("kind", "")}
    if cause != {"department": theme.department, "kind": theme.kind}:
        edits.append(set_cause(store, theme.id, who=who, version=version, **cause))
        version = edits[-1].version
    action: dict[str, Any] = {name: fields.get(name) or None for name in ("owner", "action")}
    action |= {name: _date(fields.get(name)) for name in ("due", "action_on")}
    if any(value != getattr(theme, name) for name, value in action.items()) or not edits:
        edits.append(set_action(store, theme.id, who=who, version=version, **action))
    return edits


def draw_causes(view: View, detail: ThemeDetail) -> None:
    """Draw the five whys and the bone of the fishbone, to be filled in where they stand.

    Args:
        view: The page.
        detail: The theme.
    """
    t, theme = view.t, detail.theme
    if not view.may_edit:
        with tag("ol"):
            for why in detail.whys:
                tag("li", why, "words")
        tag("p", f"{t('theme.fishbone')}:{t.of('bone', detail.fishbone)}")
        return

    async def save_whys(_: Any, every: dict[str, list[str]]) -> None:
        def change(store: Any, who: str) -> Any:
            from pipeline.store.theme_edits import five_whys

            return five_whys(store, theme.id, every.get("why", []), who=who, version=theme.version)

        await view.act(change, t("act.saved"), undo=undo_of)

    async def save_bone(fields: dict[str, str], _: Any) -> None:
        def change(store: Any, who: str) -> Any:
            from pipeline.store.theme_edits import fishbone

            bone = fields.get("bone") or None
            return fishbone(store, theme.id, bone, who=who, version=theme.version)

        await view.act(change, t("act.saved"), undo=undo_of)

    with form(save_whys):
        for i in range(_N_WHYS):
            why = detail.whys[i] if i < len(detail.whys) else ""
            field(t("theme.why", n=i + 1), "why", why, maxlength=500)
        with tag("div", classes="row end"):
            button(t("act.save"), type="submit")
    with form(save_bone, "row bones"):
        options = [("", "–"), *((bone, t(f"bone.{bone}")) for bone in "人机料法环测")]
        choice(t("theme.fishbone"), "bone", options, detail.fishbone)
        button(t("act.save"), type="submit")


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
