"""The root-cause themes of a period: how big, how changed, in whose words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.report_counts import Span
from pipeline.report_excerpt import Excerpt, cut, plain
from pipeline.report_statistics import share_of
from pipeline.report_theme_files import QuoteEntry, ThemeEntry, ThemeFiles
from pipeline.report_titles import Titles

_MAX_QUOTES = 3
_QUOTE_LENGTH = 120


@dataclass(frozen=True, slots=True)
class Quote:
    """One customer's words.

    Attributes:
        feedback_id: The row's id.
        excerpt: The words, the failing marked.
    """

    feedback_id: str
    excerpt: Excerpt


@dataclass(frozen=True, slots=True)
class Theme:
    """One theme in this period.

    Attributes:
        id: Its id.
        name: Its name.
        n: Rows that mention it.
        n_before: The same in the last period; None where unknown.
        is_changed: Whether the change is more than chance.
        share: Of this period's complaints; None where unknown.
        department: Who mends it.
        kind: Title of its kind of cause; empty if unknown.
        keywords: Words that mark it.
        quotes: What customers said, at most three.
    """

    id: str
    name: str
    n: int
    n_before: int | None
    is_changed: bool
    share: float | None
    department: str
    kind: str
    keywords: tuple[str, ...]
    quotes: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class ThemeFigures:
    """All themes of a period.

    Attributes:
        themes: The biggest first; themes that this period does not mention are left out.
        n_rare: Mentions of this period that belong to no theme.
        coverage: Share of the complaints that have a theme; None where unknown.
        is_as_fitted: True when sizes are the clustering's, for want of the mentions.
    """

    themes: tuple[Theme, ...]
    n_rare: int
    coverage: float | None
    is_as_fitted: bool


@dataclass(frozen=True, slots=True)
class _Size:
    n: int
    n_before: int | None


def theme_figures(files: ThemeFiles, span: Span, titles: Titles) -> ThemeFigures:
    """Count each theme's rows and choose its quotes.

    Args:
        files: The themes.
        span: This period's rows and the last one's.
        titles: What people read for a value.

    Returns:
        The figures. A last period in which no row is mentioned at all was not clustered, so
        changes since then are unknown, not zero.
    """
    now, before = _mentions_of(files, span.now), None
    if span.before is not None:
        before = _mentions_of(files, span.before)
    known = before is not None and not before.empty
    texts = dict(zip(span.now["feedback_id"], span.now["text"], strict=True))
    sizes, sizes_before = _sizes(now), _sizes(before) if known else None
    themes = []
    for entry in files.themes:
        n = entry.size if sizes is None else sizes.get(entry.id, 0)
        n_before = None if sizes_before is None else sizes_before.get(entry.id, 0)
        if n:
            quotes = _quotes(entry, now, texts)
            themes.append(_theme(entry, _Size(n, n_before), span, titles, quotes))
    themes.sort(key=lambda theme: (-theme.n, theme.id))
    n_rare = 0 if now is None else int((now["theme_id"] == "").sum())
    return ThemeFigures(tuple(themes), n_rare, _coverage(now, span.now), now is None)


def _theme(
    entry: ThemeEntry, size: _Size, span: Span, titles: Titles, quotes: tuple[Quote, ...]
) -> Theme:
    n_complaints = int((span.now["intent"] == "complaint").sum())
    return Theme(
        id=plain(entry.id),
        name=plain(entry.name),
        n=size.n,
        n_before=size.n_before,
        is_changed=span.is_changed(size.n, size.n_before),
        share=min(1.0, size.n / n_complaints) if n_complaints else None,
        department=plain(entry.department),
        kind=titles.of("kind", entry.root_cause_kind),
        keywords=tuple(plain(word) for word in entry.keywords),
        quotes=quotes,
    )


def _mentions_of(files: ThemeFiles, rows: pd.DataFrame) -> pd.DataFrame | None:
    if files.mentions is None:
        return None
    return files.mentions[files.mentions["feedback_id"].isin(rows["feedback_id"])]


def _sizes(mentions: pd.DataFrame | None) -> dict[str, int] | None:
    if mentions is None:
        return None
    sizes = mentions.groupby("theme_id")["feedback_id"].nunique()
    return {str(name): int(n) for name, n in sizes.items()}


def _coverage(mentions: pd.DataFrame | None, rows: pd.DataFrame) -> float | None:
    if mentions is None:
        return None
    complaints = rows.loc[rows["intent"] == "complaint", "feedback_id"]
    covered = set(mentions.loc[mentions["theme_id"] != "", "feedback_id"])
    return share_of(int(complaints.isin(covered).sum()), len(complaints)).value


def _quotes(
    entry: ThemeEntry, mentions: pd.DataFrame | None, texts: dict[str, str]
) -> tuple[Quote, ...]:
    """Choose quotes of this period: the clustering's own first, then the best mentions."""
    quotes = [q for q in entry.quotes if mentions is None or q.feedback_id in texts]
    if mentions is not None:
        own = mentions[mentions["theme_id"] == entry.id]
        best = own.sort_values(["score", "feedback_id"], ascending=[False, True])
        for row in best.head(4 * _MAX_QUOTES).to_dict("records"):
            place: dict[str, Any] = {name: row[name] for name in ("feedback_id", "start", "end")}
            words = texts[row["feedback_id"]][row["start"] : row["end"]]
            quotes.append(QuoteEntry(text=words, **place))
    chosen: dict[str, Quote] = {}
    for quote in quotes:
        chosen.setdefault(quote.text, _quote(quote, texts.get(quote.feedback_id)))
    return tuple(chosen.values())[:_MAX_QUOTES]


def _quote(quote: QuoteEntry, whole: str | None) -> Quote:
    """Show a clause within its row; alone when the row is not at hand."""
    text, span = quote.text, (0, len(quote.text))
    if whole is not None and quote.text in whole:
        is_exact = whole[quote.start : quote.end] == quote.text
        start = quote.start if is_exact else whole.index(quote.text)
        text, span = whole, (start, start + len(quote.text))
    return Quote(plain(quote.feedback_id), cut(text, [span], _QUOTE_LENGTH))
