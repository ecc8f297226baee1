"""Rows out to people and labels back in: nothing lost, nothing run, nothing learnt by mistake."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.corpus import read_corpus
from pipeline.frozen_data import digest_text
from pipeline.judgements import Judgement, Labels, settle
from pipeline.label_words import LabelWords
from pipeline.ledger import Ledger, read_ledger, texts_elsewhere, write_ledger
from pipeline.queue_export import CONFLICT, Known, choose_items, write_items
from pipeline.queue_import import read_filled
from pipeline.queue_items import COLUMNS, QueueItem
from pipeline.queue_select import pick_diverse
from pipeline.scored_table import tidy_scored
from pipeline.sheet_cells import read_table
from tests.tiny import TAXONOMY

WHEN = "2026-11-23T09:00:00+08:00"
DELAY = Labels("complaint", ("service",), "delay", "medium", "客服不回复")
REFUND = Labels("complaint", ("account", "service"), "payment", "high", "退款慢")


@pytest.fixture(scope="module")
def words() -> LabelWords:
    """Titles of the project's labels."""
    return LabelWords(Taxonomy.load(TAXONOMY))


def item(number: int, text: str) -> QueueItem:
    """A row for the queue."""
    return QueueItem(f"CF{number}", text, ("把握低(0.41)",), "app", 0.41, DELAY, "huiyin-1")


def judgement(who: str, new: Labels, text: str = "客服三天没回我") -> Judgement:
    """What somebody said of a row."""
    return Judgement("CF1", text, "app", new, str(DELAY), "huiyin-1", who, WHEN)


def scored(texts: list[str], confidence: list[float], urgency: str = "low") -> pd.DataFrame:
    """Rows as the queue reads them."""
    return tidy_scored(
        pd.DataFrame(
            {
                "feedback_id": [f"CF{i}" for i in range(len(texts))],
                "text": texts,
                "intent": "complaint",
                "type": "service",
                "types": [["service"]] * len(texts),
                "subtype": "delay",
                "urgency": urgency,
                "confidence": confidence,
                "urgency_score": 10.0,
                "needs_review": False,
                "model_version": "huiyin-1",
            }
        )
    )


def letters(texts: list[str]) -> np.ndarray:
    """A vector that only knows the first character."""
    vectors = np.zeros((len(texts), 16), dtype=np.float32)
    for i, text in enumerate(texts):
        vectors[i, ord(text[0]) % 16] = 1
    return vectors


def fill(path: Path, **cells: str) -> None:
    """Fill the same into every row of a CSV."""
    frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    frame.columns = [name.split()[0] for name in frame.columns]
    frame.assign(**cells).to_csv(path, index=False)


def test_near_duplicates_are_asked_once() -> None:
    """A hundred wordings of one complaint teach as much as one."""
    rows = scored([*(f"a{i}" for i in range(100)), "b1", "c1"], [0.3] * 100 + [0.8, 0.9])
    items = choose_items(rows, 10, letters, Known((), (), ()))
    assert sorted(i.text[0] for i in items) == ["a", "b", "c"]


def test_doubt_and_urgency_come_first() -> None:
    """An urgent row that the model half believes beats a harmless one."""
    rows = scored(["a", "b", "c"], [0.95, 0.4, 0.5])
    rows.loc[2, "urgency"] = "high"
    assert [i.text for i in choose_items(rows, 2, letters, Known((), (), ()))] == ["c", "b"]


def test_settled_and_measuring_rows_are_not_asked() -> None:
    """Asking twice wastes time; asking for a test row would leak it."""
    rows = scored(["a", "b", "c"], [0.3] * 3)
    known = Known({digest_text("a")}, {digest_text("b"): "test"}, ())
    assert [i.text for i in choose_items(rows, 5, letters, known)] == ["c"]


def test_disputed_rows_come_back_first() -> None:
    """Two people differ: the next reader sees both opinions."""
    said = [judgement("李雷", DELAY), judgement("韩梅梅", REFUND)]
    items = choose_items(scored(["a"], [0.3]), 5, letters, Known((), (), [said]))
    assert items[0].reasons[0] == CONFLICT
    assert "韩梅梅" in items[0].reasons[1]
    assert len(items) == 2


