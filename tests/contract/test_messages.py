"""What customers wrote stands in no message and no log."""

from __future__ import annotations

import ast
from pathlib import Path

import pandas as pd
import pytest

from models.artifact import DEFAULT_FOLDER
from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.backlog_worker import _trace
from pipeline.data_contract import quoted
from pipeline.evaluate import read_gold
from pipeline.ingest import column_names
from tests.tiny import ROOT

WORDS = "付款扣了两次钱，客服电话打了三遍都没人接"
# Names that hold a customer's words wherever the code uses them.
THEIRS = {"text", "texts", "clause", "clauses", "quote", "quotes", "sentence", "raw", "original"}
LOGS = {"debug", "info", "warning", "error", "exception", "critical", "warn"}
FILES = [p for top in ("models", "pipeline", "serve") for p in sorted((ROOT / top).rglob("*.py"))]


def _told(tree: ast.AST) -> list[ast.AST]:
    """What is raised or logged."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Raise)
        or (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in LOGS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id in ("logger", "logging", "warnings")
        )
    ]


def _names(value: ast.expr) -> set[str]:
    """What an f-string shows; `len(text)` and `type(text)` show no word of it."""
    if isinstance(value, ast.Call):
        return set()
    here = {value.id} if isinstance(value, ast.Name) else set()
    here |= {value.attr} if isinstance(value, ast.Attribute) else set()
    return here.union(*(_names(c) for c in ast.iter_child_nodes(value) if isinstance(c, ast.expr)))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_message_shows_what_holds_a_customers_words(path: Path) -> None:
    """A row is named by its number or id, a cell by its column."""
    shown = {
        f"line {part.lineno}: {name}"
        for told in _told(ast.parse(path.read_text("utf-8")))
        for part in ast.walk(told)
        if isinstance(part, ast.FormattedValue)
        for name in _names(part.value) & THEIRS
    }
    assert shown == set()


@pytest.mark.parametrize("cell", [WORDS, "很差!", "电话13812345678", "a" * 31])
def test_a_label_that_cannot_be_one_is_not_quoted(cell: str) -> None:
    """A comma too many shifts a row, and the words stand where the label should."""
    assert quoted(cell) == f"({len(cell)} characters)"


@pytest.mark.parametrize("cell", ["Product", "产品质量类", "customer comment", "2026-13-45"])
def test_a_mistyped_label_is_quoted(cell: str) -> None:
    """Whoever has to mend it must see it."""
    assert quoted(cell) == repr(cell)


def test_a_file_without_a_header_shows_no_words(tmp_path: Path) -> None:
    """Its first row is a customer's."""
    with pytest.raises(DataError, match="no column 'text'") as caught:
        column_names("in.csv", [WORDS, "app"], "text")
    assert WORDS not in str(caught.value) and "'app'" in str(caught.value)
    pd.DataFrame({WORDS: ["a"]}).to_csv(tmp_path / "gold.csv", index=False)
    with pytest.raises(DataError, match="are missing") as caught:
        read_gold(tmp_path / "gold.csv", Taxonomy.load(DEFAULT_FOLDER / "taxonomy.yaml"))
    assert WORDS not in str(caught.value)


def test_a_worker_that_fails_tells_where_and_not_what() -> None:
    """The exception's message may repeat the row."""
    try:
        raise ValueError(WORDS)
    except ValueError as error:
        told = _trace(error)
    assert "ValueError" in told and "test_messages.py" in told and WORDS not in told
