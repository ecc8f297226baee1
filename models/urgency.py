"""How soon a row must be answered: a learnt judgement, facts beneath it, context beside it.

The facts (injury, fire, money gone, a regulator named …) are a floor: where one is stated, and not
denied or only feared, the row is high whatever the model thinks of the tone. Context (third
contact, VIP, one star) can only raise the score. So the score is monotone in each fact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.facts import FactMatch

LEVELS = ("low", "medium", "high")
SEVERITIES = ("一般", "中度", "重大")
FLOOR_SCORE = 80.0
REPEAT_CONTACTS = 3


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
