"""What people did is training data: confirmed members, mentions put together or kept apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Guidance:
    """What people decided about mentions, in words.

    Attributes:
        seeds: For each theme, by any name, mentions that belong to it: confirmed clauses, or the
            failing as a person describes it (验证码收不到).
        together: Pairs of clauses that name one failing.
        apart: Pairs that name two.
    """

    seeds: Mapping[str, Sequence[str]] = field(default_factory=dict)
    together: Sequence[tuple[str, str]] = ()
    apart: Sequence[tuple[str, str]] = ()

    def groups(self) -> dict[str, tuple[str, ...]]:
        """Gather clauses into groups that are one theme each.

        A clause may be a whole row that names several failings: it stays in every group that it was
        put in. Of a pair kept apart, a clause of several groups leaves those that both share.

        Returns:
            For each group its clauses; seeds keep their names, other groups are called by their
            first clause. Seeds that a pair puts together are one group, under the first name.

        Raises:
            ValueError: If a pair must be both together and apart, or a seed has no clause.
        """
        empty = [name for name, clauses in self.seeds.items() if not clauses]
        if empty:
            raise ValueError(f"theme {empty[0]!r} has no confirmed mention: give at least one")
        names: dict[str, list[str]] = {}
        for name, clauses in self.seeds.items():
            for clause in dict.fromkeys(clauses):
                names.setdefault(clause, []).append(name)
        for a, b in self.together:
            old, new = names.setdefault(b, [b])[-1], names.setdefault(a, [a])[-1]
            names = {c: _renamed(of, old, new) for c, of in names.items()}
        self._part(names)
        found: dict[str, list[str]] = {}
        for clause, of in names.items():
            for name in of:
                found.setdefault(name, []).append(clause)
        return {name: tuple(sorted(clauses)) for name, clauses in sorted(found.items())}

    def _part(self, names: dict[str, list[str]]) -> None:
        """Keep pairs apart; groups of clauses are changed in place."""
        for i, (a, b) in enumerate(self.apart, 1):
            if set(names.setdefault(a, [a])) == set(names.setdefault(b, [b])):
                # The clauses are a customer's words, which no message may repeat.
                raise ValueError(f"apart, pair {i}: its clauses cannot be both together and apart")
        for a, b in self.apart:
            shared = set(names[a]) & set(names[b])
            wider = a if set(names[a]) - shared else b
            names[wider] = [name for name in names[wider] if name not in shared] or names[wider]


def _renamed(names: list[str], old: str, new: str) -> list[str]:
    return list(dict.fromkeys(new if name == old else name for name in names))
