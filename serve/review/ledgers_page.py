"""The ledgers: out as a workbook, the edited progress sheet back in after a look at it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from serve.review.tags import button, choice, form, link, table, tag
from serve.review.view import View, place
from serve.review.week_page import draw_empty

if TYPE_CHECKING:
    from pipeline.ledgers_plan import Change, Plan
    from pipeline.store.engine import Store
    from serve.review.drafts import Draft
    from serve.review.words import Words

_MAX_PROBLEMS = 50


@dataclass(frozen=True, slots=True)
class _Ledgers:
    """What the page shows."""

    weeks: tuple[str, ...]
    sheets: tuple[tuple[str, str], ...]
    plan: Plan | None


class LedgersPage:
    """The page of the ledgers.

    Args:
        query: The address's query; `period` picks what to export.
        draft: What was uploaded, where something was.
    """

    nav = "ledgers"

    def __init__(self, query: Mapping[str, str], draft: Draft | None) -> None:
        self._period = query.get("period", "")
        self._is_gone = "draft" in query and draft is None
        self._draft = draft

    def load(self, store: Store) -> _Ledgers:
        """Read the weeks, and compare what was uploaded with the store."""
        from pipeline.ledgers_plan import plan_progress
        from pipeline.store.aggregates import weeks

        rows = self._draft.rows if self._draft else ()
        plan = plan_progress(store, rows) if rows else None
        return _Ledgers(weeks(store), _sheets(), plan)

    def draw(self, view: View, found: _Ledgers) -> None:
        """Draw the page."""
        t = view.t
        if not found.weeks:
            draw_empty(t)
            return
        tag("h1", t("ledgers.title"))
        tag("p", t("ledgers.lead"), "lead")
        with tag("div", classes="grid"):
            if self._draft:
                with tag("section", classes="card"):
                    self._draw_draft(view, self._draft, found.plan)
            with tag("section", classes="card half"):
                self._draw_export(t, found)
            with tag("section", classes="card half"):
                self._draw_upload(view)

    def _draw_export(self, t: Words, found: _Ledgers) -> None:
        tag("h2", t("ledgers.export"))
        with tag("form", classes="filters", method="get", action=place("ledgers.xlsx")):
            options = [(key, key) for key in (*reversed(found.weeks), *_months(found.weeks))]
            choice(t("ledgers.period"), "period", options, self._period)
            button(t("ledgers.download"), "first", type="submit", id="export")
        tag("p", t("ledgers.big"), "hint")
        with tag("dl", classes="facts"):
            for name, words in found.sheets:
                tag("dt", name)
                tag("dd", t(words), "small")

    def _draw_upload(self, view: View) -> None:
        t = view.t
        tag("h2", t("ledgers.import"))
        if self._is_gone:
            tag("p", t("ledgers.gone"), "alert", role="alert")
        if not view.may_edit:
            tag("p", t("act.viewer"), "hint")
            return
        with tag(
            "form",
            classes="stack",
            method="post",
            action=place("ledgers/upload"),
            enctype="multipart/form-data",
        ):
            with tag("label", classes="field"):
                tag("span", t("ledgers.file"))
                tag("input", type="file", name="file", accept=".xlsx", required=True)
            tag("p", t("ledgers.upload_hint"), "hint")
            with tag("div", classes="row"):
                button(t("ledgers.upload"), "first", type="submit")

    def _draw_draft(self, view: View, draft: Draft, plan: Plan | None) -> None:
        t = view.t
        tag("h2", t("ledgers.preview", name=draft.name), id="preview")
        problems = plan.problems if plan else (draft.problem,)
        if plan is None or problems:
            tag("p", t("ledgers.problems", n=len(problems)), "alert", role="alert")
            with tag("ul", classes="words"):
                for line in problems[:_MAX_PROBLEMS]:
                    tag("li", line)
            return
        if not plan.changes:
            tag("p", t("ledgers.nothing"), role="status")
            return
        summary = t("ledgers.summary", n=len(plan.changes), same=plan.n_same)
        if plan.clashing:
            summary += t("ledgers.clashing", n=len(plan.clashing))
        tag("p", summary, role="status")
        self._draw_changes(view, draft, plan)

    def _draw_changes(self, view: View, draft: Draft, plan: Plan) -> None:
        t = view.t

        async def go(fields: dict[str, str], _: Any) -> None:
            mine = {change.key for change in plan.clashing if fields.get(change.key) == "mine"}
            theirs = {change.key for change in plan.clashing} - mine

            def change(store: Store, who: str) -> Any:
                from pipeline.ledgers_import import import_rows

                return import_rows(
                    store, draft.rows, who, source=draft.name, mine=mine, theirs=theirs
                )

            done = await view.attempt(change)
            await view.rebuild()  # also after a refusal: somebody may have been faster
            if not view.failed(done):
                view.say(t("ledgers.done", n=done.n_changed))

        with form(go):
            for one in plan.changes:
                _draw_change(t, one)
            with tag("div", classes="row end"):
                button(t("ledgers.go"), "first", type="submit", id="import")


def _draw_change(t: Words, change: Change) -> None:
    with tag("div", classes="row"):
        link(change.name, place(f"themes/{change.theme_id}"), "name")
        tag("span", f"{change.theme_id} · {t('ledgers.row', number=change.number)}", "small soft")
    head = tuple((t(f"ledgers.{name}"), "") for name in ("column", "now", "sheet"))
    with table(head, change.name):
        for name in change.fields:
            with tag("tr"):
                with tag("th", scope="row"):
                    tag("span", name)
                    if name in change.clashes:
                        tag("span", t("ledgers.clash"), "badge warn", style="margin-left:8px")
                tag("td", change.before[name] or t("ledgers.empty"), "words soft")
                tag("td", change.after[name] or t("ledgers.empty"), "words")
    if change.clashes:
        with tag("fieldset"):
            who = change.who or t("ledgers.somebody")
            tag("legend", t("ledgers.choose", who=who), "small")
            for value in ("theirs", "mine"):
                with tag("label", classes="tick"):
                    chosen = value == "theirs" or None
                    tag("input", type="radio", name=change.key, value=value, checked=chosen)
                    tag("span", t(f"ledgers.{value}"))


def _months(weeks: tuple[str, ...]) -> list[str]:
    """The months in which the weeks end, the newest first."""
    from pipeline.report_period import Period

    days = {f"{Period.of_week(week).days[-1]:%Y-%m}" for week in weeks}
    return sorted(days, reverse=True)


def _sheets() -> tuple[tuple[str, str], ...]:
    from pipeline.ledgers_feedback import REGISTER, STANDARD
    from pipeline.ledgers_progress import PROGRESS
    from pipeline.ledgers_themes import ACTIONS, DUTY, ROOTS

    return (
        (REGISTER, "ledgers.register"),
        (STANDARD, "ledgers.standard"),
        (DUTY, "ledgers.duty"),
        (PROGRESS, "ledgers.progress"),
        (ACTIONS, "ledgers.actions"),
        (ROOTS, "ledgers.roots"),
    )
