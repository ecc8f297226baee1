"""`huiyin models compare`: load two models, let both answer the same rows, and judge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from models.analysis import FeedbackModel
from models.errors import DataError
from pipeline.compare import Comparison, Contender, SetComparison, compare_answers
from pipeline.compare_answers import answer
from pipeline.compare_speed import folder_size, measure_speed
from pipeline.contenders import CORPUS, Entrant, Rows, find_entrant, find_test_rows, find_unseen
from pipeline.contradictions import Contradiction, find_contradictions
from pipeline.evaluate import predict
from pipeline.gate import GateParams, Verdict, judge
from pipeline.params import PARAMS_FILE, load_params
from pipeline.tracking import TrackingSettings

_N_TIMED = 256


@dataclass(frozen=True)
class Match:
    """A comparison with its verdict.

    Attributes:
        comparison: The figures.
        verdict: What the gate says.
    """

    comparison: Comparison
    verdict: Verdict


def read_gate_params(path: Path = PARAMS_FILE) -> GateParams:
    """Read section `gate`, or take the defaults where there is no parameter file.

    Args:
        path: The parameter file.

    Returns:
        What a challenger may lose.
    """
    return load_params(GateParams, "gate", path) if path.is_file() else GateParams()


def compare_models(
    before: str,
    after: str,
    corrections: pd.DataFrame | None = None,
    *,
    corpus: Path = CORPUS,
    params: GateParams | None = None,
    settings: TrackingSettings | None = None,
) -> Match:
    """Compare two models on the frozen test rows and on corrections.

    Args:
        before: The champion: a version, an alias or a folder.
        after: The challenger.
        corrections: Settled corrections with codebook columns.
        corpus: The prepared corpus, for models whose run kept no test rows.
        params: What may be lost; None reads `params.yaml`.
        settings: Where the registry is; None reads the environment.

    Returns:
        Figures and verdict.

    Raises:
        DataError: If there is nothing to compare on.
        StoreError: If a model is not found.
    """
    params = params or read_gate_params()
    entrants = find_entrant(before, settings), find_entrant(after, settings)
    parts = {"test": find_test_rows(*entrants, corpus)}
    if not len(parts["test"].rows):
        raise DataError("no test row is left that neither model was trained on; nothing to compare")
    if corrections is not None:
        parts["corrections"] = find_unseen(corrections, *entrants)
    comparison = _compare(entrants, parts, params)
    return Match(comparison, judge(comparison, params))


def _compare(
    entrants: tuple[Entrant, Entrant], parts: dict[str, Rows], params: GateParams
) -> Comparison:
    before, after = (FeedbackModel.load(e.folder) for e in entrants)
    sets = [
        _compare_set(name, part, before, after, params)
        for name, part in parts.items()
        if len(part.rows)
    ]
    timed = list(parts["test"].rows["text"][:_N_TIMED])
    speed = measure_speed(lambda: predict(before, timed), lambda: predict(after, timed), len(timed))
    contenders = [
        Contender(e.ref, m.version, folder_size(e.folder), e.issue_rate)
        for e, m in zip(entrants, (before, after), strict=True)
    ]
    notes = tuple(part.note for part in parts.values())
    found = _contradict(*entrants)
    return Comparison(contenders[0], contenders[1], tuple(sets), speed, notes, found)


def _contradict(before: Entrant, after: Entrant) -> tuple[Contradiction, ...] | None:
    tables = [None if e.frozen is None else e.frozen.labels for e in (before, after)]
    if tables[0] is None or tables[1] is None:
        return None
    return find_contradictions(tables[0], tables[1])


def _compare_set(
    name: str, part: Rows, before: FeedbackModel, after: FeedbackModel, params: GateParams
) -> SetComparison:
    return compare_answers(
        name,
        part.rows,
        answer(before, part.rows),
        answer(after, part.rows),
        left_out=part.left_out,
        n_draws=params.n_draws,
        seed=params.seed,
    )
