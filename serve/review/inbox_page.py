"""The inbox: what must be answered by when, what must be looked at again, and the search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from models.deadlines import SHANGHAI
from serve.review.labels import label, taxonomy
from serve.review.row_card import draw_row
from serve.review.tags import button, choice, field, link, tag
from serve.review.view import View, place

if TYPE_CHECKING:
    from pipeline.store.engine import Store
    from pipeline.store.rows import Feedback

_PAGE = 20
_MOST = 200
_FILTERS = ("department", "urgency", "type", "week")


@dataclass(frozen=True, slots=True)
class _Found:
    """What the page shows: rows with what to highlight in them."""

    rows: list[tuple[Feedback, Any]]
    n: int | None
    is_more: bool
    corrections: Mapping[str, list[Any]]


class InboxPage:
    """The inbox.

    Args:
        query: The address's query.
    """

    nav = "inbox"

    def __init__(self, query: Mapping[str, str]) -> None:
        self._words = query.get("q", "").strip()
        self._tab = "review" if query.get("tab") == "review" else "open"
        self._where = {name: query[name] for name in _FILTERS if query.get(name)}
        self._is_overdue = query.get("overdue") == "1"
        self._limit = _PAGE

    def load(self, store: Store) -> _Found:
        """Read the rows."""
        from serve.review.inbox_reading import read_corrections

        found = self._read(store)
        ids = [row.feedback_id for row, _ in found.rows]
        return _Found(found.rows, found.n, found.is_more, read_corrections(store, ids))

    def _read(self, store: Store) -> _Found:
        if self._words:
            from pipeline.store.search import search

            hits = search(store, self._words, week=self._where.get("week"), limit=self._limit)
            rows = [(hit.feedback, hit.highlights) for hit in hits.rows]
            return _Found(rows, hits.n, hits.n > len(rows), {})
        if self._tab == "review":
            return self._read_queue(store)
        from pipeline.store.inbox import InboxFilter, inbox

        where = InboxFilter(**self._where, is_overdue=self._is_overdue)
        page = inbox(store, datetime.now(SHANGHAI), where=where, limit=self._limit)
        return _Found([(row, None) for row in page.rows], None, page.next is not None, {})

    def _read_queue(self, store: Store) -> _Found:
        from serve.review.inbox_reading import read_queue

        rows = read_queue(store, self._limit + 1)
        shown = [(row, None) for row in rows[: self._limit]]
        return _Found(shown, None, len(rows) > self._limit, {})

    def draw(self, view: View, found: _Found) -> None:
        """Draw the page."""
        t = view.t
        tag("h1", t("inbox.title"))
        tag("p", t("inbox.lead"), "lead")
        self._draw_search(view)
        if self._words:
            tag("p", t("inbox.found", query=self._words, n=_count(found)), role="status")
        else:
            with tag("div", classes="row", role="group"):
                for tab in ("open", "review"):
                    current = "page" if tab == self._tab else None
                    kind = "button first" if current else "button"
                    link(t(f"inbox.{tab}"), place("inbox", tab=tab), kind, aria_current=current)
            if self._tab == "open":
                self._draw_filters(view)
        if not found.rows:
            tag("p", t("inbox.not_found" if self._words else "inbox.none"), "card")
        with tag("div", classes="stack", style="margin-top:12px"):
            for row, spans in found.rows:
                draw_row(view, row, spans, found.corrections.get(row.feedback_id, ()))
        if found.is_more and self._limit < _MOST:
            button(t("inbox.more"), style="margin-top:12px").on("click", lambda: self._more(view))

    def _draw_search(self, view: View) -> None:
        t = view.t
        with tag("form", classes="filters", method="get", action=place("inbox"), role="search"):
            label_ = t("inbox.search_label")
            box = field(label_, "q", self._words, "search", maxlength="200", data_key="search")
            box._props["style"] = "width:min(26rem,80vw)"
            button(t("inbox.search"), "first", type="submit")

    def _draw_filters(self, view: View) -> None:
        t, known = view.t, taxonomy()
        everything = ("", t("inbox.all"))
        options = {
            "department": [(name, name) for name in known.departments],
            "urgency": [(n, label(t, "urgency", n)) for n in known.urgency_names],
            "type": [(n, label(t, "type", n)) for n in known.type_names],
        }
        with tag(
            "form",
            classes="filters",
            method="get",
            action=place("inbox"),
            data_auto="",
            style="margin-top:12px",
        ):
            for name, values in options.items():
                words = t("inbox.department") if name == "department" else t(f"field.{name}")
                choice(words, name, [everything, *values], self._where.get(name))
            overdue = [everything, ("1", t("week.overdue"))]
            choice(t("row.status"), "overdue", overdue, "1" if self._is_overdue else "")
            button(t("weeks.go"), type="submit")

    async def _more(self, view: View) -> None:
        self._limit = min(_MOST, self._limit + _PAGE)
        await view.rebuild()


def _count(found: _Found) -> str:
    more = "+" if found.n is not None and found.n >= 10_000 else ""
    return f"{found.n or 0:,}{more}"
