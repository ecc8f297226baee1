"""Ids for rows that have none, and the promise that no id is used twice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

_N_HEX = 10


class SeenIds:
    """A set of ids at 8 bytes each: ten million rows take 80 MB, not a gigabyte.

    Keeps 64-bit digests in sorted runs of doubling size. Two ids out of ten million share a digest
    with a chance of three in a million; the second would then be taken for a repetition.
    """

    def __init__(self) -> None:
        self._runs: list[npt.NDArray[np.uint64]] = []

    def contains(self, ids: Sequence[str]) -> list[bool]:
        """Tell which ids were added before.

        Args:
            ids: Any ids.

        Returns:
            One answer an id.
        """
        digests = _digests(ids)
        found = np.zeros(len(digests), dtype=bool)
        for run in self._runs:
            places = np.minimum(np.searchsorted(run, digests), len(run) - 1)
            found |= run[places] == digests
        answers: list[bool] = found.tolist()
        return answers

    def add(self, ids: Iterable[str]) -> None:
        """Remember ids.

        Args:
            ids: Any ids.
        """
        run = np.sort(_digests(list(ids)))
        if not len(run):
            return
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]))
        self._runs.append(run)


class IdMaker:
    """Gives each row its id, in file order, whatever the size of a batch."""

    def __init__(self) -> None:
        self._seen = SeenIds()
        self._n_repeats: dict[str, int] = {}

    def assign(
        self, given: Sequence[str | None], contents: Sequence[str], days: Sequence[str]
    ) -> list[str | None]:
        """Give an id to each row of the next batch.

        Args:
            given: The rows' own ids; None where a row has none.
            contents: What makes a row equal to another.
            days: yyyymmdd of each row.

        Returns:
            The ids; None where a row's own id was used before.
        """
        wanted = [
            own if own is not None else _make_id(content, day, 0)
            for own, content, day in zip(given, contents, days, strict=True)
        ]
        taken: set[str] = set()
        ids: list[str | None] = []
        for i, was_seen in enumerate(self._seen.contains(wanted)):
            id_: str | None = wanted[i]
            if was_seen or id_ in taken:
                is_own = given[i] is not None
                id_ = None if is_own else self._next_free(contents[i], days[i], taken)
            if id_ is not None:
                taken.add(id_)
            ids.append(id_)
        self._seen.add(taken)
        return ids

    def _next_free(self, content: str, day: str, taken: set[str]) -> str:
        """Find the next number of a repeated row, stepping over ids that another row hashed to."""
        first = _make_id(content, day, 0)
        while True:
            self._n_repeats[first] = n = self._n_repeats.get(first, 0) + 1
            id_ = _make_id(content, day, n)
            if id_ not in taken and not self._seen.contains([id_])[0]:
                return id_


def _make_id(content: str, day: str, n_before: int) -> str:
    salted = f"{content}\x1d{n_before}" if n_before else content
    return f"CF{day}{hashlib.sha256(salted.encode()).hexdigest()[:_N_HEX]}"


def _digests(ids: Sequence[str]) -> npt.NDArray[np.uint64]:
    joined = b"".join(hashlib.blake2b(id_.encode(), digest_size=8).digest() for id_ in ids)
    return np.frombuffer(joined, dtype=np.uint64)
