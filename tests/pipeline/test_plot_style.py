"""Plots find a font with Chinese, or do without."""

from __future__ import annotations

from pipeline.plot_style import FONTS, find_font


def test_the_best_known_font_is_taken() -> None:
    """Any that has the characters will do; one made for simplified Chinese comes first."""
    assert find_font(["DejaVu Sans", "Noto Sans CJK JP", "SimHei"]) == "SimHei"
    assert find_font([FONTS[-1]]) == FONTS[-1]


def test_no_chinese_font_is_no_error() -> None:
    """A bare server draws boxes instead of characters."""
    assert find_font(["DejaVu Sans"]) is None
