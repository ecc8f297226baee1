"""The report's charts, drawn as inline SVG.

All are 440 units wide, so that their labels of 14 units can be read on a phone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report_svg import BEFORE, NOW, WIDTH, Drawing, Look, Point, fit, text_width

_VALUE_WIDTH = 52.0
_LEAST_LABEL, _MOST_LABEL = 60.0, 190.0
_BASE, _TALLEST = 212.0, 160.0
_MANY_DAYS = 10


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of a bar chart.

    Attributes:
        label: What it counts.
        n: This period's count.
        n_before: The last one's; None leaves its bar out.
    """

    label: str
    n: int
    n_before: int | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One day of a column chart.

    Attributes:
        label: The day, in one or two lines.
        n: All rows.
        n_dark: The rows among them to show dark.
        n_before: The count to compare with; None leaves its mark out.
    """

    label: tuple[str, ...]
    n: int
    n_dark: int
    n_before: int | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """One line of an interval chart.

    Attributes:
        label: What was measured.
        scale: Least and greatest possible value.
        value: The figure.
        interval: Its lower and upper end; None if unknown.
        before: The last period's figure; None if unknown.
        text: The figure in words.
    """

    label: str
    scale: tuple[float, float]
    value: float
    interval: tuple[float, float] | None
    before: float | None
    text: str


def bar_chart(title: str, bars: Sequence[Bar], legend: tuple[str, str]) -> str:
    """Draw counts as horizontal bars, this period's dark above the last one's light.

    Args:
        title: What the chart shows, for those who cannot see it.
        bars: The lines.
        legend: Names of this period and the last.

    Returns:
        An `<svg>` element.
    """
    has_before = any(bar.n_before is not None for bar in bars)
    step, top = (44.0, 30.0) if has_before else (30.0, 4.0)
    drawing = Drawing(title, top + step * len(bars) + 4)
    if has_before:
        drawing.legend([(NOW, legend[0]), (BEFORE, legend[1])])
    widest = max([_LEAST_LABEL, *(text_width(bar.label) + 10 for bar in bars)])
    left = min(_MOST_LABEL, widest)
    most = max([1, *(max(bar.n, bar.n_before or 0) for bar in bars)])
    unit = (WIDTH - left - _VALUE_WIDTH) / most
    for i, bar in enumerate(bars):
        y = top + i * step
        label = fit(bar.label, left - 10)
        drawing.text((left - 8, y + (19 if has_before else 18)), label, "end")
        _bar(drawing, (left, y + 4), bar.n, unit, NOW)
        if bar.n_before is not None:
            _bar(drawing, (left, y + 25), bar.n_before, unit, BEFORE)
    return str(drawing)


def _bar(drawing: Drawing, corner: Point, n: int, unit: float, look: Look) -> None:
    x, y = corner
    height, size = (18, 14) if look is NOW else (11, 13)
    if n:
        drawing.rect(corner, max(1.5, n * unit), height, look)
    place = (x + n * unit + 6, y + height / 2 + size * 0.36)
    drawing.text(place, f"{n:,}", size=size, look="bold" if look is NOW else "soft")


def day_chart(title: str, columns: Sequence[Column], legend: tuple[str, str, str]) -> str:
    """Draw counts as columns, one a day, with a dash at the last period's height.

    Args:
        title: What the chart shows.
        columns: The days in order.
        legend: Names of the dark part, the light part and the dash.

    Returns:
        An `<svg>` element.
    """
    drawing = Drawing(title, _BASE + 44)
    has_before = any(column.n_before is not None for column in columns)
    drawing.legend([(NOW, legend[0]), (BEFORE, legend[1])], legend[2] if has_before else "")
    most = max([1, *(max(column.n, column.n_before or 0) for column in columns)])
    step = WIDTH / max(1, len(columns))
    for i, column in enumerate(columns):
        _column(drawing, column, (i * step, step), _TALLEST / most)
        if len(columns) <= _MANY_DAYS or column.n == most:
            top = _BASE - max(column.n, column.n_before or 0) * _TALLEST / most
            drawing.text(((i + 0.5) * step, top - 6), f"{column.n:,}", "middle", look="bold")
        if len(columns) <= _MANY_DAYS or i % 5 == 0:
            for j, words in enumerate(column.label):
                drawing.text(((i + 0.5) * step, _BASE + 18 + 17 * j), words, "middle", 13)
    drawing.line((0, _BASE), (WIDTH, _BASE))
    return str(drawing)


def _column(drawing: Drawing, column: Column, place: Point, unit: float) -> None:
    left, step = place
    x, width = left + step * 0.16, step * 0.68
    for n, look in ((column.n, BEFORE), (column.n_dark, NOW)):
        if n:
            drawing.rect((x, _BASE - n * unit), width, n * unit, look)
    if column.n_before is not None:
        y = _BASE - column.n_before * unit
        drawing.line((left + step * 0.03, y), (left + step * 0.97, y), is_dashed=True)


def range_chart(title: str, ranges: Sequence[Range], legend: tuple[str, str]) -> str:
    """Draw figures with their intervals, each on its own scale; the last period's lighter.

    Args:
        title: What the chart shows.
        ranges: The lines.
        legend: Names of this period and the last.

    Returns:
        An `<svg>` element.
    """
    step, top = 84.0, 30.0
    drawing = Drawing(title, top + step * len(ranges))
    has_before = any(line.before is not None for line in ranges)
    drawing.legend([(NOW, legend[0])] + ([(BEFORE, legend[1])] if has_before else []))
    for i, line in enumerate(ranges):
        _range(drawing, line, top + i * step)
    return str(drawing)


def _range(drawing: Drawing, line: Range, y: float) -> None:
    (low, high), left, right, axis = line.scale, 12.0, WIDTH - 12, y + 48

    def at(value: float) -> float:
        return left + (value - low) / (high - low) * (right - left)

    drawing.text((0, y + 20), line.label, look="bold")
    drawing.text((WIDTH, y + 20), line.text, "end", 13)
    drawing.line((left, axis), (right, axis))
    drawing.text((left, axis + 22), f"{low:g}".replace("-", "−"), "middle", 13, "soft")
    drawing.text((right, axis + 22), f"{high:g}", "middle", 13, "soft")
    if line.interval:
        start, end = at(line.interval[0]), at(line.interval[1])
        drawing.rect((start, axis - 3), end - start, 6, NOW)
    if line.before is not None:
        drawing.circle((at(line.before), axis), BEFORE)
    drawing.circle((at(line.value), axis), NOW)
