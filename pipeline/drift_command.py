"""`huiyin drift`: read two scored tables, compare them, say what follows, write it down."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from models.analysis import FeedbackModel
from models.errors import DataError
from pipeline.drift import EMBEDDING, Drift, DriftParams, find_drift
from pipeline.drift_advice import Advice, Agreement, advise, measure_agreement
from pipeline.drift_signals import CATEGORIES, NUMBERS, Signals, read_signals
from pipeline.output import atomic_writer
from pipeline.scored_table import read_scored_table

RESULT_FILE, REPORT_FILE = "drift.json", "drift.html"
TITLES = {
    "intent": "意图",
    "type": "类型",
    "subtype": "子类",
    "urgency": "紧急程度",
    "channel": "渠道",
    "confidence": "把握",
    "urgency_score": "紧急分数",
    "length": "字数",
    "unknown_words": "生词比例",
    EMBEDDING: "内容(句向量)",
}


@dataclass(frozen=True)
class Outcome:
    """What was found.

    Attributes:
        drifts: Every figure.
        advice: What to do.
        agreement: What the advice rests on besides; None without corrections.
        false_alarm_rate: Of the comparison as a whole.
        rows: Of the reference, and of the time looked at.
    """

    drifts: tuple[Drift, ...]
    advice: Advice
    agreement: Agreement | None
    false_alarm_rate: float
    rows: tuple[int, int]

    @property
    def has_drift(self) -> bool:
        """True if any figure exceeds chance."""
        return any(drift.is_drift for drift in self.drifts)

    def as_record(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return {
            "has_drift": self.has_drift,
            "advice": asdict(self.advice),
            "agreement": asdict(self.agreement) if self.agreement else None,
            "false_alarm_rate": self.false_alarm_rate,
            "reference_rows": self.rows[0],
            "current_rows": self.rows[1],
            "figures": [asdict(d) | {"is_drift": d.is_drift} for d in self.drifts],
        }


def check_drift(
    reference: Path,
    current: Path,
    output: Path | None = None,
    *,
    corrections: pd.DataFrame | None = None,
    model: Path | None = None,
    params: DriftParams | None = None,
    with_report: bool = False,
) -> Outcome:
    """Compare two scored tables.

    Args:
        reference: What `huiyin score` wrote of a time when all was well.
        current: What it wrote of the time to look at.
        output: Folder for `drift.json` and, if wanted, `drift.html`; None writes nothing.
        corrections: Settled corrections; None gives no evidence for retraining.
        model: Model folder whose vocabulary and vectors are used; None takes the shipped one.
        params: How drift is told from chance.
        with_report: Also write Evidently's report.

    Returns:
        What was found.

    Raises:
        DataError: If a table cannot be used.
    """
    params = params or DriftParams()
    tables = _read(reference), _read(current)
    encoder = FeedbackModel.load(model).artifact.encoder
    signals = [read_signals(table, encoder) for table in tables]
    drifts = find_drift(signals[0], signals[1], params)
    agreement = None if corrections is None else measure_agreement(*tables, corrections)
    rows = len(tables[0]), len(tables[1])
    advice = advise(drifts, agreement)
    outcome = Outcome(tuple(drifts), advice, agreement, params.false_alarm_rate, rows)
    if output is not None:
        text = json.dumps(outcome.as_record(), ensure_ascii=False, indent=1)
        with atomic_writer(output / RESULT_FILE) as file:
            file.write(f"{text}\n".encode())
        if with_report:
            write_report(signals[0], signals[1], output / REPORT_FILE)
    return outcome


def as_text(outcome: Outcome) -> str:
    """Lay the outcome out for a terminal.

    Args:
        outcome: What was found.

    Returns:
        One line a figure that drifted, the nearest others, and the advice.
    """
    alarms = [d for d in outcome.drifts if d.is_drift]
    others = [d for d in outcome.drifts if not d.is_drift and not d.channel]
    head = (
        f"参照 {outcome.rows[0]:,} 条,现在 {outcome.rows[1]:,} 条;没有变化时误报的可能 "
        f"{outcome.false_alarm_rate:.1%}"
    )
    lines = [head, *(f"变了  {_line(d)}" for d in alarms), *(f"      {_line(d)}" for d in others)]
    return "\n".join([*lines, f"建议:{outcome.advice.reason}"])


def write_report(reference: Signals, current: Signals, path: Path) -> None:
    """Write Evidently's report of the watched columns; it holds no text of any customer.

    Its own verdicts know neither our false-alarm rate nor days: it is for looking at the shapes.

    Args:
        reference: The reference.
        current: What is looked at.
        path: HTML file, self-contained.

    Raises:
        DataError: If Evidently is not installed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its statistics warn of rare classes by the dozen
        html = _evidently_page(reference.frame, current.frame)
    with atomic_writer(path) as file:
        file.write(html.encode())


def _evidently_page(reference: pd.DataFrame, current: pd.DataFrame) -> str:
    try:
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset
    except ImportError as error:
        need = "--report needs Evidently: pip install 'huiyin[pipeline]'"
        raise DataError(f"{need} ({error})") from None
    classes, numbers = [*CATEGORIES, "channel"], list(NUMBERS)
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=classes)
    sides = [
        Dataset.from_pandas(side[[*classes, *numbers]], data_definition=definition)
        for side in (current, reference)
    ]
    page: str = Report([DataDriftPreset()]).run(*sides).get_html_str(as_iframe=False)
    return page


def _read(path: Path) -> pd.DataFrame:
    table = read_scored_table(path, ("created_at",))
    if table.empty:
        raise DataError(f"{path}: has no rows, so there is nothing to compare")
    return table


def _line(drift: Drift) -> str:
    where = f"[{drift.channel}]" if drift.channel else ""
    psi = "" if drift.psi is None else f",PSI {drift.psi:.3f}"
    title = f"{TITLES.get(drift.signal, drift.signal)}{where}"
    return f"{title}:距离 {drift.distance:.3f}(界限 {drift.threshold:.3f}{psi}){_moved(drift)}"


def _moved(drift: Drift) -> str:
    if not drift.is_drift:
        return ""
    moved: Sequence[tuple[str, float, float]] = drift.moved
    return "".join(f"  {name or '(空)'} {a:.1%} → {b:.1%}" for name, a, b in moved)
