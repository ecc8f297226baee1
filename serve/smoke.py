"""Rows that any model must get right before it may answer customers.

The list is frozen: a model that fails here would be worse than the one it replaces, whatever its
measured figures say. What hangs on the weights is asked of most rows, what is a promise of all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from models.deadlines import SHANGHAI
from models.errors import ArtifactError
from models.results import FeedbackResult
from serve.batching import Analyzer

_AT = datetime(2026, 11, 16, 9, 30, tzinfo=SHANGHAI)
_PHONE = "13812345678"
_LEAST_RIGHT = 0.6


@dataclass(frozen=True, slots=True)
class Smoke:
    """One row and what is expected of it.

    Attributes:
        text: The row.
        intent: What it plainly is; empty where that is not asked.
        is_urgent: True where anything but high urgency would be a danger.
    """

    text: str
    intent: str = ""
    is_urgent: bool = False


ROWS: tuple[Smoke, ...] = (
    Smoke("一打开就闪退,根本用不了,客服一直不回复", "complaint"),
    Smoke("快递慢得离谱,等了十天,态度还很差", "complaint"),
    Smoke("质量太差,用了两天就坏了,要求退款", "complaint"),
    Smoke("很好,非常满意,五星好评", "praise"),
    Smoke("不错不错,服务员热情周到", "praise"),
    Smoke("希望出一个夜间模式", "suggestion"),
    Smoke("建议增加批量导出功能", "suggestion"),
    Smoke("请问你们几点上班", "inquiry"),
    Smoke(f"充电宝冒烟起火了,电话{_PHONE},请马上联系我", is_urgent=True),
    Smoke("希望改进。" * 400),
    Smoke("👍"),
    Smoke("?!"),
)


def check_model(model: Analyzer) -> None:
    """Score the smoke rows.

    Args:
        model: A loaded model.

    Raises:
        ArtifactError: If it does not answer as any model must; says what is wrong.
    """
    results = model.analyze([_row(i) for i in range(len(ROWS))])
    faults = [fault for i, result in enumerate(results) for fault in _faults(i, result, model)]
    if len(results) != len(ROWS):
        faults.append(f"{len(results)} results for {len(ROWS)} rows")
    elif not faults:
        faults += _faults_of_all(model, results)
    if faults:
        raise ArtifactError(f"{model.version} fails its smoke rows: {'; '.join(faults)}")


def _row(i: int) -> dict[str, Any]:
    return {"text": ROWS[i].text, "feedback_id": f"smoke-{i}", "created_at": _AT}


def _faults(i: int, result: FeedbackResult, model: Analyzer) -> list[str]:
    asked = {
        "another row's id": result.feedback_id == f"smoke-{i}",
        "another version": result.model_version == model.version,
        "main type not first": result.types[:1] == (result.type,),
        "no probability": math.isfinite(result.confidence) and 0 <= result.confidence <= 1,
        "evidence outside the text": all(
            0 <= span.start <= span.end <= len(result.text) for span in result.evidence
        ),
        "a date before the row": min(result.acknowledge_due, result.respond_due, result.resolve_due)
        >= _AT,
        "personal data": _PHONE not in result.text,
        "urgency missed": not ROWS[i].is_urgent or result.urgency == "high",
    }
    return [f"row {i}: {fault}" for fault, is_well in asked.items() if not is_well]


def _faults_of_all(model: Analyzer, results: Sequence[FeedbackResult]) -> list[str]:
    faults = []
    if list(model.analyze([_row(0)])) != [results[0]]:
        faults.append("a row alone is answered otherwise than among others")
    asked = [(row, result) for row, result in zip(ROWS, results, strict=True) if row.intent]
    n_right = sum(row.intent == result.intent for row, result in asked)
    if n_right < _LEAST_RIGHT * len(asked):
        faults.append(f"{n_right} of {len(asked)} plain rows have the right intent")
    return faults
