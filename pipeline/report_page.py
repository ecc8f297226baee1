"""The report as one HTML page that needs nothing but itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.report_charts import Bar, Column, Range, bar_chart, day_chart, range_chart
from pipeline.report_counts import SCALES, Count, Day, Score
from pipeline.report_facts import StoreFacts
from pipeline.report_figures import Figures
from pipeline.report_period import Period
from pipeline.report_statistics import percent
from pipeline.report_store_page import StoreView
from pipeline.report_titles import Titles

_MAX_BARS = 12
_MAX_THEMES = 10
_ONE_LINE_DAYS = 10


def render_page(
    figures: Figures, headline: str, titles: Titles, facts: StoreFacts | None = None
) -> str:
    """Write the page.

    Args:
        figures: The report's figures.
        headline: The paragraph on top.
        titles: What people read for a value, and in which language.
        facts: What the store tells besides; None without one.

    Returns:
        HTML with its style and charts inside; every customer's word is escaped.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    loader = PackageLoader("pipeline", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    # ElementTree has escaped every label in the drawings
    charts = {name: Markup(svg) for name, svg in _charts(figures, titles).items()}  # noqa: S704
    template = environment.get_template("report.html.j2")
    view = StoreView(facts, titles) if facts else None
    context = _context(figures, titles)
    return template.render(f=figures, headline=headline, charts=charts, s=view, **context)


def period_words(period: Period, titles: Titles) -> tuple[str, str]:
    """Name this period and the one before.

    Args:
        period: The period.
        titles: In which language.

    Returns:
        Such as 本周 and 上周.
    """
    return titles.word(f"this_{period.kind}"), titles.word(f"last_{period.kind}")


def _context(figures: Figures, titles: Titles) -> dict[str, Any]:
    is_english = titles.language == "en"
    now, before = period_words(figures.period, titles)
    high = next((count for count in figures.by_urgency if count.name == "high"), None)

    def tile_before(n: int | None) -> str:
        return "–" if n is None else f"{before} {n:,}"

    return {
        "language": titles.language,
        "w": titles.word,
        "day": titles.day,
        "percent": percent,
        "period_words": (now, before),
        "period_title": titles.period(figures.period),
        "title": titles.word(f"report_{figures.period.kind}"),
        "tile_before": tile_before,
        "urgent_before": None if high is None else high.n_before,
        "gaps": _gaps(figures, titles),
        "colon": ": " if is_english else "：",
        "sep": ", " if is_english else "、",
        "semicolon": "; " if is_english else "；",
        "stop": ". " if is_english else "。",
        "unit": "rows" if is_english else "条",
    }


def _gaps(figures: Figures, titles: Titles) -> list[str]:
    """Say where the table does not cover the days that are compared."""
    period, gaps = figures.period, []
    if figures.n and figures.last_at and figures.last_at[:10] < period.days[-1].isoformat():
        gaps.append(titles.word("note_until").format(day=titles.day(figures.last_at)))
    first = period.previous.days[0].isoformat()
    if figures.previous and figures.first_at and figures.first_at[:10] > first:
        gaps.append(titles.word("note_since").format(day=titles.day(figures.first_at)))
    return gaps


def _charts(figures: Figures, titles: Titles) -> dict[str, str]:
    legend = period_words(figures.period, titles)
    charts = {
        name: bar_chart(titles.word(name), _bars(counts, titles), legend)
        for name, counts in (
            ("by_type", figures.by_type),
            ("by_urgency", figures.by_urgency),
            ("by_channel", figures.by_channel),
            ("by_intent", figures.by_intent),
        )
    }
    names = titles.word("complaints"), titles.word("other_days"), legend[1]
    columns = [_column(day, len(figures.by_day), titles) for day in figures.by_day]
    charts["by_day"] = day_chart(titles.word("by_day"), columns, names)
    ranges = [_range(score, titles) for score in figures.scores]
    charts["scores"] = range_chart(titles.word("satisfaction"), ranges, legend)
    themes = figures.themes.themes[:_MAX_THEMES] if figures.themes else ()
    bars = [Bar(theme.name, theme.n, theme.n_before) for theme in themes]
    charts["themes"] = bar_chart(titles.word("themes"), bars, legend)
    return charts


def _bars(counts: Sequence[Count], titles: Titles) -> list[Bar]:
    """Show the most frequent values; the rest of a long list as one bar."""
    bars = [Bar(count.title, count.n, count.n_before) for count in counts]
    if len(bars) <= _MAX_BARS:
        return bars
    rest = bars[_MAX_BARS - 1 :]
    before = [bar.n_before for bar in rest if bar.n_before is not None]
    label = titles.word("others_joined").format(n=len(rest))
    n_before = sum(before) if before else None
    return [*bars[: _MAX_BARS - 1], Bar(label, sum(bar.n for bar in rest), n_before)]


def _column(day: Day, n_days: int, titles: Titles) -> Column:
    name = titles.day(day.day)
    label = tuple(name.split(" ", 1)) if n_days <= _ONE_LINE_DAYS else (str(int(day.day[-2:])),)
    return Column(label, day.n, day.n_complaints, day.n_before)


def _range(score: Score, titles: Titles) -> Range:
    now = score.now
    scale = (-100.0, 100.0) if score.name == "nps" else SCALES[score.name]
    digits = 0 if score.name == "nps" else 2
    text = f"{now.value:.{digits}f}"
    interval = None
    if now.low is not None and now.high is not None:
        interval = (now.low, now.high)
        low, high = f"{now.low:.{digits}f}", f"{now.high:.{digits}f}"
        text += f" ({titles.word('low_to_high').format(low=low, high=high)})"
    text = f"{text} · {titles.word('n_answers').format(n=now.n)}".replace("-", "−")
    before = score.before.value if score.before else None
    return Range(titles.word(score.name), scale, now.value or 0.0, interval, before, text)
