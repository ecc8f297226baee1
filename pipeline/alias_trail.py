"""Who pointed an alias where, when and why, and which version it should go back to.

Every change is written to the registered model as a tag of its own, named by alias and moment and
never written again. A promotion made by hand in MLflow's own page leaves no record, but the way
back is still found.
"""

from __future__ import annotations

import json
import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Literal

_WHEN = "%Y-%m-%dT%H:%M:%S.%fZ"  # sorts as text; a tag's name may hold no "+"


@dataclass(frozen=True, slots=True)
class AliasChange:
    """One line of the audit trail.

    Attributes:
        action: What was done.
        alias: To which alias.
        version: Where it points now.
        previous: Where it pointed before; None if nowhere.
        who: By whom.
        when: When, UTC.
        reason: Why, in their words.
        forced: What the gate had refused it for; empty if it passed.
    """

    action: Literal["promote", "rollback"]
    alias: str
    version: int
    previous: int | None
    who: str
    when: datetime
    reason: str
    forced: tuple[str, ...] = ()

    def as_tag(self) -> tuple[str, str]:
        """Write the change down.

        Returns:
            Name and value of a tag.
        """
        when = self.when.astimezone(UTC).strftime(_WHEN)
        return f"{self.alias}.{when}", json.dumps(asdict(self) | {"when": when}, ensure_ascii=False)


def read_changes(tags: Mapping[str, str], alias: str) -> list[AliasChange]:
    """Read what was written down.

    Args:
        tags: All tags of the registered model.
        alias: The alias.

    Returns:
        Its changes, oldest first.
    """
    name = re.compile(re.escape(alias) + r"\.\d{4}-[\d:T.-]+Z")
    documents = [json.loads(tags[key]) for key in sorted(tags) if name.fullmatch(key)]
    return [
        AliasChange(
            **document
            | {
                "when": datetime.fromisoformat(document["when"]),
                "forced": tuple(document.get("forced", ())),
            }
        )
        for document in documents
    ]


def find_earlier(
    changes: Sequence[AliasChange], current: int | None, known: Container[int]
) -> int | None:
    """Find the version to go back to.

    Args:
        changes: All changes of the alias, oldest first.
        current: Where it points now.
        known: The versions that still exist; others are passed over.

    Returns:
        The version it was promoted away from, or the last recorded one if somebody pointed it
        elsewhere by hand; None if there is none.
    """
    trail = _replay(changes)
    if current in trail:
        del trail[len(trail) - 1 - trail[::-1].index(current) :]
    return next((v for v in reversed(trail) if v != current and v in known), None)


def _replay(changes: Sequence[AliasChange]) -> list[int]:
    """Follow the changes: the versions in power one after the other, the present one last."""
    trail: list[int] = []
    for change in changes:
        if change.action == "rollback":
            while trail and trail[-1] != change.version:
                trail.pop()
        else:
            trail += [v for v in (change.previous, change.version) if v is not None]
    return trail
