"""Promote a challenger past the gate, and put on record what the gate said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.errors import StoreError
from pipeline.alias_trail import AliasChange
from pipeline.compare_models import Match, compare_models
from pipeline.compare_words import DECISION, verdict_lines
from pipeline.contenders import CORPUS
from pipeline.gate import GateParams
from pipeline.registered import MODEL_NAME, Registry
from pipeline.registry import CHAMPION, list_versions, promote
from pipeline.tracking import TrackingSettings, store_errors

GATE_TAG, FINDINGS_TAG = "gate", "gate.findings"
_MAX_TAG_CHARS = 2000


class PromotionRefusedError(StoreError):
    """The gate refused a challenger; the message holds its reasons."""


@dataclass(frozen=True)
class Promotion:
    """What became of a promotion.

    Attributes:
        change: The recorded change.
        match: The comparison it rests on; None if there was no champion to compare with.
    """

    change: AliasChange
    match: Match | None


def promote_past_gate(
    version: int,
    *,
    reason: str = "",
    is_forced: bool = False,
    corrections: pd.DataFrame | None = None,
    corpus: Path = CORPUS,
    params: GateParams | None = None,
    settings: TrackingSettings | None = None,
) -> Promotion:
    """Make a version the champion if the gate lets it pass.

    Args:
        version: The version.
        reason: Why.
        is_forced: True promotes even a refused one; the refusal stays on record.
        corrections: Settled corrections to compare on besides the test rows.
        corpus: The prepared corpus, for models whose run kept no test rows.
        params: What may be lost; None reads `params.yaml`.
        settings: Where the registry is; None reads the environment.

    Returns:
        The change and what it rests on.

    Raises:
        PromotionRefusedError: If the gate refuses, with its figures.
        StoreError: If there is no such version.
        ValueError: If it is forced without a reason.
    """
    if is_forced and not reason.strip():
        raise ValueError("a forced promotion needs a reason: --force --reason TEXT")
    settings = settings or TrackingSettings()
    champion = _find_champion(settings)
    if champion is None or champion == version:
        return Promotion(promote(version, reason=reason, settings=settings), None)
    match = compare_models(
        str(champion), str(version), corrections, corpus=corpus, params=params, settings=settings
    )
    _record(version, champion, match, settings)
    if match.verdict.refusals and not is_forced:
        raise PromotionRefusedError(_explain(version, match))
    forced = [f.subject for f in match.verdict.refusals]
    change = promote(version, reason=reason, forced=forced, settings=settings)
    return Promotion(change, match)


def _find_champion(settings: TrackingSettings) -> int | None:
    return next((v.version for v in list_versions(settings) if CHAMPION in v.aliases), None)


def _record(version: int, champion: int, match: Match, settings: TrackingSettings) -> None:
    """Write the verdict on the version, so that the registry's page shows it."""
    said = "passed" if match.verdict.is_passed else "refused"
    found = "\n".join(f"{f.level}: {f.message}" for f in match.verdict.findings)
    client = Registry(settings).client
    with store_errors(settings):
        tags = {GATE_TAG: f"{said} against version {champion}", FINDINGS_TAG: found or "-"}
        for key, value in tags.items():
            client.set_model_version_tag(MODEL_NAME, str(version), key, value[:_MAX_TAG_CHARS])
        _describe(client, version, "\n\n".join(verdict_lines(match.verdict)))


def _describe(client: Any, version: int, verdict: str) -> None:
    """Show the verdict as the version's description: the page clips long tags.

    What a person wrote there stays.
    """
    written = client.get_model_version(MODEL_NAME, str(version)).description
    if not written or written.startswith(DECISION):
        client.update_model_version(MODEL_NAME, str(version), verdict)


def _explain(version: int, match: Match) -> str:
    lines = "\n".join(verdict_lines(match.verdict))
    return (
        f"{MODEL_NAME} 第 {version} 版没有上线。\n{lines}\n"
        f"仍要上线:huiyin models promote {version} --force --reason 原因(会记录在案)"
    )
