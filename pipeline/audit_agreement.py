"""How far a second reader, who did not see the first labels, agrees with the corpus."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from models.errors import DataError
from pipeline.audit_targets import Check
from pipeline.metrics import types_micro_f1

FIELDS = ("type", "intent", "subtype", "urgency")
LEAST_TYPE = 0.92  # two careful readers of the held-back set reach 0.93
LEAST_READ = 390  # 400 were drawn; a few may drop out as repeats


@dataclass(frozen=True)
class Agreement:
    """Agreement of two readers.

    Attributes:
        n_rows: Rows that both read.
        shares: Field to share of equal labels.
        kappas: Field to Cohen's kappa.
        types_f1: Micro-averaged F1 of the sets of types.
    """

    n_rows: int
    shares: dict[str, float]
    kappas: dict[str, float]
    types_f1: float


def measure_agreement(corpus: pd.DataFrame, second: pd.DataFrame) -> Agreement:
    """Compare two readings.

    Args:
        corpus: The first labels, columns id, types and the four `FIELDS`.
        second: The second ones, same columns; ids that the corpus lacks are left out.

    Returns:
        Agreement per field.

    Raises:
        DataError: If no id is in both.
    """
    both = second.merge(corpus, on="id", suffixes=("_second", "_first"))
    if both.empty:
        raise DataError("the second reading shares no id with the corpus; give its own file")
    columns = {field: (both[f"{field}_first"], both[f"{field}_second"]) for field in FIELDS}
    return Agreement(
        n_rows=len(both),
        shares={field: float((one == two).mean()) for field, (one, two) in columns.items()},
        kappas={f: _kappa(one, two) for f, (one, two) in columns.items()},
        types_f1=types_micro_f1(list(both["types_first"]), list(both["types_second"])),
    )


def check_agreement(agreement: Agreement) -> list[Check]:
    """Hold the agreement against what was asked.

    Args:
        agreement: The measured one.

    Returns:
        Checks of the sample's size and of the type.
    """
    return [
        Check("rows read twice", agreement.n_rows, LEAST_READ),
        Check("second reading, same type", agreement.shares["type"], LEAST_TYPE),
    ]


def _kappa(one: pd.Series, two: pd.Series) -> float:
    """Compute Cohen's kappa; it is undefined for a single label, on which both agree fully."""
    from sklearn.metrics import cohen_kappa_score

    return 1.0 if len({*one, *two}) == 1 else float(cohen_kappa_score(one, two))
