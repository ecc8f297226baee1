"""What people do to a theme: rename, merge and split with a preview, close and reopen."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from nicegui.element import Element

from serve.review.labels import percent
from serve.review.tags import button, choice, dialog, field, form, set_text, tag
from serve.review.theme_quotes import undo_of
from serve.review.view import View

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.theme_views import MentionView, ThemeView
    from serve.review.theme_reading import Phrase

Fields = dict[str, str]
Every = dict[str, list[str]]
_NAME: dict[str, Any] = {"required": True, "minlength": 2, "maxlength": 20}


def draw_rename(view: View, theme: ThemeView) -> None:
    """Draw the dialog that gives a theme a name."""
    t = view.t
    with dialog("rename", t("theme.rename"), t("close")):
        alert = _alert()

        async def save(fields: Fields, _: Every) -> None:
            from pipeline.store.theme_edits import rename

            name, seen = fields.get("name", ""), theme.version

            def change(store: Any, who: str) -> Any:
                return rename(store, theme.id, name, who=who, version=seen)

            said = t("theme.renamed", name=name.strip())
            await view.act(change, said, focus="do-rename", undo=undo_of, alert=alert)

        with form(save):
            field(t("theme.name"), "name", theme.name, **_NAME)
            tag("p", t("theme.rename_hint"), "hint")
            _buttons(view)


def draw_merge(view: View, theme: ThemeView, others: Sequence[ThemeView]) -> None:
    """Draw the dialog that puts a theme into another, after a look at what comes of it."""
    t = view.t
    names = {other.id: other.name for other in others}
    with dialog("merge", t("theme.merge"), t("close")):

        async def go(fields: Fields, _: Every) -> None:
            into = fields.get("into", "")
            if into not in names:
                set_text(alert, t("theme.choose_one"))
            elif fields.get("do") == "preview":
                found = await view.desk.ask(partial(_union, theme=theme, into=into))
                set_text(preview, t("theme.merge_preview", name=names[into], **found))
            else:
                said = t("theme.merged", name=names[into])

                def change(store: Any, who: str) -> Any:
                    from pipeline.store.theme_edits import merge

                    return merge(store, theme.id, into, who=who, version=theme.version)

                await view.act(change, said, undo=undo_of, alert=alert)

        with form(go):
            options = [
                ("", t("theme.choose")),
                *((o.id, f"{o.name}({o.id},{o.n})") for o in others),
            ]
            choice(t("theme.merge_into"), "into", options, required=True)
            tag("p", t("theme.merge_hint", name=theme.name), "hint")
            preview, alert = tag("div", "", "card empty", role="status"), _alert()
            _buttons(view, t("theme.merge_do"), preview=True)


def _union(store: Store, theme: ThemeView, into: str) -> dict[str, Any]:
    from serve.review.theme_reading import count_union, family_of

    week = theme.week or ""
    target = family_of(store, into)
    together, total = count_union(store, [*family_of(store, theme.id), *target], week)
    alone, _ = count_union(store, target, week)
    share = percent(together / total if total else None, 1)
    return {"week": week, "own": theme.n, "other": alone, "n": together, "share": share}


def draw_split(
    view: View,
    theme: ThemeView,
    phrases: Sequence[Phrase],
    mentions: Sequence[MentionView],
    chosen: frozenset[str] = frozenset(),
) -> None:
    """Draw the dialog that makes a theme of some phrases or quotes of another.

    Args:
        view: The page.
        theme: The theme.
        phrases: The ways customers say it.
        mentions: Quotes.
        chosen: Quotes that are ticked to begin with, as feedback_id:start:end.
    """
    t = view.t
    with dialog("split", t("theme.split"), t("close")):

        async def go(fields: Fields, every: Every) -> None:
            keys, quotes = every.get("phrase", []), every.get("quote", [])
            if not keys and not quotes:
                set_text(alert, t("theme.choose_some"))
            elif fields.get("do") == "preview":
                places = await view.desk.ask(
                    partial(_places, theme=theme, keys=keys, quotes=quotes)
                )
                rows = len({place[0] for place in places})
                set_text(preview, t("theme.split_preview", n=len(places), rows=rows))
            else:
                name = fields.get("name", "")

                def change(store: Any, who: str) -> Any:
                    from pipeline.store.theme_edits import split

                    places = _places(store, theme, keys, quotes)
                    return split(store, theme.id, places, name, who=who, version=theme.version)

                said = t("theme.split_done", name=name.strip())
                await view.act(change, said, undo=undo_of, alert=alert)

        with form(go):
            field(t("theme.split_name"), "name", **_NAME)
            _tick(
                t("theme.by_phrase"),
                "phrase",
                [(p.key, f"{p.text}({p.n})", False) for p in phrases],
            )
            quotes = [(_key(m), m.text, _key(m) in chosen) for m in mentions]
            _tick(t("theme.by_quote"), "quote", quotes)
            preview, alert = tag("div", "", "card empty", role="status"), _alert()
            _buttons(view, t("theme.split_do"), preview=True)


def _tick(legend: str, name: str, options: Sequence[tuple[str, str, bool]]) -> None:
    with tag("fieldset", classes="ticks"):
        tag("legend", legend, "small soft")
        for value, words, is_chosen in options:
            with tag("label", classes="tick"):
                tag("input", type="checkbox", name=name, value=value, checked=is_chosen or None)
                tag("span", words, "words")


def _key(mention: MentionView) -> str:
    return f"{mention.feedback_id}:{mention.start}:{mention.end}"


def _places(store: Store, theme: ThemeView, keys: list[str], quotes: list[str]) -> list[Any]:
    from serve.review.theme_reading import family_of, places_of

    found = places_of(store, family_of(store, theme.id), keys) if keys else []
    for quote in quotes:
        id_, start, end = quote.rsplit(":", 2)
        found.append((id_, int(start), int(end)))
    return list(dict.fromkeys(found))


def draw_state(view: View, theme: ThemeView) -> None:
    """Draw the dialog that closes a theme, or takes it up again."""
    t = view.t
    kind = "reopen" if theme.status.value == "resolved" else "close"
    with dialog("state", t(f"theme.{kind}"), t("close")):
        alert = _alert()

        async def save(fields: Fields, _: Every) -> None:
            from pipeline.store import theme_edits

            edit, note = getattr(theme_edits, kind), fields.get("note") or None

            def change(store: Any, who: str) -> Any:
                return edit(store, theme.id, who=who, note=note, version=theme.version)

            await view.act(change, t(f"theme.{kind}_done"), undo=undo_of, alert=alert)

        with form(save):
            tag("p", t(f"theme.{kind}_hint"), "hint")
            field(t("theme.note"), "note", kind="area", maxlength=500)
            _buttons(view, t(f"theme.{kind}"))


def _alert() -> Element:
    return tag("p", "", "alert empty", role="alert")


def _buttons(view: View, words: str = "", *, preview: bool = False) -> None:
    t = view.t
    with tag("div", classes="row end"):
        if preview:
            button(t("act.preview"), type="submit", name="do", value="preview", formnovalidate="")
        button(words or t("act.save"), "first", type="submit", name="do", value="go")
