"""Cut a text into clauses, the smallest pieces that state one thing each."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CLAUSE = re.compile(r"[^\s,，.。!！?？;；、~～…:：()（）|/]+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause and where it stands.

    Attributes:
        text: The clause's characters.
        start: Index of its first character in the text it was cut from.
        end: Index past its last character.
    """

    text: str
    start: int
    end: int


def split_clauses(text: str) -> list[Clause]:
    """Cut a text at punctuation and white space.

    Args:
        text: Normalised text.

    Returns:
        Clauses in order; none when the text holds only punctuation.
    """
    return [Clause(m.group(), m.start(), m.end()) for m in _CLAUSE.finditer(text)]
