"""The gate: may this challenger replace the champion? Every refusal names its figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from pipeline.compare import HIGH_RECALL, TYPE_ECE, Comparison, SetComparison
from pipeline.compare_bootstrap import Difference
from pipeline.gate_words import contradicted, fell, proof
from pipeline.params import StageParams

Share = Annotated[float, Field(ge=0, le=1)]
Loss = Annotated[float, Field(ge=0, le=5)]
MEASURES = {"f1": " F1 ", "log_chance": "把握(正确答案的平均对数概率)"}
SET_TITLES = {"test": "冻结的测试集", "corrections": "最新的更正"}
NEW_LABELS = "new_labels"


class BeliefTolerances(StageParams):
    """How much mean log-chance of the true class any class of a label may lose.

    It falls by a tenth when a tenth of a class's labels are flipped, while F1 hardly moves; between
    good retrainings it moves by less than half of that. A subtype has few rows and moves more.
    """

    intent: Loss = 0.05
    type: Loss = 0.05
    subtype: Loss = 0.15
    urgency: Loss = 0.1


class GateParams(StageParams):
    """What a challenger may lose.

    A class counts as fallen only if both hold: it fell by more than the tolerance, and the paired
    bootstrap is certain that it fell at all. Some eighty figures a set are judged, so the certainty
    is that none of them is called fallen by chance (Bonferroni).

    Attributes:
        class_tolerance: F1 that any class may lose.
        class_tolerances: The same for single classes, by names such as `type.product`.
        belief_tolerances: The same for the chance that the model gives to the truth.
        certainty: That no class of a set is called fallen that only fell by chance.
        ece_tolerance: By how much the calibration error of the type may rise.
        high_recall_tolerance: Recall of high urgency that may be lost.
        high_recall_certainty: Less certainty is asked for, since a missed urgent row costs most.
        speed_loss: Share of the rows a second that may be lost.
        size_growth: Growth of the folder above which the gate warns.
        min_class_rows: A class with fewer rows is not judged: a small bootstrap is too sure.
        min_rows: A set with fewer rows is shown, not judged.
        max_issue_rate: Share of training rows with unsettled label issues above which it warns.
        max_issue_rise: The same for the rise over the champion's.
        label_false_alarms: In so many comparisons of well labelled rows may any class be called
            wrongly labelled.
        label_tolerance: Wrong labels among the new and changed rows that a class may have, as a
            share of its rows; fewer only warn. The check sees about half of them.
        n_draws: Draws of the bootstrap.
        seed: Of the draws.
    """

    class_tolerance: Share = 0.03
    class_tolerances: dict[str, Share] = Field(default_factory=dict)
    belief_tolerances: BeliefTolerances = BeliefTolerances()
    certainty: Annotated[float, Field(ge=0.5, lt=1)] = 0.99
    ece_tolerance: Share = 0.02
    high_recall_tolerance: Share = 0.03
    high_recall_certainty: Annotated[float, Field(ge=0.5, lt=1)] = 0.9
    speed_loss: Annotated[float, Field(gt=0, lt=1)] = 0.333
    size_growth: Annotated[float, Field(ge=0)] = 0.5
    min_class_rows: Annotated[int, Field(ge=2)] = 30
    min_rows: Annotated[int, Field(ge=2)] = 50
    max_issue_rate: Share = 0.08
    max_issue_rise: Share = 0.005
    label_false_alarms: Annotated[float, Field(gt=0, le=0.2)] = 0.01
    label_tolerance: Share = 0.01
    n_draws: Annotated[int, Field(ge=100, le=20_000)] = 2000
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the gate has to say.

    Attributes:
        level: refuse or warn.
        check: Which check.
        subject: What fell, such as `type.product`.
        message: For people, with the figures.
    """

    level: Literal["refuse", "warn"]
    check: str
    subject: str
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the gate says of a comparison.

    Attributes:
        findings: Refusals first.
    """

    findings: tuple[Finding, ...]

    @property
    def is_passed(self) -> bool:
        """True if nothing speaks against the challenger."""
        return not self.refusals

    @property
    def refusals(self) -> tuple[Finding, ...]:
        """What speaks against it."""
        return tuple(f for f in self.findings if f.level == "refuse")


def judge(comparison: Comparison, params: GateParams) -> Verdict:
    """Judge a challenger.

    Args:
        comparison: Champion and challenger side by side.
        params: What may be lost.

    Returns:
        The verdict.
    """
    findings = [f for part in comparison.sets for f in _judge_set(part, params)]
    findings += [*_judge_cost(comparison, params), *_judge_labels(comparison, params)]
    findings += _judge_new_labels(comparison, params)
    return Verdict(tuple(sorted(findings, key=lambda f: f.level)))


def _judge_set(part: SetComparison, params: GateParams) -> Iterator[Finding]:
    title = SET_TITLES.get(part.name, part.name)
    if part.left_out:
        yield _warn(
            "leak",
            part.name,
            f"{title}:{part.left_out} 条因为其中一个模型训练时见过,没有拿来比较",
        )
    if part.rows < params.min_rows:
        yield _warn(
            "rows",
            part.name,
            f"{title}只有 {part.rows} 条,少于 {params.min_rows} 条,只列出、不裁决",
        )
        return
    judged = [d for d in part.differences if _is_judged(d, params)]
    for difference in judged:
        yield from _judge_class(title, difference, params, len(judged))
    yield from _judge_high_recall(title, part, params)
    yield from _judge_calibration(title, part, params)


def _is_judged(d: Difference, params: GateParams) -> bool:
    return d.figure.rpartition(".")[2] in MEASURES and d.rows >= params.min_class_rows


def _judge_class(title: str, d: Difference, params: GateParams, n_judged: int) -> Iterator[Finding]:
    subject, _, measure = d.figure.rpartition(".")
    if measure == "f1":
        tolerance = params.class_tolerances.get(subject, params.class_tolerance)
    else:
        tolerance = getattr(params.belief_tolerances, subject.partition(".")[0])
    if -d.change > tolerance and d.is_surely_worse(params.certainty, n_judged):
        yield Finding(
            "refuse",
            f"class_{measure}",
            subject,
            f"{title}:{subject} 的{MEASURES[measure]}{fell(d, tolerance)}",
        )


def _judge_high_recall(title: str, part: SetComparison, params: GateParams) -> Iterator[Finding]:
    d, tolerance = part.find(HIGH_RECALL), params.high_recall_tolerance
    if d is None:
        return
    if d.rows < params.min_class_rows:
        yield _warn(HIGH_RECALL, "urgency.high", f"{title}只有 {d.rows} 条高紧急,召回无法判断")
    elif -d.change > tolerance and d.chance_worse >= params.high_recall_certainty:
        message = f"{title}:高紧急的召回{fell(d, tolerance)}"
        yield Finding("refuse", HIGH_RECALL, "urgency.high", message)


def _judge_calibration(title: str, part: SetComparison, params: GateParams) -> Iterator[Finding]:
    d, tolerance = part.find(TYPE_ECE), params.ece_tolerance
    # Corrections are rows that were doubted: their confidence is low by choice of the rows.
    if d is None or part.name != "test":
        return
    if d.change > tolerance and d.chance_worse >= params.certainty:
        message = (
            f"{title}:类型的校准误差 ECE 从 {d.before:.3f} 升到 {d.after:.3f}{proof(d, tolerance)}"
        )
        yield Finding("refuse", "calibration", TYPE_ECE, message)


def _judge_cost(comparison: Comparison, params: GateParams) -> Iterator[Finding]:
    speed = comparison.speed
    if speed.ratio < 1 - params.speed_loss:
        yield Finding(
            "refuse",
            "speed",
            "speed",
            f"速度降到原来的 {speed.ratio:.0%}(每条 {speed.before_us:.0f} → {speed.after_us:.0f} "
            f"微秒 CPU 时间),最多允许降 {params.speed_loss:.0%}",
        )
    before, after = comparison.before.size_bytes, comparison.after.size_bytes
    if after > before * (1 + params.size_growth):
        yield _warn("size", "size", f"模型从 {before / 1e6:.1f} MB 长到 {after / 1e6:.1f} MB")


def _judge_labels(comparison: Comparison, params: GateParams) -> Iterator[Finding]:
    before, after = comparison.before.issue_rate, comparison.after.issue_rate
    todo = "用 huiyin data issues 逐条处理"
    if after is None:
        yield _warn("labels", "labels", f"不知道训练标签里有多少疑似错误:{todo}")
    elif after > params.max_issue_rate:
        said = f"训练标签里有 {after:.2%} 疑似有错而没有人看过,超过 {params.max_issue_rate:.2%}"
        yield _warn("labels", "labels", f"{said}:{todo}")
    elif before is not None and after - before > params.max_issue_rise:
        said = f"训练标签里疑似有错而没有人看过的,从 {before:.2%} 升到 {after:.2%}"
        yield _warn("labels", "labels", f"{said}:{todo}")


def _judge_new_labels(comparison: Comparison, params: GateParams) -> Iterator[Finding]:
    if comparison.contradictions is None:
        unknown = "不知道原来那一版是用哪些标签训练的,新增和改动的标签没有查"
        yield _warn(NEW_LABELS, "labels", f"{unknown}:用 huiyin train 训练的版本才有")
        return
    for found in comparison.contradictions:
        if found.chance < params.label_false_alarms:
            is_much = found.share > params.label_tolerance
            level: Literal["refuse", "warn"] = "refuse" if is_much else "warn"
            yield Finding(
                level, NEW_LABELS, found.subject, contradicted(found, params.label_tolerance)
            )


def _warn(check: str, subject: str, message: str) -> Finding:
    return Finding("warn", check, subject, message)
