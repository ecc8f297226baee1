"""What is known of the models: who scored what, whether the input drifts, what waits for review."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from pipeline.store.aggregates import shares, weeks
from pipeline.store.tables import feedback

if TYPE_CHECKING:
    from pipeline.store.engine import Store

DIMENSIONS = ("type", "channel", "product", "region", "customer_tier")
_N_BEFORE = 4
_N_SHOWN = 8
_LEAST = 0.0005
_TIMEOUT_S = 60
_LIST = "from pipeline.cli import run; run()"


@dataclass(frozen=True, slots=True)
class Drift:
    """How the feedback of a week differs from the weeks before.

    Attributes:
        dimension: Such as channel.
        psi: Population stability index; above 0.2 much has changed.
        moves: Value, share before and share now, the largest change first.
    """

    dimension: str
    psi: float
    moves: list[tuple[str, float, float]]


@dataclass(frozen=True, slots=True)
class ModelFigures:
    """What the store says of its models."""

    versions: list[tuple[str, int]]
    drifts: list[Drift]
    queue: dict[str, int]


def read_models(store: Store) -> ModelFigures | None:
    """Read what the store says of its models.

    Args:
        store: The store.

    Returns:
        The figures; None for an empty store.
    """
    known = weeks(store)
    if not known:
        return None
    n = func.count()
    by_version = (
        select(feedback.c.model_version, n)
        .where(feedback.c.week == known[-1])
        .group_by(feedback.c.model_version)
        .order_by(n.desc())
    )
    by_review = (
        select(feedback.c.review, n)
        .where(feedback.c.review.is_not(None))
        .group_by(feedback.c.review)
    )
    with store.read() as connection:
        versions = [(name, int(count)) for name, count in connection.execute(by_version)]
        queue = {name: int(count) for name, count in connection.execute(by_review)}
    return ModelFigures(versions, _drifts(store, known[-1 - _N_BEFORE :]), queue)


def _drifts(store: Store, known: tuple[str, ...]) -> list[Drift]:
    if len(known) < 2:
        return []
    found = []
    for dimension in DIMENSIONS:
        before: dict[str, int] = {}
        now: dict[str, int] = {}
        for line in shares(store, dimension, first_week=known[0], last_week=known[-1]):
            counts = now if line.week == known[-1] else before
            counts[line.value] = counts.get(line.value, 0) + line.n
        if len(before.keys() | now.keys()) > 1 and before and now:
            found.append(_drift(dimension, before, now))
    return sorted(found, key=lambda drift: -drift.psi)


def _drift(dimension: str, before: dict[str, int], now: dict[str, int]) -> Drift:
    all_before, all_now = sum(before.values()), sum(now.values())
    psi, moves = 0.0, []
    for value in sorted(before.keys() | now.keys()):
        p, q = before.get(value, 0) / all_before, now.get(value, 0) / all_now
        moves.append((value, p, q))
        p, q = max(p, _LEAST), max(q, _LEAST)
        psi += (q - p) * math.log(q / p)
    moves.sort(key=lambda move: -abs(move[2] - move[1]))
    return Drift(dimension, psi, moves[:_N_SHOWN])


def list_registered() -> list[dict[str, Any]]:
    """List the registered models, by the command in a process of its own.

    MLflow takes three seconds and 300 MB to load, which the server should not carry.

    Returns:
        Records of `huiyin models list --json`; none where nothing is registered.
    """
    command = [sys.executable, "-c", _LIST, "models", "list", "--json"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_TIMEOUT_S, check=True)  # noqa: S603
        found: list[dict[str, Any]] = json.loads(done.stdout)
    except (subprocess.SubprocessError, OSError, ValueError):
        return []
    return found
