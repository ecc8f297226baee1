"""How plots with Chinese labels look, whatever fonts the machine has."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

# The usual names of a font with simplified characters on Linux, macOS and Windows. Of a collection
# matplotlib knows the first face alone, which Debian's Noto calls JP; it holds the same characters.
FONTS = (
    *("Noto Sans CJK SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC"),
    *("Hiragino Sans GB", "Microsoft YaHei", "SimHei", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei"),
    *("Noto Sans CJK JP", "Arial Unicode MS"),
)
_FILES = ("notosanscjk", "sourcehansans", "pingfang", "msyh", "simhei", "wqy-", "arialuni")
INK, QUIET, ALARM = "#1f4e79", "#9db7cf", "#c8553d"
PALETTE = (INK, ALARM, "#4f8f6b", "#c79a3a", "#7a6aa8", "#8a8a8a", "#5b9bb5", "#a8577e")


def use_plot_style() -> str | None:
    """Set matplotlib up for this process: a Chinese font, quiet axes, our colours.

    Returns:
        The font; None if the machine has none, and then Chinese shows as boxes.
    """
    from cycler import cycler
    from matplotlib import font_manager, rcParams

    font = find_font(font_manager.get_font_names())
    if font is None:
        # matplotlib keeps a list of fonts, and one that was installed since is not in it.
        _add_files()
        font = find_font(font_manager.get_font_names())
    if font is None:
        # Otherwise every missing character is a warning of its own.
        logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
    rcParams.update(
        {
            "font.sans-serif": [*([font] if font else []), "DejaVu Sans"],
            "font.family": "sans-serif",
            "axes.unicode_minus": False,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlelocation": "left",
            "axes.titlesize": 11,
            "axes.prop_cycle": cycler(color=PALETTE),
            "figure.constrained_layout.use": True,
            "figure.dpi": 110,
        }
    )
    return font


def find_font(names: Collection[str]) -> str | None:
    """Pick a font with simplified Chinese.

    Args:
        names: Fonts that are installed.

    Returns:
        The best known of them, or None.
    """
    return next((font for font in FONTS if font in names), None)


def _add_files() -> None:
    from matplotlib import font_manager

    for path in sorted(font_manager.findSystemFonts()):
        if Path(path).name.lower().startswith(_FILES):
            font_manager.fontManager.addfont(path)