def test_selection_is_greedy_and_stops_at_repetitions() -> None:
    """Three directions give three rows, however many are wanted."""
    vectors = np.eye(3, dtype=np.float32)[[0, 0, 1, 2, 2]]
    assert pick_diverse(np.array([0.9, 0.8, 0.7, 0.6, 0.5]), vectors, 5) == [0, 2, 3]


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_table_comes_back_as_it_went(suffix: str, tmp_path: Path, words: LabelWords) -> None:
    """Formulas stay text, and the labels of the model are filled in."""
    texts = ["=1+1 闪退", "@客服 三天没回我", "'=引号", "普通"]
    path = tmp_path / f"queue{suffix}"
    write_items(path, [item(i, text) for i, text in enumerate(texts)], words)
    cells = [row for _, row in read_table(path)]
    assert [c["text"] for c in cells] == texts
    assert {c["subtype"] for c in cells} == {"响应延迟"}
    assert {c["checked"] for c in cells} == {""}


def test_a_csv_holds_no_formula(tmp_path: Path, words: LabelWords) -> None:
    """Customers write the cells; a spreadsheet would run them."""
    write_items(tmp_path / "q.csv", [item(1, "=cmd|'/c calc'!A1")], words)
    assert ",'=cmd" in (tmp_path / "q.csv").read_text(encoding="utf-8-sig")


def test_a_workbook_offers_the_labels(tmp_path: Path, words: LabelWords) -> None:
    """Nobody must know the codes by heart."""
    write_items(tmp_path / "q.xlsx", [item(1, "=1+1"), item(2, "闪退")], words)
    book = openpyxl.load_workbook(tmp_path / "q.xlsx")
    sheet = book["待复核"]
    rules = {str(rule.sqref): rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert rules["E2:E3"] == "选项!$B$1:$B$5"
    assert [cell.value for cell in book["选项"]["B"]][:5] == words.choices("intent")
    assert sheet["B2"].data_type == "s"


def test_checked_rows_come_in_with_their_provenance(tmp_path: Path, words: LabelWords) -> None:
    """Who, from what model, old and new."""
    path = tmp_path / "q.csv"
    write_items(path, [item(1, "客服三天没回我")], words)
    fill(
        path,
        checked="是",
        type="账户/订单类",
        subtype="payment",
        more_types="服务体验类",
        urgency="high",
    )
    found = read_filled(path, "李雷", WHEN, words, {}).judgements[0]
    assert found.new == Labels("complaint", ("account", "service"), "payment", "high", "未说明原因")
    assert (found.who, found.old, found.model_version) == ("李雷", str(DELAY), "huiyin-1")


def test_unchecked_rows_are_no_agreement(tmp_path: Path, words: LabelWords) -> None:
    """The labels are filled in beforehand; only a mark says that somebody looked."""
    write_items(tmp_path / "q.csv", [item(1, "闪退"), item(2, "卡顿")], words)
    found = read_filled(tmp_path / "q.csv", "李雷", WHEN, words, {})
    assert (found.judgements, found.n_unseen) == ((), 2)


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"urgency": "urgent"}, r"第 2 行 urgency:'urgent',应为其中之一:紧急、一般、不急"),
        (
            {"subtype": "支付/退款/扣费"},
            r"第 2 行 subtype:.*不属于服务体验类,应为其中之一:态度恶劣",
        ),
        ({"type": ""}, r"第 2 行 type:是空的"),
        ({"more_types": "服装"}, r"第 2 行 more_types:'服装'"),
        ({"text": "别的话"}, r"第 2 行 text:与导出时不同"),
        ({"checked": "看了"}, r"第 2 行 checked:'看了',应为「是」或留空"),
        ({"old": "x"}, r"第 2 行 old:"),
    ],
)
def test_a_wrong_cell_is_named(
    cells: dict[str, str], message: str, tmp_path: Path, words: LabelWords
) -> None:
    """Row, field, what stands there, what was expected; nothing is taken in."""
    write_items(tmp_path / "q.csv", [item(1, "客服三天没回我")], words)
    fill(tmp_path / "q.csv", **{"checked": "是", **cells})
    with pytest.raises(DataError, match=message):
        read_filled(tmp_path / "q.csv", "李雷", WHEN, words, {})


