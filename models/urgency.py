"""How soon a row must be answered: a learnt judgement, facts beneath it, context beside it.

The facts (injury, fire, money gone, a regulator named …) are a floor: where one is stated, and not
denied or only feared, the row is high whatever the model thinks of the tone. Context (third
contact, VIP, one star) can only raise the score. So the score is monotone in each fact.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from models.errors import DataError
from models.yaml_file import first_problem, read_yaml

LEVELS = ("low", "medium", "high")
SEVERITIES = ("一般", "中度", "重大")
FLOOR_SCORE = 80.0
REPEAT_CONTACTS = 3
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


@dataclass(frozen=True, slots=True)
class Context:
    """What is known of a row besides its words; None = not known."""

    contact_count: int | None = None
    customer_tier: str | None = None
    csat: float | None = None


@dataclass(frozen=True, slots=True)
class Urgency:
    """The judgement on one row.

    Attributes:
        level: low, medium or high.
        score: 0 to 100.
        reasons: Readable Chinese phrases, the strongest first.
        severity: 一般, 中度 or 重大.
    """

    level: str
    score: float
    reasons: tuple[str, ...]
    severity: str


class FactFinder:
    """Finds stated facts; denied, feared and hypothetical ones do not count.

    Args:
        lexicon: The facts and the words that undo them.
    """

    def __init__(self, lexicon: UrgencyLexicon) -> None:
        self.lexicon = lexicon
        undone = "|".join(map(re.escape, lexicon.denials + lexicon.hypotheticals)) or "(?!)"
        self._undone = re.compile(f"(?:{undone})[^{_CLAUSE_END}]{{0,{_GAP}}}$")
        self._any = re.compile("|".join(_either(fact.patterns) for fact in lexicon.facts))
        self._patterns = [re.compile(_either(fact.patterns)) for fact in lexicon.facts]
        self._unless = [
            re.compile(_either(fact.unless)) if fact.unless else None for fact in lexicon.facts
        ]

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
        if not self._any.search(text):
            return []
        found = []
        for i, fact in enumerate(self.lexicon.facts):
            match = self._first(i, text)
            if match:
                span = match.span()
                found.append(FactMatch(fact.name, fact.reason, fact.severity, *span))
        return found

    def _first(self, i: int, text: str) -> re.Match[str] | None:
        for match in self._patterns[i].finditer(text):
            if self._undone.search(text, 0, match.start()):
                continue
            unless = self._unless[i]
            if unless and any(_overlap(match, other) for other in unless.finditer(text)):
                continue
            return match
        return None


def judge(
    probabilities: Sequence[float],
    thresholds: tuple[float, float],
    facts: Sequence[FactMatch],
    context: Context,
    text: str,
    key_clause: str,
) -> Urgency:
    """Put the learnt probabilities, the facts and the context together.

    Args:
        probabilities: Calibrated chances of low, medium, high; sum 1.
        thresholds: Least chance of "medium or more" and of "high" for these levels, in (0, 1).
        facts: Stated facts; each is a floor.
        context: What is known besides the words.
        text: The text that the facts' offsets point into.
        key_clause: The clause that weighs most, quoted when no fact explains the level.

    Returns:
        Level, score, reasons and severity.
    """
    score = 100 * probabilities[2]
    reasons = [f"提到“{text[f.start : f.end]}”：{f.reason}" for f in facts]
    score, reasons = _add_context(score, reasons, context)
    is_forced = bool(facts) or _is_repeat(context)
    if is_forced:
        score = max(score, FLOOR_SCORE + min(len(facts), 4) * 4)
    is_high = is_forced or score >= 100 * thresholds[1]
    is_medium = is_high or 1 - probabilities[0] >= thresholds[0]
    level = LEVELS[is_high + is_medium]
    if not reasons:
        reasons = [_explain(level, key_clause)]
    return Urgency(level, round(min(score, 100.0), 1), tuple(reasons), _severity(level, facts))


def _add_context(score: float, reasons: list[str], context: Context) -> tuple[float, list[str]]:
    contacts = context.contact_count or 0
    if contacts >= 2:
        score += 10
        reasons = [*reasons, f"第 {contacts} 次联系同一问题"]
    if context.customer_tier == "vip":
        score += 5
        reasons = [*reasons, "VIP 客户"]
    if context.csat is not None and context.csat <= 1:
        score += 3
        reasons = [*reasons, "满意度 1 分"]
    return score, reasons


def _is_repeat(context: Context) -> bool:
    return (context.contact_count or 0) >= REPEAT_CONTACTS


def _explain(level: str, key_clause: str) -> str:
    quoted = f"“{key_clause}”" if key_clause else "全文"
    if level == "high":
        return f"{quoted}：与紧急反馈相近"
    if level == "medium":
        return f"{quoted}：具体问题，需要处理"
    return "未见需要尽快处理的事实"


def _severity(level: str, facts: Sequence[FactMatch]) -> str:
    if any(fact.severity == SEVERITIES[2] for fact in facts):
        return SEVERITIES[2]
    return SEVERITIES[0] if level == "low" else SEVERITIES[1]


def _either(patterns: Sequence[str]) -> str:
    return "|".join(f"(?:{pattern})" for pattern in patterns)


def _overlap(match: re.Match[str], other: re.Match[str]) -> bool:
    return other.start() <= match.end() and match.start() <= other.end()
