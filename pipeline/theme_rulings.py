"""What several verdicts of people on one mention come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

CONFIRM, REJECT, ASSIGN = "confirm", "reject", "assign"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What people's verdicts on one mention come to.

    Attributes:
        theme_id: Where it belongs; None when nobody said.
        rejected: Themes where it does not belong.
    """

    theme_id: str | None
    rejected: frozenset[str]

    def settle(self, auto: str | None, roots: Mapping[str, str]) -> tuple[str | None, bool]:
        """Say which theme counts.

        Args:
            auto: The machine's.
            roots: Theme to the theme that stands for it.

        Returns:
            The theme, and whether a person made the difference.
        """
        if self.theme_id is not None:
            return self.theme_id, True
        if auto is not None and roots[auto] in {roots[id_] for id_ in self.rejected}:
            return None, True
        return auto, False


def rule(verdicts: Iterable[tuple[str, str]], roots: Mapping[str, str]) -> Ruling:
    """Put verdicts together; a later one counts for more.

    Args:
        verdicts: Pairs of kind and theme, the oldest first.
        roots: Theme to the theme that stands for it.

    Returns:
        What they come to.
    """
    chosen: str | None = None
    rejected: set[str] = set()
    for kind, theme_id in verdicts:
        if kind == REJECT:
            rejected.add(theme_id)
            is_same = chosen is not None and roots[chosen] == roots[theme_id]
            chosen = None if is_same else chosen
        else:
            rejected = {id_ for id_ in rejected if roots[id_] != roots[theme_id]}
            chosen = theme_id
    return Ruling(chosen, frozenset(rejected))
