"""One row of feedback on the page: its words with the evidence, what is known of it, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from models.deadlines import SHANGHAI
from serve.review.labels import URGENCY_TONES, label, percent, taxonomy, when
from serve.review.tags import button, form, marked, tag
from serve.review.view import View
from serve.review.words import Words

if TYPE_CHECKING:
    from pipeline.store.rows import Feedback

LEVELS = (("type", "type"), ("subtype", "subtype"), ("urgency", "urgency"), ("intent", "intent"))
_CONTEXT = (
    *("channel", "product", "version", "region", "touchpoint", "customer_tier", "contact_count"),
    *("csat", "nps", "ces"),
)


def draw_row(
    view: View,
    row: Feedback,
    spans: Sequence[tuple[int, int]] | None = None,
    corrections: Sequence[Any] = (),
) -> None:
    """Draw a row as a card.

    Args:
        view: The page.
        row: The row.
        spans: What to highlight; None takes the evidence of its labels.
        corrections: What people changed in it, the newest last.
    """
    t, result = view.t, row.result
    if spans is None:
        spans = [(e.start, e.end) for e in result.evidence]
    with tag(
        "article", classes="card stack", tabindex="0", data_row="", aria_label=result.feedback_id
    ):
        with tag("div", classes="row"):
            draw_badges(t, row)
            tag("span", _due(t, row), f"small {'bad' if _is_late(row) else 'soft'}")
        marked(result.text, spans)
        if result.urgency_reasons:
            with tag("p", classes="small"):
                tag("span", f"{t('inbox.why')}: ", "soft")
                tag("span", "；".join(result.urgency_reasons))
        for made in corrections:
            was = t("inbox.was", value=label(t, made.field, str(made.old)))
            new = f"{t('field.' + made.field)} → {label(t, made.field, str(made.new))}"
            tag("p", f"{new}({was}),{made.who}", "small good")
        draw_context(t, row)
        if view.may_edit:
            _draw_actions(view, row)


def draw_badges(t: Words, row: Feedback) -> None:
    """Draw the labels of a row.

    Args:
        t: The language.
        row: The row.
    """
    result = row.result
    tag("span", label(t, "urgency", result.urgency), f"badge {URGENCY_TONES[result.urgency]}")
    main = f"{label(t, 'type', result.type)} · {label(t, 'subtype', result.subtype)}"
    tag("span", main, "badge")
    tag("span", label(t, "intent", result.intent), "badge")
    if result.needs_review:
        sure = t("inbox.confidence", share=percent(result.confidence))
        tag("span", f"{t('inbox.review')} · {sure}", "badge warn")


def draw_context(t: Words, row: Feedback) -> None:
    """Draw what is known of a row in one line.

    Args:
        t: The language.
        row: The row.
    """
    parts = [f"{t('row.created')} {when(t, row.created_at)}"]
    for name in _CONTEXT:
        if (value := getattr(row, name)) is not None:
            group = {"channel": "channel", "customer_tier": "tier"}.get(name, "")
            shown = (
                t.of(group, str(value))
                if group
                else f"{value:g}"
                if isinstance(value, float)
                else value
            )
            parts.append(f"{t('row.' + name)} {shown}")
    parts.append(f"{t('row.department')} {row.result.department}")
    if row.result.severity != "一般":
        parts.append(label(t, "severity", row.result.severity))
    for done, at, who in (
        ("answered", row.answered_at, row.answered_by),
        ("closed", row.closed_at, row.closed_by),
    ):
        if at:
            words = t(f"row.{done}", when=when(t, at))
            parts.append(t("row.by", who=who, what=words) if who else words)
    parts.append(row.feedback_id)
    tag("p", " · ".join(parts), "small soft words")


def _draw_actions(view: View, row: Feedback) -> None:
    t, id_ = view.t, row.feedback_id
    with tag("div", classes="row"):
        if not row.answered_at and not row.closed_at:
            for mark, words, said in (
                ("mark_answered", "inbox.answered", "inbox.done"),
                ("mark_closed", "inbox.closed", "inbox.done_closed"),
            ):
                button(t(words)).on("click", partial(_mark, view, id_, mark, t(said)))
        with tag("details", classes="correct"):
            tag("summary", t("inbox.correct"), "button")
            with form(partial(_correct, view, id_)):
                for field, level in LEVELS:
                    with tag("fieldset", classes="row"):
                        tag("legend", t(f"field.{field}"), "small soft")
                        _draw_labels(t, row, field, level)


def _draw_labels(t: Words, row: Feedback, field: str, level: str) -> None:
    now = getattr(row.result, field)
    known = taxonomy()
    names = (
        known.subtypes_of(row.result.type)
        if field == "subtype"
        else getattr(known, f"{level}_names")
    )
    for name in names:
        is_now = name == now
        button(
            label(t, level, name),
            "first" if is_now else "",
            type="submit",
            name=field,
            value=name,
            aria_pressed="true" if is_now else "false",
        )


async def _mark(view: View, id_: str, mark: str, said: str) -> None:
    from pipeline.store import feedback

    change = getattr(feedback, mark)
    await view.act(
        lambda store, who: change(store, [id_], datetime.now(SHANGHAI), who),
        said,
        undo=lambda _: lambda store, _who: feedback.reopen(store, [id_]),
    )


async def _correct(view: View, id_: str, chosen: dict[str, str], _: Any) -> None:
    t = view.t
    for field, value in chosen.items():
        if field not in dict(LEVELS):
            continue

        def change(store: Any, who: str, field: str = field, value: str = value) -> Any:
            from pipeline.store.corrections import add_correction

            return add_correction(store, id_, field, value, who, taxonomy=taxonomy())

        done = await view.attempt(change)
        if not view.failed(done):
            await view.rebuild()
            words = t("inbox.corrected", field=t(f"field.{field}"), value=label(t, field, value))
            is_conflict = done.status == "conflict"
            view.say(
                t("inbox.conflict") if is_conflict else words,
                partial(_withdraw, view, done.correction_id),
                is_bad=is_conflict,
            )


async def _withdraw(view: View, correction_id: int) -> None:
    from pipeline.store.corrections import withdraw_correction

    def change(store: Any, _who: str) -> Any:
        return withdraw_correction(store, correction_id)

    await view.act(change, view.t("act.undone"))


def _is_late(row: Feedback) -> bool:
    return row.is_overdue(datetime.now(SHANGHAI))


def _due(t: Words, row: Feedback) -> str:
    if row.answered_at or row.closed_at or row.result.intent in ("praise", "invalid"):
        return ""
    key = "inbox.overdue" if _is_late(row) else "inbox.due"
    return t(key, when=when(t, row.result.respond_due))