def test_rows_that_measure_are_left_out_and_named(tmp_path: Path, words: LabelWords) -> None:
    """Gold and test rows never become training rows, however they came into the queue."""
    write_items(tmp_path / "q.csv", [item(1, "闪退"), item(2, "卡顿")], words)
    fill(tmp_path / "q.csv", checked="是")
    found = read_filled(tmp_path / "q.csv", "李雷", WHEN, words, {digest_text("闪退"): "gold.csv"})
    assert [j.text for j in found.judgements] == ["卡顿"]
    assert found.protected == ("CF1(gold.csv)",)


def test_label_studio_there_and_back(tmp_path: Path, words: LabelWords) -> None:
    """Its export has the task's data and each annotator's answers."""
    path = tmp_path / "tasks.json"
    write_items(path, [item(1, "客服三天没回我")], words)
    assert 'value="响应延迟"' in (tmp_path / "tasks.config.xml").read_text(encoding="utf-8")
    task = json.loads(path.read_text(encoding="utf-8"))[0]
    result = task["predictions"][0]["result"]
    task["annotations"] = [
        {"completed_by": {"email": "a@x.cn"}, "result": result},
        {"completed_by": 7, "result": result},
        {"was_cancelled": True, "result": []},
    ]
    path.write_text(json.dumps([task]), encoding="utf-8")
    found = read_filled(path, "组", WHEN, words, {}).judgements
    assert [j.who for j in found] == ["组/a@x.cn", "组/7"]
    assert {j.new.key for j in found} == {DELAY.key}


def test_people_who_differ_settle_nothing() -> None:
    """Two differ: open. A third decides. A person's later word replaces the earlier one."""
    first, second = judgement("李雷", DELAY), judgement("韩梅梅", REFUND)
    assert settle([first, second]) is None
    assert settle([first, second, judgement("王芳", REFUND)]) == REFUND
    assert settle([first, second, judgement("李雷", REFUND)]) == REFUND


def test_settled_rows_train_and_disputed_rows_leave(tmp_path: Path) -> None:
    """The CSV is read by the training as it is; a row in dispute is not in it."""
    path = tmp_path / "corrections" / "app.csv"
    ledger = Ledger({}).add([judgement("李雷", REFUND), judgement("李雷", DELAY, "-1 分,闪退")])
    assert write_ledger(path, ledger) == 2
    rows = read_corpus([path], Taxonomy.load(TAXONOMY))
    assert set(rows["types"]) == {"account;service", "service"}
    again = read_ledger(path).add([judgement("韩梅梅", DELAY)])
    assert write_ledger(path, again) == 1
    assert len(read_ledger(path).conflicts()) == 1
    kept = pd.read_csv(path, dtype=str)
    assert list(kept["who"]) == ["李雷"]
    assert list(kept["new"]) == [str(DELAY)]


def test_a_text_in_another_file_is_found(tmp_path: Path) -> None:
    """The same text in two files would stop the training."""
    write_ledger(tmp_path / "a.csv", Ledger({}).add([judgement("李雷", DELAY)]))
    assert texts_elsewhere(tmp_path / "b.csv") == {digest_text("客服三天没回我"): "a.csv"}
    assert texts_elsewhere(tmp_path / "a.csv") == {}


def test_a_note_with_a_line_separator_does_not_break_the_journal(tmp_path: Path) -> None:
    """Words pasted from a page bring U+2028 and U+0085; every later import would be refused."""
    said = replace(judgement("李雷", DELAY), note="见工单\u2028第二行\u0085完")
    write_ledger(tmp_path / "a.csv", Ledger({}).add([said]))
    assert read_ledger(tmp_path / "a.csv").by_text == Ledger({}).add([said]).by_text


def test_a_damaged_journal_is_named(tmp_path: Path) -> None:
    """Judgements must not vanish with a broken line."""
    (tmp_path / "a.judgements.jsonl").write_text("{}\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1 is no judgement"):
        read_ledger(tmp_path / "a.csv")


def test_an_old_table_is_refused(tmp_path: Path, words: LabelWords) -> None:
    """Somebody deleted a column."""
    (tmp_path / "q.csv").write_text("feedback_id,text\n1,闪退\n", encoding="utf-8")
    with pytest.raises(DataError, match="lacks the columns checked"):
        read_filled(tmp_path / "q.csv", "李雷", WHEN, words, {})


def test_columns_are_named_for_people_too() -> None:
    """The first word is for the import."""
    assert COLUMNS[:2] == ("feedback_id", "text")
