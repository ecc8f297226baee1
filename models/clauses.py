"""Cut a text into clauses, the smallest pieces that state one thing each."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.codepoints import first_positions

_CLAUSE = re.compile(r"([^\s,，.。!！?？;；、~～…:：()（）|/]+(?:\.\d+)?)([?？!！]?)")
MARKS = "?!"


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause and where it stands.

    Attributes:
        text: The clause's characters.
        start: Index of its first character in the text it was cut from.
        end: Index past its last character.
        mark: The question or exclamation mark right behind it, half-width, or nothing.
    """

    text: str
    start: int
    end: int
    mark: str = ""

    @property
    def spoken(self) -> str:
        """The text with its mark: a question reads unlike a statement of the same words."""
        return self.text + self.mark


def split_clauses(text: str) -> list[Clause]:
    """Cut a text at punctuation and white space.

    Args:
        text: Normalised text.

    Returns:
        Clauses in order; none when the text holds only punctuation.
    """
    return [Clause(m[1], m.start(), m.end(1), _narrow(m[2])) for m in _CLAUSE.finditer(text)]


def clause_spans(texts: Sequence[str]) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Do what `split_clauses` does for many texts in one pass.

    Args:
        texts: Normalised texts.

    Returns:
        The clauses of all texts as `Clause.spoken` gives them; where each stands in its own text
        without its mark (start, end), shape (n_clauses, 2); first clause of each text, then the
        number of clauses, shape (n_texts + 1,).
    """
    # No clause spans the line break, so cutting together and cutting one by one are the same.
    joined = _narrow("\n".join(texts))
    found = [match.span() for match in _CLAUSE.finditer(joined)]
    clauses = [joined[a:b] for a, b in found]
    spans = np.array(found, dtype=np.int64).reshape(-1, 2)
    spans[:, 1] -= np.array([clause[-1] in MARKS for clause in clauses], dtype=np.int64)
    begins = first_positions(texts)
    starts = np.append(np.searchsorted(spans[:, 0], begins), len(found))
    owners = np.repeat(np.arange(len(texts)), np.diff(starts))
    return clauses, spans - begins[owners, None], starts


def _narrow(text: str) -> str:
    return text.replace("？", "?").replace("！", "!")
