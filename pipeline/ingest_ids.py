"""Ids for rows that have none, and the promise that no id is used twice."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Sequence
from hashlib import blake2b, sha256

import numpy as np
import numpy.typing as npt

_N_HEX = 10
_MOST_IN_MEMORY = 1 << 20

Digests = npt.NDArray[np.uint64]


class SeenIds:
    """A set of ids at 8 bytes each, most of them on the disk: its memory does not grow.

    Keeps 64-bit digests in sorted runs of doubling size; a run of a million goes into a temporary
    file. Two ids out of ten million share a digest with a chance of three in a million; the second
    would then be taken for a repetition.
    """

    def __init__(self) -> None:
        self._runs: list[Digests] = []
        self._stored: list[_StoredRun] = []

    def contains(self, digests: Digests) -> npt.NDArray[np.bool_]:
        """Tell which ids were added before.

        Args:
            digests: Of any ids, see `digests_of`.

        Returns:
            One answer an id.
        """
        # Sorted, the questions walk through a run from its beginning to its end.
        order = np.argsort(digests)
        asked = digests[order]
        found = np.zeros(len(digests), dtype=bool)
        for run in self._runs:
            found |= _is_in(run, asked)
        for stored in self._stored:
            found |= stored.contains(asked)
        answers = np.empty_like(found)
        answers[order] = found
        return answers

    def add(self, digests: Digests) -> None:
        """Remember ids.

        Args:
            digests: Of any ids, see `digests_of`.
        """
        run = np.sort(digests)
        if not len(run):
            return
        while self._runs and len(self._runs[-1]) <= 2 * len(run):
            run = np.sort(np.concatenate([self._runs.pop(), run]))
        if len(run) >= _MOST_IN_MEMORY:
            self._stored.append(_StoredRun(run))
        else:
            self._runs.append(run)


class _StoredRun:
    """A sorted run in a file that has no name and goes with the process."""

    def __init__(self, run: Digests) -> None:
        with tempfile.TemporaryFile(prefix="huiyin-ids-") as file:
            run.tofile(file)
            file.flush()
            self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self._run: Digests = np.frombuffer(self._map, dtype=np.uint64)

    def contains(self, digests: Digests) -> npt.NDArray[np.bool_]:
        found = _is_in(self._run, digests)
        if hasattr(mmap, "MADV_DONTNEED"):
            self._map.madvise(mmap.MADV_DONTNEED)  # the pages stay in the system's cache
        return found


def _is_in(run: Digests, digests: Digests) -> npt.NDArray[np.bool_]:
    places = np.minimum(np.searchsorted(run, digests), len(run) - 1)
    found: npt.NDArray[np.bool_] = run[places] == digests
    return found


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
            own if own is not None else made_id(content, day, 0)
            for own, content, day in zip(given, contents, days, strict=True)
        ]
        digests = digests_of(wanted)
        was_seen = self._seen.contains(digests)
        if not was_seen.any() and len(set(wanted)) == len(wanted):
            self._seen.add(digests)
            return list(wanted)
        return self._assign_repeats(wanted, was_seen.tolist(), given, contents, days)

    def _assign_repeats(
        self,
        wanted: Sequence[str],
        was_seen: Sequence[bool],
        given: Sequence[str | None],
        contents: Sequence[str],
        days: Sequence[str],
    ) -> list[str | None]:
        taken: set[str] = set()
        ids: list[str | None] = []
        for i, is_known in enumerate(was_seen):
            id_: str | None = wanted[i]
            if is_known or id_ in taken:
                is_own = given[i] is not None
                id_ = None if is_own else self._next_free(contents[i], days[i], taken)
            if id_ is not None:
                taken.add(id_)
            ids.append(id_)
        self._seen.add(digests_of(list(taken)))
        return ids

    def _next_free(self, content: str, day: str, taken: set[str]) -> str:
        """Find the next number of a repeated row, stepping over ids that another row hashed to."""
        first = made_id(content, day, 0)
        while True:
            self._n_repeats[first] = n = self._n_repeats.get(first, 0) + 1
            id_ = made_id(content, day, n)
            if id_ not in taken and not self._seen.contains(digests_of([id_]))[0]:
                return id_


def digests_of(ids: Sequence[str]) -> Digests:
    """Digest ids.

    Args:
        ids: Any ids.

    Returns:
        64 bits each.
    """
    joined = b"".join([blake2b(id_.encode(), digest_size=8).digest() for id_ in ids])
    return np.frombuffer(joined, dtype=np.uint64)


def made_id(content: str, day: str, n_before: int) -> str:
    """Make the id of a row that brings none.

    Args:
        content: What makes the row equal to another.
        day: yyyymmdd.
        n_before: How many equal rows came before.

    Returns:
        The id.
    """
    salted = f"{content}\x1d{n_before}" if n_before else content
    return f"CF{day}{sha256(salted.encode()).hexdigest()[:_N_HEX]}"
