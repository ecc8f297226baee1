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

        Returns:
            For each group its clauses; seeds keep their names, other groups are called by their
            first clause. Seeds that a pair puts together are one group, under the first name.

        Raises:
            ValueError: If a pair must be both together and apart, or a seed has no clause.
        """
        empty = [name for name, clauses in self.seeds.items() if not clauses]
        if empty:
            raise ValueError(f"theme {empty[0]!r} has no confirmed mention: give at least one")
        group = {c: name for name in self.seeds for c in self.seeds[name]}
        for a, b in self.together:
            old, new = group.setdefault(b, b), group.setdefault(a, a)
            group = {c: new if g == old else g for c, g in group.items()}
        for a, b in self.apart:
            if group.setdefault(a, a) == group.setdefault(b, b):
                raise ValueError(f"{a!r} and {b!r} cannot be both together and apart")
        found: dict[str, list[str]] = {}
        for clause, name in group.items():
            found.setdefault(name, []).append(clause)
        return {name: tuple(sorted(clauses)) for name, clauses in sorted(found.items())}
