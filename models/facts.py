"""Urgent facts that a text states: found where they are stated, and only there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import DataError
from models.prefilter import Prefilter
from models.yaml_file import first_problem, read_yaml

_GAP = 3
_CLAUSE_END = ",，。.!！?？;； …~～"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Fact(_Strict):
    """One kind of urgent fact and how people word it."""

    name: str
    reason: str
    severity: Annotated[str, Field(pattern="^(中度|重大)$")]
    patterns: Annotated[tuple[str, ...], Field(min_length=1)]
    unless: tuple[str, ...] = ()


class UrgencyLexicon(_Strict):
    """The facts file; see `data/lexicon/urgency.yaml`."""

    version: int
    denials: tuple[str, ...]
    hypotheticals: tuple[str, ...]
    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class FactMatch:
    """A fact that a text states, and where."""

    name: str
    reason: str
    severity: str
    start: int
    end: int


class FactFinder:
    """Finds stated facts; denied, feared and hypothetical ones do not count.

    Args:
        lexicon: The facts and the words that undo them.
    """

    def __init__(self, lexicon: UrgencyLexicon) -> None:
        self.lexicon = lexicon
        undoing = lexicon.denials + lexicon.hypotheticals
        undone = "|".join(map(re.escape, undoing)) or "(?!)"
        self._undone = re.compile(f"(?:{undone})[^{_CLAUSE_END}]{{0,{_GAP}}}$")
        self._reach = max(map(len, undoing), default=0) + _GAP
        self._patterns = [re.compile(_either(fact.patterns)) for fact in lexicon.facts]
        self._unless = [
            re.compile(_either(fact.unless)) if fact.unless else None for fact in lexicon.facts
        ]
        self._singles = [pattern for fact in lexicon.facts for pattern in fact.patterns]
        self._owners = [i for i, fact in enumerate(lexicon.facts) for _ in fact.patterns]
        self._prefilter = Prefilter(self._singles)

    @classmethod
    def load(cls, path: str | Path) -> FactFinder:
        """Read a facts file.

        Args:
            path: YAML such as `data/lexicon/urgency.yaml`.

        Returns:
            A finder.

        Raises:
            DataError: If the file breaks the schema or a pattern does not compile; names it.
        """
        try:
            return cls(UrgencyLexicon.model_validate(read_yaml(path)))
        except ValidationError as error:
            raise DataError(f"{path}: {first_problem(error)}") from error
        except re.error as error:
            raise DataError(f"{path}: the pattern {error.pattern!r} is wrong: {error}") from error

    def find(self, text: str) -> list[FactMatch]:
        """List the facts that a text states, each kind once.

        Args:
            text: Normalised text.

        Returns:
            Matches in the order of the facts file; empty for most texts.
        """
        return self.find_all([text])[0]

    def find_all(self, texts: Sequence[str]) -> list[list[FactMatch]]:
        """Do what `find` does for many texts in one pass.

        Args:
            texts: Normalised texts.

        Returns:
            The matches of each text.
        """
        possible = self._prefilter.candidates(texts)
        return [
            self._among(ids, text) if ids else [] for ids, text in zip(possible, texts, strict=True)
        ]

    def _among(self, ids: set[int], text: str) -> list[FactMatch]:
        singles = self._singles
        owners = {self._owners[i] for i in ids if _compiled(singles[i]).search(text)}
        found = []
        for owner in sorted(owners):
            match = self._first(owner, text)
            if match:
                fact = self.lexicon.facts[owner]
                found.append(FactMatch(fact.name, fact.reason, fact.severity, *match.span()))
        return found

    def _first(self, i: int, text: str) -> re.Match[str] | None:
        for match in self._patterns[i].finditer(text):
            start = match.start()
            if self._undone.search(text, max(0, start - self._reach), start):
                continue
            unless = self._unless[i]
            if unless and any(_overlap(match, other) for other in unless.finditer(text)):
                continue
            return match
        return None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Compile when first needed: most patterns never are, and all take a third of a second."""
    return re.compile(pattern)


def _either(patterns: Sequence[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def _overlap(match: re.Match[str], other: re.Match[str]) -> bool:
    return other.start() <= match.end() and match.start() <= other.end()
