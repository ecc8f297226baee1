"""Who did what when, and where a theme came from."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from serve.review.labels import when
from serve.review.tags import button, link, tag
from serve.review.view import View, place
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.theme_views import EventView, ThemeDetail

_MOST_LEFT = ("fit",)
_SHOWN = ("name", "owner", "action", "due", "action_on", "fishbone", "note", "department", "kind")


def draw_log(view: View, detail: ThemeDetail) -> None:
    """Draw the audit trail, with a way back for what stands.

    Args:
        view: The page.
        detail: The theme.
    """
    t = view.t
    events = [event for event in detail.events if event.kind not in _MOST_LEFT]
    if not events:
        tag("p", t("theme.no_log"), "soft")
    with tag("ul", classes="plain log"):
        for event in events:
            with tag("li", classes="row between"):
                with tag("span", classes="words"):
                    tag("span", f"{when(t, event.at)}  ", "small soft")
                    tag("strong", event.who)
                    tag("span", f"  {t.of('event', event.kind)}  {event_words(t, event)}")
                    if event.is_undone:
                        tag("span", f" {t('theme.undone')}", "badge")
                if (
                    view.may_edit
                    and event.is_human
                    and not event.is_undone
                    and event.kind != "undo"
                ):
                    label = t("theme.undo_one", what=t.of("event", event.kind))
                    undo = partial(undo_event, view, event.id)
                    button(t("act.undo"), aria_label=label).on("click", undo)


async def undo_event(view: View, event_id: int | None, theme_id: str | None = None) -> None:
    """Take an edit back.

    Args:
        view: The page.
        event_id: Which; None takes the last one of the theme.
        theme_id: The theme then.
    """
    from pipeline.store.theme_edits import undo

    def change(store: Any, who: str) -> Any:
        return undo(store, who=who, event_id=event_id, theme_id=theme_id)

    await view.act(change, view.t("act.undone"))


def event_words(t: Words, event: EventView) -> str:
    """Say what an edit changed.

    Args:
        t: The language.
        event: The edit.

    Returns:
        Such as: 配送慢 → 快递太慢; empty where its kind says it all.
    """
    after, before = event.after, event.before
    if event.kind == "merge":
        return t("theme.merged_into", source=before.get("merged", ""), target=after.get("into", ""))
    if event.kind == "split":
        return t("theme.split_off", new=after.get("created", ""), name=after.get("name", ""))
    if event.kind in ("confirm", "reject", "assign"):
        return t("theme.n_mentions", n=len(after.get("mentions", [])))
    if event.kind == "undo":
        return f"#{before.get('event_id', '')}"
    if event.kind == "five_whys":
        return " → ".join(str(why) for why in after.get("whys", []))
    changed = [
        f"{before.get(name) or '–'} → {after[name] or '–'}"
        for name in _SHOWN
        if name in after and after[name] != before.get(name)
    ]
    return "；".join(changed)


def draw_lineage(t: Words, detail: ThemeDetail) -> None:
    """Draw where a theme came from and what was made of it.

    Args:
        t: The language.
        detail: The theme.
    """
    theme = detail.theme
    parts = [t("theme.born", week=theme.born_week or "–")]
    if theme.last_week:
        parts.append(t("theme.last_seen", week=theme.last_week))
    tag("p", " · ".join(parts), "small")
    with tag("ul", classes="plain"):
        for line in detail.links:
            with tag("li", classes="row small"):
                sort = line.kind if line.is_human else f"maybe_{line.kind}"
                tag("span", t(f"lineage.{sort}"), "badge")
                link(line.from_id, place(f"themes/{line.from_id}"))
                tag("span", "→")
                link(line.to_id, place(f"themes/{line.to_id}"))
                by = t("theme.by_person" if line.is_human else "theme.by_machine")
                tag("span", f"{line.week or ''} {by}", "soft")
        names = {line.name for line in detail.weeks if line.name and line.name != theme.name}
        if names:
            tag("li", t("theme.once_called", names="、".join(sorted(names))), "small")
