"""Show how far a long run has come."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pipeline.score import Summary


def progress_printer(every_s: float = 2.0) -> Callable[[Summary], None]:
    """Show progress on stderr: one moving line on a terminal, plain lines elsewhere.

    Args:
        every_s: Least seconds between plain lines.

    Returns:
        A callback for `score_file`.
    """
    last = [0.0]

    def show(summary: Summary) -> None:
        is_terminal = sys.stderr.isatty()
        if not is_terminal and summary.seconds - last[0] < every_s:
            return
        last[0] = summary.seconds
        rate = summary.rows_in / max(summary.seconds, 1e-9)
        line = f"{summary.rows_in} 行 · {summary.rejected} 拒收 · {rate:,.0f} 行/秒"
        typer.echo(("\r" if is_terminal else "") + line, err=True, nl=not is_terminal)

    return show
