"""The page and the plot of `benchmarks.frontier`."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.plot_style import ALARM, INK, use_plot_style

RATE = "rows/CPU s"
NOTES = """
- Peers give labels only, ours the full result: evidence, urgency with reasons, deadlines, masking.
- F1 is macro-averaged over the classes that the gold rows hold; intent has 4 inquiries and 7
  invalid rows, so read it with that in mind.
- Rows/s is wall time on the cores above; rows per CPU second counts the time of all threads, and
  says the same on a machine that is busy with other things. The plot shows the latter.
- Load is from disk to the first text labelled, when imports and the disk's cache are warm and the
  process has forgotten what it had loaded; jieba's dictionary counts for those that use it.
- The word distillation follows model2vec's recipe on the jieba words of the training rows: each
  embedded alone by our teacher, PCA to 256, SIF weights, mean; model2vec's own look-up, a
  regression a label.
- SetFit and the frozen base learn from the few rows that the table states, at up to 64 tokens, and
  label at up to 128 like the teacher. SetFit tunes on the type, within two minutes; the other
  labels are heads on its vectors of the same rows. On all rows both would take hours on a CPU.
- The cascade's share is the one asked for on rows like the held-out ones; of reviews of another
  kind more or fewer fall under the bound.
- The teachers have the int8 build's calibration and no floor of facts.
"""
_PLACES = ((1, 0), (-1, 0), (0.8, 0.8), (0.8, -0.8), (-0.8, 0.8), (-0.8, -0.8), (0, 1), (0, -1))
_DISTANCES = (9, 18, 28, 40, 54, 70)


def write_page(path: Path, head: str, table: pd.DataFrame) -> None:
    """Write the page that shows the plot and the table."""
    picture = "![Macro-F1 of type against rows a second](images/frontier.png)"
    text = f"# Accuracy against speed\n\n{head}\n{picture}\n\n{markdown(table)}\n{NOTES}"
    path.write_text(text, encoding="utf-8")


def markdown(table: pd.DataFrame) -> str:
    """The table; what a side has no value for stays empty."""
    lines = ["| " + " | ".join(table.columns) + " |", "| --- " * len(table.columns) + "|"]
    lines += ["| " + " | ".join(map(cell, row)) + " |" for row in table.to_numpy().tolist()]
    return "\n".join(lines)


def cell(value: object) -> str:
    """Whole numbers with commas, others as short as they are, no value as nothing."""
    if not isinstance(value, int | float):
        return str(value).replace("|", "/")
    if np.isnan(value):
        return ""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:g}"


def draw(table: pd.DataFrame, path: Path, n_gold: int) -> None:
    """Draw the sides that ran: shapes and fills tell the kinds apart without colour."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    use_plot_style()
    figure, axes = pyplot.subplots(figsize=(9, 5.5))
    shown = table[table["side"] != "majority class"].dropna(subset=[RATE])
    line = shown[shown["side"].str.startswith("huiyin")].sort_values(RATE)
    axes.plot(line[RATE], line["type F1"], color=ALARM, linewidth=1.2, zorder=1)
    for title, style, rows in _kinds(shown):
        options: dict[str, Any] = {"s": 48, "linewidths": 1.3, "zorder": 2, "label": title}
        axes.scatter(rows[RATE], rows["type F1"], **options, **style)
    axes.set_xscale("log")
    axes.set_xlabel("rows per CPU second, log scale (peers: labels only; huiyin: full results)")
    axes.set_ylabel(f"macro-F1 of type, {n_gold} gold rows")
    axes.set_title("Accuracy against speed on the same rows and cores")
    axes.margins(x=0.15, y=0.12)
    axes.grid(alpha=0.2)
    figure.legend(loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    place_names(axes, shown, line)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=130)
    pyplot.close(figure)


def _kinds(shown: pd.DataFrame) -> list[tuple[str, dict[str, Any], pd.DataFrame]]:
    ours = shown["side"].str.startswith("huiyin")
    teacher = shown["side"].str.startswith("fine-tuned")
    filled = {"marker": "o", "facecolor": ALARM, "edgecolor": ALARM}
    kinds = [
        ("huiyin: student and cascades", filled, shown[ours]),
        ("its teacher alone", filled | {"marker": "s", "facecolor": INK, "edgecolor": INK},
         shown[teacher]),
        ("peers", {"marker": "D", "facecolor": "white", "edgecolor": "black"},
         shown[~ours & ~teacher]),
    ]  # fmt: skip
    return [kind for kind in kinds if len(kind[2])]


def place_names(axes: Any, shown: pd.DataFrame, line: pd.DataFrame) -> list[Any]:
    """Write each name at the nearest place that hides no point, line or other name."""
    if shown.empty:
        return []
    axes.figure.canvas.draw()
    renderer, inside = axes.figure.canvas.get_renderer(), axes.get_window_extent()
    points = axes.transData.transform(shown[[RATE, "type F1"]].to_numpy(float))
    taken = [_around(x, y) for x, y in points]
    steps = np.linspace(0, 1, 25)[:, None]
    track = axes.transData.transform(line[[RATE, "type F1"]].to_numpy(float)) if len(line) else []
    for a, b in pairwise(track):
        taken += [_around(x, y, 2) for x, y in a + (b - a) * steps]
    return [
        _place_name(axes, row["side"], (row[RATE], row["type F1"]), taken, inside, renderer)
        for row in shown.to_dict("records")
    ]


def _place_name(
    axes: Any, name: str, at: tuple[float, float], taken: list[Any], inside: Any, renderer: Any
) -> Any:
    note = None
    for distance in _DISTANCES:
        for right, up in _PLACES:
            if note is not None:
                note.remove()
            note = axes.annotate(
                name,
                at,
                (right * distance, up * distance),
                textcoords="offset points",
                fontsize=8,
                ha={1: "left", 0: "center", -1: "right"}[int(np.sign(right))],
                va="center",
                arrowprops={"arrowstyle": "-", "linewidth": 0.5} if distance > 18 else None,
            )
            note.set_in_layout(False)
            box = text_box(note, renderer)
            free = not any(box.overlaps(other) for other in taken)
            if free and inside.contains(box.x0, box.y0) and inside.contains(box.x1, box.y1):
                taken.append(box)
                return note
    return note


def text_box(note: Any, renderer: Any) -> Any:
    """Where the words stand, without the arrow."""
    from matplotlib.text import Text

    note.update_positions(renderer)
    return Text.get_window_extent(note, renderer)


def _around(x: float, y: float, half: float = 7) -> Any:
    from matplotlib.transforms import Bbox

    return Bbox.from_extents(x - half, y - half, x + half, y + half)
