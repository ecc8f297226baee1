"""A comparison as text for a terminal and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from pipeline.compare import HIGH_RECALL, TYPE_ECE, Comparison, SetComparison
from pipeline.compare_bootstrap import Difference
from pipeline.compare_changes import Change, count_changes, pick_examples
from pipeline.compare_models import Match
from pipeline.gate import SET_TITLES, Verdict
from pipeline.metrics import LABELS

_HEADLINES = (*(f"{label}_macro_f1" for label in LABELS), HIGH_RECALL, TYPE_ECE)
_N_EXAMPLES, _N_CLASSES = 2, 8
_MAX_CHARS = 40
DECISION = "结论"
_OUTCOMES = {"broken": "改错", "moved": "错成另一种", "fixed": "改对"}


def as_document(match: Match, n_examples: int = 5) -> dict[str, Any]:
    """Put a comparison into plain values.

    Args:
        match: The comparison with its verdict.
        n_examples: Changed answers shown of each kind.

    Returns:
        Ready for JSON.
    """
    comparison, verdict = match.comparison, match.verdict
    return {
        "passed": verdict.is_passed,
        "findings": [asdict(f) for f in verdict.findings],
        "before": asdict(comparison.before),
        "after": asdict(comparison.after),
        "speed": asdict(comparison.speed),
        "sets": {part.name: _set_document(part, n_examples) for part in comparison.sets},
        "notes": list(comparison.notes),
    }


def as_text(match: Match) -> str:
    """Lay a comparison out for a terminal.

    Args:
        match: The comparison with its verdict.

    Returns:
        Several lines.
    """
    comparison = match.comparison
    lines = [
        f"原来 {comparison.before.ref} {comparison.before.model_version}",
        f"候选 {comparison.after.ref} {comparison.after.model_version}",
        *comparison.notes,
    ]
    for part in comparison.sets:
        lines += ["", *_set_lines(part)]
    return "\n".join([*lines, "", *_cost_lines(comparison), "", *verdict_lines(match.verdict)])


def verdict_lines(verdict: Verdict) -> list[str]:
    """Say what the gate decided.

    Args:
        verdict: The verdict.

    Returns:
        Lines: the decision, then every finding.
    """
    said = "可以上线" if verdict.is_passed else f"不可上线,{len(verdict.refusals)} 条理由:"
    marks = {"refuse": "✗", "warn": "!"}
    return [f"{DECISION} {said}", *(f"  {marks[f.level]} {f.message}" for f in verdict.findings)]


def _set_document(part: SetComparison, n_examples: int) -> dict[str, Any]:
    return {
        "rows": part.rows,
        "left_out": part.left_out,
        "differences": [asdict(d) | {"change": d.change} for d in part.differences],
        "changes": count_changes(part.changes),
        "examples": [asdict(c) for c in pick_examples(part.changes, n_examples)],
    }


def _set_lines(part: SetComparison) -> Iterator[str]:
    yield f"{SET_TITLES.get(part.name, part.name)} {part.rows} 条"
    yield f"  {'':28}  原来   候选    差      95% 区间"
    for name in _HEADLINES:
        if (found := part.find(name)) is not None:
            yield _line(found)
    by_class = [d for d in part.differences if d.figure.endswith(".f1")]
    falling = sorted((d for d in by_class if d.change < 0), key=lambda d: d.change)
    if falling:
        yield "  下降最多的类别"
        yield from map(_line, falling[:_N_CLASSES])
    counts = count_changes(part.changes)
    yield "  变了的答案 " + " · ".join(
        f"{label} " + " ".join(f"{_OUTCOMES[o]} {n}" for o, n in counts[label].items())
        for label in LABELS
    )
    yield from map(_example, pick_examples(part.changes, _N_EXAMPLES))


def _line(d: Difference) -> str:
    interval = f"{d.low:+.3f} … {d.high:+.3f}"
    values = f"{d.before:.3f}  {d.after:.3f}  {d.change:+.3f}"
    return f"  {d.figure:28}  {values}  {interval}  ({d.rows} 条)"


def _example(change: Change) -> str:
    text = change.text[:_MAX_CHARS] + ("…" if len(change.text) > _MAX_CHARS else "")
    told = f"{change.before} → {change.after},应为 {change.truth}"
    return f"  {_OUTCOMES[change.outcome]} {change.label} {told}:{text}"


def _cost_lines(comparison: Comparison) -> list[str]:
    speed, before, after = comparison.speed, comparison.before, comparison.after
    return [
        f"速度 每条 {speed.before_us:.0f} → {speed.after_us:.0f} 微秒 CPU 时间"
        f"(每秒条数为原来的 {speed.ratio:.0%})",
        f"大小 {before.size_bytes / 1e6:.1f} → {after.size_bytes / 1e6:.1f} MB",
    ]
