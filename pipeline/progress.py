"""Show how far a long run has come, and let it be stopped."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from pipeline.score_summary import Summary

_MINUTE, _HOUR = 60, 3600


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
        line = progress_line(summary)
        typer.echo((f"\r\x1b[K{line}") if is_terminal else line, err=True, nl=not is_terminal)

    return show


def progress_line(summary: Summary) -> str:
    """Write how far a run has come.

    Args:
        summary: What was done so far.

    Returns:
        One line: rows, share, rejected rows, rows a second, time left.
    """
    parts = [f"{summary.rows_in} 行"]
    if summary.rows_expected:
        parts.append(f"{summary.rows_in / summary.rows_expected:.0%}")
    parts += [f"{summary.rejected} 拒收", f"{summary.rate:,.0f} 行/秒"]
    if summary.seconds_left is not None:
        parts.append(f"还需 {_span(summary.seconds_left)}")
    return " · ".join(parts)


@contextmanager
def stop_on_interrupt() -> Iterator[Callable[[], bool]]:
    """Turn the first Ctrl-C into a request to stop at the next good place.

    The second one stops at once.

    Yields:
        Tells whether to stop.
    """
    is_asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        if is_asked.is_set():
            raise KeyboardInterrupt
        is_asked.set()
        typer.echo("\n写完手头这一部分就停;再按一次 Ctrl-C 立即停止", err=True)

    if threading.current_thread() is not threading.main_thread():
        yield is_asked.is_set
        return
    before = signal.signal(signal.SIGINT, ask)
    try:
        yield is_asked.is_set
    finally:
        signal.signal(signal.SIGINT, before)


def _span(seconds: float) -> str:
    whole = round(seconds)
    if whole >= _HOUR:
        return f"{whole // _HOUR} 小时 {whole % _HOUR // _MINUTE} 分"
    return f"{whole // _MINUTE} 分 {whole % _MINUTE} 秒" if whole >= _MINUTE else f"{whole} 秒"
