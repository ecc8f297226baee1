"""How fast two models are, measured so that a busy machine cannot favour one of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

N_ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Speed:
    """CPU time a row.

    Attributes:
        before_us: The champion's, microseconds.
        after_us: The challenger's.
        ratio: Rows a second of the challenger over the champion's; 1 is as fast.
    """

    before_us: float
    after_us: float
    ratio: float


def measure_speed(
    before: Callable[[], Any],
    after: Callable[[], Any],
    n_rows: int,
    n_rounds: int = N_ROUNDS,
    clock: Callable[[], float] = time.process_time,
) -> Speed:
    """Run both by turns and compare each run with its neighbour.

    CPU time instead of wall time, and the median of the ratios of neighbours: what else the machine
    does meanwhile slows both.

    Args:
        before: Scores the rows with the champion.
        after: Scores the same rows with the challenger.
        n_rows: How many.
        n_rounds: Rounds; each runs both, the first of them by turns.
        clock: Seconds of CPU time.

    Returns:
        The speed.
    """
    before(), after()  # whatever is built on first use
    times = [_one_round(before, after, clock, is_swapped=bool(i % 2)) for i in range(n_rounds)]
    micro = 1e6 / max(n_rows, 1)
    return Speed(
        median(b for b, _ in times) * micro,
        median(a for _, a in times) * micro,
        median(b / max(a, 1e-9) for b, a in times),
    )


def folder_size(folder: Path) -> int:
    """Add up a model's files.

    Args:
        folder: The model folder.

    Returns:
        Bytes.
    """
    return sum(p.stat().st_size for p in folder.rglob("*") if p.is_file())


def _one_round(
    before: Callable[[], Any],
    after: Callable[[], Any],
    clock: Callable[[], float],
    is_swapped: bool,
) -> tuple[float, float]:
    spent = {}
    runs: Sequence[tuple[str, Callable[[], Any]]] = [("before", before), ("after", after)]
    for name, run in runs[::-1] if is_swapped else runs:
        started = clock()
        run()
        spent[name] = clock() - started
    return spent["before"], spent["after"]
