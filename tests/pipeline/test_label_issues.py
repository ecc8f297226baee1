"""Where to look for wrong labels, and what was already looked at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models.errors import DataError
from pipeline.label_issues import CONFLICT, LIKELY_ERROR, as_table, find_issues, issue_rate
from pipeline.near_duplicates import find_near_duplicates
from pipeline.settled import read_settled_keys, settle_issues
from pipeline.sheet_cells import write_csv

N = 80
WHEN = "2026-11-23T09:00:00+08:00"


def corpus() -> pd.DataFrame:
    """Two kinds of rows that a model tells apart; one label is wrong."""
    is_crash = np.arange(N) % 2 == 0
    rows = pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(N)],
            "text": [
                f"{'软件闪退打不开' if crash else '快递员态度恶劣'}编号{chr(0x4E00 + 37 * i)}"
                for i, crash in enumerate(is_crash)
            ],
            "intent": "complaint",
            "type": np.where(is_crash, "product", "service"),
            "urgency": np.where(is_crash, "high", "medium"),
            "cause": "",
            "trade": "",
            "pair": "",
        }
    )
    rows.loc[4, "type"] = "service"
    return rows


def encode(texts: list[str]) -> np.ndarray:
    """Vectors that know whether something crashed."""
    is_crash = np.array(["闪退" in text for text in texts], dtype=float)
    return np.stack([is_crash, 1 - is_crash], axis=1)


@pytest.fixture(scope="module")
def issues() -> list[object]:
    """What is found in the rows above, errors only."""
    return [i for i in find_issues(corpus(), encode) if i.kind == LIKELY_ERROR]  # type: ignore[arg-type]


def test_the_wrong_label_is_found(issues: list[object]) -> None:
    """Row, field, what it is, what it should be, what to do."""
    (issue,) = issues
    assert (issue.id, issue.field, issue.given, issue.suggested) == (  # type: ignore[attr-defined]
        *("r4", "type", "service"),
        "product",
    )
    assert "r4" in issue.what_to_do  # type: ignore[attr-defined]


def test_the_rate_counts_rows(issues: list[object]) -> None:
    """Two doubts about one row are one row in doubt."""
    assert issue_rate([*issues, *issues], 10) == 0.1  # type: ignore[list-item]


def test_a_settled_question_is_not_asked_again(issues: list[object], tmp_path: Path) -> None:
    """A reader said that the label is right; a changed label would be a new question."""
    table = as_table(issues).assign(verdict="保留").astype(str)  # type: ignore[arg-type]
    (tmp_path / "issues.csv").write_bytes(write_csv(list(table.columns), table.to_numpy().tolist()))
    settled = tmp_path / "settled.csv"
    assert settle_issues(tmp_path / "issues.csv", "李雷", WHEN, settled) == 1
    assert settle_issues(tmp_path / "issues.csv", "李雷", WHEN, settled) == 0
    left = find_issues(corpus(), encode, read_settled_keys(settled))  # type: ignore[arg-type]
    assert [i for i in left if i.kind == LIKELY_ERROR] == []


def test_a_verdict_that_is_none_is_named(tmp_path: Path) -> None:
    """A typing error must not settle a question, or lose an answer."""
    (tmp_path / "i.csv").write_text("key,verdict\nk,\nk,也许\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 3: verdict is '也许', expected 保留"):
        settle_issues(tmp_path / "i.csv", "李雷", WHEN, tmp_path / "s.csv")


def test_almost_equal_texts_with_other_labels_are_a_conflict() -> None:
    """One of them is wrong, or both readers are right and should say so once."""
    rows = corpus()[:12].copy()
    text = "昨天买的充电宝用了一次就充不进电了,联系客服没有人理我"
    rows.loc[0:1, "text"] = [text, text + "。"]
    rows.loc[4, "type"] = "product"
    found = [i for i in find_issues(rows, encode) if i.kind == CONFLICT]  # type: ignore[arg-type]
    assert [(i.id, i.other_id, i.field) for i in found] == [("r0", "r1", "type")]
    rows.loc[0:1, "pair"] = "p1"
    assert not [i for i in find_issues(rows, encode) if i.kind == CONFLICT]  # type: ignore[arg-type]


def test_near_duplicates_are_found_by_likeness() -> None:
    """One character more is near, another text is not."""
    text = "物流信息三天没有更新,打电话也没人接"
    found = find_near_duplicates([text, "味道不错,下次还来", text + "啊"])
    assert [(i, j) for i, j, _ in found] == [(0, 2)]
    assert 0.9 < found[0][2] < 1
