"""A theme's quotes: the words that count, in their row, with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from serve.review.row_card import draw_badges, draw_context
from serve.review.tags import button, marked, tag
from serve.review.view import View

if TYPE_CHECKING:
    from pipeline.store.rows import Feedback
    from pipeline.store.theme_views import MentionView

_DONE = {"confirm": "confirmed", "reject": "rejected"}


def draw_quotes(
    view: View,
    theme_id: str,
    mentions: Sequence[MentionView],
    rows: Mapping[str, Feedback],
) -> None:
    """Draw quotes, each with a yes and a no.

    Args:
        view: The page.
        theme_id: The theme.
        mentions: The quotes.
        rows: Their rows by id.
    """
    t = view.t
    if not mentions:
        tag("p", t("theme.no_quotes"), "soft")
    for mention in mentions:
        row = rows.get(mention.feedback_id)
        with tag("div", classes="stack quoted", tabindex="0", data_row=""):
            if row is None:
                marked(mention.text, [(0, len(mention.text))])
            else:
                marked(row.result.text, [(mention.start, mention.end)])
            with tag("div", classes="row between"):
                with tag("div", classes="row"):
                    if row is not None:
                        draw_badges(t, row)
                    if mention.is_human:
                        tag("span", t("theme.confirmed"), "badge good")
                if view.may_edit:
                    _draw_verdicts(view, theme_id, mention)
            if row is not None:
                draw_context(t, row)


def _draw_verdicts(view: View, theme_id: str, mention: MentionView) -> None:
    t, place = view.t, (mention.feedback_id, mention.start, mention.end)
    with tag("div", classes="row"):
        if not mention.is_human:
            label = t("theme.confirm_label", text=mention.text[:40])
            judge = partial(_judge, view, theme_id, place, "confirm")
            button(t("theme.confirm"), aria_label=label).on("click", judge)
        label = t("theme.reject_label", text=mention.text[:40])
        judge = partial(_judge, view, theme_id, place, "reject")
        button(t("theme.reject"), "bad", aria_label=label).on("click", judge)


async def _judge(view: View, theme_id: str, place: Any, kind: str) -> None:
    from pipeline.store import theme_edits

    edit = getattr(theme_edits, kind)

    def change(store: Any, who: str) -> Any:
        return edit(store, theme_id, [place], who=who)

    await view.act(change, view.t(f"theme.{_DONE[kind]}"), undo=undo_of)


def undo_of(edits: Any) -> Any:
    """Give the change that takes an edit, or several in order, back."""
    from pipeline.store.theme_edits import undo

    def back(store: Any, who: str) -> None:
        for edit in reversed(edits if isinstance(edits, list) else [edits]):
            undo(store, who=who, event_id=edit.event_id)

    return back
