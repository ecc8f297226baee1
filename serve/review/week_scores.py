"""What customers said they felt, with how sure that is."""

from __future__ import annotations

from pipeline.report_statistics import Estimate
from serve.review.labels import interval
from serve.review.tags import tag
from serve.review.week_figures import WeekFigures
from serve.review.words import Words


def draw_scores(t: Words, figures: WeekFigures) -> None:
    """Draw CSAT, NPS and CES, each on its own scale.

    Args:
        t: The language.
        figures: The week.
    """
    tag("h2", t("week.satisfaction"))
    before = figures.scores_before
    for name, scale, digits, ends in (
        ("csat", 100.0, 0, (0.0, 100.0)),
        ("nps", 1.0, 0, (-100.0, 100.0)),
        ("ces", 1.0, 1, (1.0, 7.0)),
    ):
        now: Estimate = getattr(figures.scores, name)
        last: Estimate | None = getattr(before, name) if before else None
        _draw_score(t, name, now, last, scale, digits, ends)


def _draw_score(
    t: Words,
    name: str,
    now: Estimate,
    last: Estimate | None,
    scale: float,
    digits: int,
    ends: tuple[float, float],
) -> None:
    value, low, high = interval(now, scale, digits)
    unit = " %" if name == "csat" else ""
    tag("h3", t(f"week.{name}"))
    if now.value is None:
        tag("p", t("week.no_answers"), "soft")
        return
    with tag("div", classes="row between"):
        tag("strong", value + unit)
        if last and last.value is not None:
            shown = interval(last, scale, digits)[0] + unit
            tag("span", t("week.before", n=shown), "small soft")
    words = (
        t("week.answers", n=f"{now.n:,}", low=low, high=high)
        if low
        else t("week.answers_few", n=now.n)
    )
    with tag("div", classes="range", role="img", aria_label=f"{value}{unit},{words}"):

        def at(figure: float) -> float:
            return (figure * scale - ends[0]) / (ends[1] - ends[0]) * 100

        if now.low is not None and now.high is not None:
            width = max(1.0, at(now.high) - at(now.low))
            tag("i", style=f"left:{at(now.low):.1f}%;width:{width:.1f}%")
        tag("b", style=f"left:{at(now.value):.1f}%")
    tag("p", words, "small soft")
