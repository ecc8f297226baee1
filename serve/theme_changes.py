"""What `PATCH /v1/themes/{id}` can change: one edit of the store for each change."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from serve.edit_bodies import ThemePatch

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.theme_edits import Edit

Change: TypeAlias = "Callable[[Store, str, ThemePatch, str], Edit]"
_ACTION = ("owner", "action", "due", "action_on")
_CAUSE = ("department", "kind")


def _name(store: Store, theme_id: str, body: ThemePatch, who: str) -> Edit:
    from pipeline.store.theme_edits import rename

    return rename(store, theme_id, body.name or "", who=who, version=body.version)


def _action(store: Store, theme_id: str, body: ThemePatch, who: str) -> Edit:
    from pipeline.store.theme_edits import set_action

    values = _all_of(_ACTION, store, theme_id, body)
    return set_action(store, theme_id, who=who, version=body.version, **values)


def _cause(store: Store, theme_id: str, body: ThemePatch, who: str) -> Edit:
    from pipeline.store.theme_edits import set_cause

    values = _all_of(_CAUSE, store, theme_id, body)
    return set_cause(store, theme_id, who=who, version=body.version, **values)


def _all_of(
    names: tuple[str, ...], store: Store, theme_id: str, body: ThemePatch
) -> dict[str, Any]:
    from pipeline.store.theme_registry import get_theme

    # The store replaces all of them; the version makes sure that those read here still stand.
    now = get_theme(store, theme_id).theme
    return {name: getattr(body if name in body.model_fields_set else now, name) for name in names}


def _status(store: Store, theme_id: str, body: ThemePatch, who: str) -> Edit:
    from pipeline.store.theme_edits import close, reopen

    change = close if body.status == "resolved" else reopen
    return change(store, theme_id, who=who, note=body.note, version=body.version)


def _whys(store: Store, theme_id: str, body: ThemePatch, who: str) -> Edit:
    from pipeline.store.theme_edits import five_whys

    return five_whys(store, theme_id, body.whys or [], who=who, version=body.version)


def _fishbone(store: Store, theme_id: str, body: ThemePatch, who: str) -> Edit:
    from pipeline.store.theme_edits import fishbone

    return fishbone(store, theme_id, body.fishbone, who=who, version=body.version)


def _mentions(name: str) -> Change:
    def change(store: Store, theme_id: str, body: ThemePatch, who: str) -> Edit:
        from pipeline.store import theme_edits

        places = [theme_edits.parse_place(mention) for mention in getattr(body, name)]
        edit: Edit = getattr(theme_edits, name)(
            store, theme_id, places, who=who, version=body.version
        )
        return edit

    return change


CHANGES: dict[str, Change] = {
    "name": _name,
    "action": _action,
    "cause": _cause,
    "status": _status,
    "whys": _whys,
    "fishbone": _fishbone,
    "assign": _mentions("assign"),
    "confirm": _mentions("confirm"),
    "reject": _mentions("reject"),
}
