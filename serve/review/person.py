"""Who sits before the page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Role = Literal["viewer", "editor"]
Door = Literal["key", "proxy", "local"]

_SCOPE = "huiyin.person"
MAX_NAME_CHARS = 60


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signed in.

    Attributes:
        name: What every edit is signed with.
        role: A viewer changes nothing.
        door: How they came in: with an API key, through a proxy, or on this machine.
        key_id: Public part of the key; empty for the other doors.
    """

    name: str
    role: Role
    door: Door
    key_id: str = ""

    @property
    def may_edit(self) -> bool:
        """True for editors."""
        return self.role == "editor"


def clean_name(name: str) -> str:
    """Make a typed name fit for a ledger: one line, no invisible characters.

    Args:
        name: As typed.

    Returns:
        The name, perhaps empty.
    """
    return " ".join("".join(c if c.isprintable() else " " for c in name).split())[:MAX_NAME_CHARS]


def seat(scope: Any, person: Person) -> None:
    """Note in a request who makes it.

    Args:
        scope: ASGI scope.
        person: Who.
    """
    scope[_SCOPE] = person


def person_of(scope: Any) -> Person:
    """Tell who makes a request.

    Args:
        scope: ASGI scope that passed the gate.

    Returns:
        Who.
    """
    person: Person = scope[_SCOPE]
    return person
