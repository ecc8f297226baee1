"""A small SVG drawing whose text stays text, in two tones that differ in grey too."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from xml.etree import ElementTree as Et

from pipeline.report_excerpt import plain

WIDTH = 440.0
SIZE = 14.0

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Look:
    """How a shape is painted."""

    fill: str
    stroke: str


INK, SOFT = "#1b1f24", "#57606a"
NOW = Look("#1f4e79", "#1f4e79")
BEFORE = Look("#e3e8ee", "#57606a")


class Drawing:
    """An SVG element in the making, `WIDTH` units wide.

    Args:
        title: What it shows, for those who cannot see it.
        height: Its height in units.
    """

    def __init__(self, title: str, height: float) -> None:
        box = {"viewBox": f"0 0 {WIDTH:g} {height:g}", "role": "img", "class": "chart"}
        self._svg = Et.Element("svg", box)  # no xmlns: HTML knows the element
        Et.SubElement(self._svg, "title").text = plain(title)

    def __str__(self) -> str:
        """Give the element as it stands in HTML."""
        return Et.tostring(self._svg, encoding="unicode")

    def rect(self, corner: Point, width: float, height: float, look: Look) -> None:
        """Draw a box.

        Args:
            corner: Its upper left corner.
            width: Its width.
            height: Its height.
            look: How to paint it.
        """
        box = {"x": corner[0], "y": corner[1], "width": width, "height": height}
        self._add("rect", box, {"fill": look.fill, "stroke": look.stroke})

    def circle(self, centre: Point, look: Look) -> None:
        """Draw a dot.

        Args:
            centre: Its centre.
            look: How to paint it.
        """
        paint = {"fill": look.fill, "stroke": look.stroke, "stroke-width": "2"}
        self._add("circle", {"cx": centre[0], "cy": centre[1], "r": 7}, paint)

    def line(self, start: Point, end: Point, is_dashed: bool = False) -> None:
        """Draw a line.

        Args:
            start: One end.
            end: The other.
            is_dashed: Thick, dark, dashed and edged in white, to be seen on any tone.
        """
        place = {"x1": start[0], "y1": start[1], "x2": end[0], "y2": end[1]}
        if not is_dashed:
            self._add("line", place, {"stroke": SOFT})
            return
        self._add("line", place, {"stroke": "#ffffff", "stroke-width": "4"})
        self._add("line", place, {"stroke": INK, "stroke-dasharray": "4 3", "stroke-width": "2"})

    def text(
        self,
        place: Point,
        words: str,
        anchor: Anchor = "start",
        size: float = SIZE,
        look: Literal["ordinary", "bold", "soft"] = "ordinary",
    ) -> None:
        """Write words.

        Args:
            place: Where their base line starts, is centred or ends.
            words: Any text.
            anchor: Which part of the words stands at `place`.
            size: Height of the letters.
            look: How to write them.
        """
        style = {"text-anchor": anchor, "fill": SOFT if look == "soft" else INK}
        style |= {"font-weight": "700"} if look == "bold" else {}
        shape = {"x": place[0], "y": place[1], "font-size": size}
        self._add("text", shape, style).text = plain(words)

    def legend(self, names: Sequence[tuple[Look, str]], dash: str = "") -> None:
        """Name the tones along the upper edge.

        Args:
            names: Tones and what they stand for.
            dash: What a dashed line stands for; empty leaves it out.
        """
        x = 1.0
        for look, name in names:
            self.rect((x, 5), 13, 13, look)
            self.text((x + 19, 17), name, size=13)
            x += 37 + text_width(name, 13)
        if dash:
            self.line((x, 12), (x + 20, 12), is_dashed=True)
            self.text((x + 26, 17), dash, size=13)

    def _add(self, tag: str, shape: dict[str, float], style: dict[str, str]) -> Et.Element:
        rounded = {key: f"{value:.1f}".removesuffix(".0") for key, value in shape.items()}
        return Et.SubElement(self._svg, tag, rounded | style)


def fit(words: str, width: float) -> str:
    """Shorten a label to its room.

    Args:
        words: The label.
        width: Its room in units.

    Returns:
        The label, or its beginning and ….
    """
    words = plain(words)
    if text_width(words) <= width:
        return words
    while words and text_width(words + "…") > width:
        words = words[:-1]
    return words + "…"


def text_width(words: str, size: float = SIZE) -> float:
    """Guess how wide words will be: Chinese characters are square, others about half.

    Args:
        words: The words.
        size: Height of the letters.

    Returns:
        Their width in units.
    """
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in words)
    return math.ceil(size * (wide + 0.58 * (len(words) - wide)))
