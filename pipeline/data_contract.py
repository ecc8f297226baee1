"""The contract of labelled rows, as a pandera schema: what a company's CSV must hold."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import pandas as pd

from models.taxonomy import Taxonomy

if TYPE_CHECKING:
    from pandera.pandas import DataFrameSchema

_SET_BY_PANDERA = ("SPARK_LOCAL_IP", "PYARROW_IGNORE_TIMEZONE")
_FIRST_ROW = 2  # as a spreadsheet counts, below the header
_MOST_CHARS, _MOST_CHINESE = 30, 10
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_SENTENCE = re.compile(r"[,。!?…,!?]|\d{7}")  # or a telephone number
_Row = dict[str, str]
_Rule = tuple[str, Callable[[_Row, Taxonomy], bool]]
# Rules between columns; they are asked only of rows whose every single label is known.
RULES: tuple[_Rule, ...] = (
    (
        "subtype belongs to another type",
        lambda row, taxonomy: taxonomy.type_of(row["subtype"]) != row["type"],
    ),
    ("types must begin with type", lambda row, _: row["types"].split(";")[0] != row["type"]),
    (
        "types holds an unknown or repeated type",
        lambda row, taxonomy: (
            not set(row["types"].split(";")) <= set(taxonomy.type_names)
            or len(set(row["types"].split(";"))) != len(row["types"].split(";"))
        ),
    ),
    (
        "a complaint needs a cause, others have none",
        lambda row, _: (row["intent"] == "complaint") != bool(row["cause"]),
    ),
)


def quoted(cell: object) -> str:
    """Quote a label or a column's name for a message, and nothing that may be a customer's words.

    Where a comma shifted the columns, or the header is missing, a sentence stands in their place,
    and messages end in logs.

    Args:
        cell: What stands where a label or a name should.

    Returns:
        The cell in quotes if it is as short as a label, else how long it is.
    """
    said = str(cell)
    most = _MOST_CHINESE if _CHINESE.search(said) else _MOST_CHARS
    if len(said) > most or _SENTENCE.search(said):
        return f"({len(said)} characters)"
    return repr(said)


def label_schema(taxonomy: Taxonomy) -> DataFrameSchema:
    """Write the codebook down as a schema.

    Args:
        taxonomy: The labels that may occur.

    Returns:
        Of the columns intent, type, types, subtype, urgency and cause; others are not looked at.
    """
    with _without_spark():
        import pandera.pandas as pa

    allowed = _allowed(taxonomy)
    columns = {
        name: pa.Column(checks=pa.Check.isin(names, error=f"expected one of {', '.join(names)}"))
        for name, names in allowed.items()
    }
    rules = [
        pa.Check(partial(_obeys, is_broken=is_broken, taxonomy=taxonomy), error=text)
        for text, is_broken in RULES
    ]
    return pa.DataFrameSchema(
        {**columns, "types": pa.Column(), "cause": pa.Column()}, checks=rules, name="labels"
    )


def find_problems(rows: pd.DataFrame, taxonomy: Taxonomy) -> list[str]:
    """Hold labelled rows to the contract.

    Args:
        rows: With the columns of the schema, text values.
        taxonomy: The labels that may occur.

    Returns:
        What is wrong, `row 3: type is 'x', expected one of …`, in order of rows.
    """
    schema = label_schema(taxonomy)
    from pandera.errors import SchemaErrors

    labels = rows[list(schema.columns)].astype(object).reset_index(drop=True)
    with _without_spark():
        try:
            schema.validate(labels, lazy=True)
        except SchemaErrors as error:
            return _describe(error.failure_cases)
    return []


@contextmanager
def _without_spark() -> Iterator[None]:
    """Hide from pandera what of pyspark is not loaded yet (MLflow may have loaded a part).

    Where it is installed, pandera would import `pyspark.pandas`: seconds, a warning that it does
    not know this pandas, and an address in the environment that is wrong for a cluster's driver.
    """
    modules: dict[str, Any] = sys.modules
    before = {name: os.environ.get(name) for name in _SET_BY_PANDERA}
    hidden = [name for name in ("pyspark", "pyspark.pandas") if name not in modules]
    modules.update(dict.fromkeys(hidden))
    try:
        yield
    finally:
        for name in hidden:
            del modules[name]
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


def _describe(cases: pd.DataFrame) -> list[str]:
    # A broken rule between columns is reported once for every column.
    found = {
        (int(case["index"]), _message(case)): None
        for case in cases.sort_values("check_number", kind="stable").to_dict("records")
    }
    return [f"row {i + _FIRST_ROW}: {text}" for i, text in sorted(found, key=_row_number)]


def _row_number(problem: tuple[int, str]) -> int:
    return problem[0]


def _message(case: Mapping[Any, Any]) -> str:
    if case["schema_context"] == "Column":
        return f"{case['column']} is {quoted(case['failure_case'])}, {case['check']}"
    return str(case["check"])


def _obeys(
    rows: pd.DataFrame, is_broken: Callable[[_Row, Taxonomy], bool], taxonomy: Taxonomy
) -> pd.Series:
    allowed = _allowed(taxonomy)
    is_known = rows[list(allowed)].isin(allowed).all(axis=1)
    records = zip(rows.to_dict("records"), is_known, strict=True)
    obeys = [not known or not is_broken(_as_row(row), taxonomy) for row, known in records]
    return pd.Series(obeys, index=rows.index, dtype=bool)


def _as_row(row: Mapping[Any, Any]) -> _Row:
    return {str(name): str(value) for name, value in row.items()}


def _allowed(taxonomy: Taxonomy) -> dict[str, tuple[str, ...]]:
    return {
        "intent": taxonomy.intent_names,
        "type": taxonomy.type_names,
        "subtype": taxonomy.subtype_names,
        "urgency": taxonomy.urgency_names,
    }
