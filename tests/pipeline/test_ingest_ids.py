"""A set of ids that may be larger than the memory."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline import ingest_ids
from pipeline.ingest_ids import SeenIds, digests_of


def test_ids_on_the_disk_are_still_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever order they come and are asked for."""
    monkeypatch.setattr(ingest_ids, "_MOST_IN_MEMORY", 50)
    ids = [f"F{i}" for i in range(1000)]
    order = np.random.default_rng(5).permutation(1000)
    seen = SeenIds()
    for start in range(0, 500, 7):
        seen.add(digests_of([ids[i] for i in order[start : min(start + 7, 500)]]))
    known = seen.contains(digests_of(ids))
    assert set(np.flatnonzero(known)) == set(order[:500])


def test_nothing_is_known_at_first() -> None:
    """And nothing asked gives nothing."""
    assert SeenIds().contains(digests_of(["a"])).tolist() == [False]
    assert SeenIds().contains(digests_of([])).tolist() == []
