"""Reading feedback: one schema from four formats, ids that stay, no row lost to a cell."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.deadlines import SHANGHAI
from pipeline.ingest import ROW_COLUMNS, RowBatch, read_batches

AS_OF = datetime(2026, 11, 23, 9, tzinfo=SHANGHAI)
ROWS: list[dict[str, Any]] = [
    {"text": "配送太慢了,等了三天", "channel": "app", "csat": 2, "订单号": "A1"},
    {"text": "客服态度很好👍", "channel": "wechat", "csat": 5, "订单号": "A2"},
    {"text": "验证码收不到\n登录不了", "channel": "weibo", "csat": None, "订单号": "A3"},
]


def save_csv(path: Path, rows: Iterable[dict[str, Any]], encoding: str = "utf-8") -> Path:
    """Save rows as a CSV whose every cell is quoted."""
    rows = list(rows)
    lines = [",".join(rows[0])]
    for row in rows:
        cells = ["" if cell is None else str(cell).replace('"', '""') for cell in row.values()]
        lines.append(",".join(f'"{cell}"' for cell in cells))
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode(encoding))
    return path


def save_jsonl(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    """Save rows as JSON, one a line."""
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def save_excel(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Save rows as the first sheet of a workbook."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(list(rows[0]))
    for row in rows:
        sheet.append(list(row.values()))
    book.save(path)
    return path


def save_parquet(path: Path, rows: list[dict[str, Any]]) -> Path:
    """Save rows as Parquet."""
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def read(path: Path, **options: Any) -> list[dict[str, Any]]:
    """Read all usable rows of a file."""
    batches = read_batches(path, **{"as_of": AS_OF, "customer_key": b"secret", **options})
    return [row for batch in batches for row in batch.rows.to_pylist()]


def read_one(path: Path, **options: Any) -> RowBatch:
    """Read a file that fits one batch."""
    [batch] = read_batches(path, **{"as_of": AS_OF, "customer_key": b"secret", **options})
    return batch


def read_cell(folder: Path, column: str, cell: Any) -> tuple[Any, RowBatch]:
    """Read one row with one optional cell from JSONL, where cells keep their JSON type."""
    batch = read_one(save_jsonl(folder / "one.jsonl", [{"text": "好用", column: cell}]))
    return batch.rows.to_pylist()[0][column], batch


def test_four_formats_give_the_same_rows_and_ids(tmp_path: Path) -> None:
    """The format is the export's choice and must not change what is scored, nor its id."""
    csv = read(save_csv(tmp_path / "a.csv", ROWS))
    assert [row["text"] for row in csv] == [row["text"] for row in ROWS]
    assert read(save_jsonl(tmp_path / "a.jsonl", ROWS)) == csv
    assert read(save_parquet(tmp_path / "a.parquet", ROWS)) == csv
    assert read(save_excel(tmp_path / "a.xlsx", ROWS)) == csv


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_three_encodings_give_the_same_rows(tmp_path: Path, encoding: str) -> None:
    """Excel in China writes GB18030 or UTF-8 with a mark, everything else plain UTF-8."""
    found = read(save_csv(tmp_path / "a.csv", ROWS, encoding))
    assert found == read(save_csv(tmp_path / "b.csv", ROWS))


@pytest.mark.parametrize("text", ["難吃", "唔該", "真的很垃圾", "電話一直打不通,客服也沒有回覆"])
def test_short_texts_in_gb18030_are_not_taken_for_big5(tmp_path: Path, text: str) -> None:
    """Many pairs of bytes are characters of both."""
    (row,) = read(save_csv(tmp_path / "a.csv", [{"text": text}], "gb18030"))
    assert row["text"] == text


def test_gb18030_is_told_from_the_whole_file(tmp_path: Path) -> None:
    """The first Chinese character may stand far behind the beginning."""
    rows = [{"text": f"ok {i}"} for i in range(3000)] + [{"text": "屏幕碎了"}]
    assert read(save_csv(tmp_path / "a.csv", rows, "gb18030"))[-1]["text"] == "屏幕碎了"


def test_gbk_that_happens_to_be_utf8_is_still_gbk(tmp_path: Path) -> None:
    """ "一" in GBK is a valid two-byte UTF-8 sequence of another script."""
    rows = [{"text": "一"}, {"text": "好用"}]
    found = read(save_csv(tmp_path / "a.csv", rows, "gb18030"))
    assert [row["text"] for row in found] == ["一", "好用"]


def test_columns_stand_in_the_order_of_the_design(tmp_path: Path) -> None:
    """Every batch has every column, so that no reader has to ask which are there."""
    batch = read_one(save_csv(tmp_path / "a.csv", ROWS))
    assert batch.rows.schema.names == [*ROW_COLUMNS, "订单号"]


def test_other_columns_pass_through_untouched(tmp_path: Path) -> None:
    """Blanks, leading zeros and case are the company's."""
    path = tmp_path / "a.csv"
    path.write_text("text,编号,备注\n好用, 007 ,\n", encoding="utf-8")
    row = read(path)[0]
    assert (row["编号"], row["备注"]) == (" 007 ", "")


def test_parquet_columns_keep_their_type(tmp_path: Path) -> None:
    """Untouched includes the type where the format has one."""
    rows = [{"text": "好用", "amount": 9.9, "tags": ["a", "b"]}]
    row = read(save_parquet(tmp_path / "a.parquet", rows))[0]
    assert (row["amount"], row["tags"]) == (9.9, ["a", "b"])


def test_json_numbers_stay_numbers_and_mixed_kinds_become_text(tmp_path: Path) -> None:
    """One schema for the file: a kind is kept where all rows agree."""
    rows = [{"text": "好用", "n": 1, "m": 1, "o": {"k": "值"}}, {"text": "好", "n": 2, "m": "x"}]
    first = read(save_jsonl(tmp_path / "a.jsonl", rows))[0]
    assert (first["n"], first["m"], first["o"]) == (1, "1", '{"k": "值"}')


def test_a_json_key_may_appear_late(tmp_path: Path) -> None:
    """The schema must be known before the first batch leaves."""
    rows = [{"text": "好用"}] * 5 + [{"text": "好", "late": "x"}]
    batches = list(read_batches(save_jsonl(tmp_path / "a.jsonl", rows), batch_rows=2))
    assert len({str(batch.rows.schema) for batch in batches}) == 1
    assert batches[-1].rows.to_pylist()[-1]["late"] == "x"


def test_the_text_column_can_have_any_name(tmp_path: Path) -> None:
    """`--text-column` renames it; a column that was called text is kept under another name."""
    path = save_csv(tmp_path / "a.csv", [{"text": "1", "评论": "味道不错"}])
    row = read(path, text_column="评论")[0]
    assert (row["text"], row["input_text"]) == ("味道不错", "1")


def test_a_number_as_text_is_text(tmp_path: Path) -> None:
    """Excel turns a review of "666" into a number."""
    rows = [{"text": 666, "csat": 5}]
    assert read(save_excel(tmp_path / "a.xlsx", rows))[0]["text"] == "666"


def test_a_header_without_rows_gives_one_empty_batch(tmp_path: Path) -> None:
    """An output needs the schema even if there is nothing to write."""
    path = tmp_path / "a.csv"
    path.write_text("text,channel\n")
    assert read_one(path).n_rows_in == 0


def test_batch_rows_must_be_positive(tmp_path: Path) -> None:
    """Zero would read forever."""
    with pytest.raises(ValueError, match="batch_rows must be 1 or more"):
        read_batches(tmp_path / "a.csv", batch_rows=0)


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-05 09:30:00",
        "2026-01-05T09:30:00+08:00",
        "2026-01-05T01:30:00Z",
        "2026/1/5 9:30",
        "2026年1月5日 9时30分",
        "20260105093000",
        "1767576600",
        1767576600000,
    ],
)
def test_moments_are_read_as_people_write_them(tmp_path: Path, written: Any) -> None:
    """Naive means Asia/Shanghai."""
    found, batch = read_cell(tmp_path, "created_at", written)
    assert found == datetime(2026, 1, 5, 9, 30, tzinfo=SHANGHAI)
    assert not batch.warnings


@pytest.mark.parametrize("written", ["昨天", "2026-02-30", "0001-01-01", "123", True, [1]])
def test_a_bad_moment_costs_only_itself(tmp_path: Path, written: Any) -> None:
    """The row is scored as if it came in at the run's `--as-of`."""
    found, batch = read_cell(tmp_path, "created_at", written)
    assert found == AS_OF
    assert [(warning.column, warning.n_cells) for warning in batch.warnings] == [("created_at", 1)]


@pytest.mark.parametrize(
    ("written", "expected"), [("APP", "app"), ("微信", "wechat"), ("mini program", "mini_program")]
)
def test_channels_are_known_by_several_names(tmp_path: Path, written: str, expected: str) -> None:
    """Exports write them in Chinese or with capitals."""
    assert read_cell(tmp_path, "channel", written)[0] == expected


def test_an_unknown_channel_is_other(tmp_path: Path) -> None:
    """And counted, so that a misspelt channel is noticed."""
    found, batch = read_cell(tmp_path, "channel", "传真")
    assert found == "other"
    assert batch.warnings[0].example == "传真"


@pytest.mark.parametrize(
    ("column", "cell", "expected"),
    [
        ("csat", "5", 5.0),
        ("csat", 0, None),
        ("csat", "很好", None),
        ("csat", True, None),
        ("nps", 0, 0.0),
        ("nps", 11, None),
        ("ces", 7, 7.0),
        ("ces", float("nan"), None),
        ("contact_count", "3.0", 3),
        ("contact_count", 0, None),
        ("contact_count", 2.5, None),
        ("customer_tier", "VIP", "vip"),
        ("customer_tier", "黄金", None),
        ("product", 12.0, "12"),
        ("product", {"a": 1}, None),
        ("region", "  ", None),
    ],
)
def test_optional_cells_are_in_range_or_null(
    tmp_path: Path, column: str, cell: Any, expected: Any
) -> None:
    """A score of 11 on a scale to 10 says nothing; the customer's words still do."""
    assert read_cell(tmp_path, column, cell)[0] == expected


def test_customer_ids_are_hashed_with_the_key(tmp_path: Path) -> None:
    """The same customer stays recognisable, whoever has no key cannot tell who it is."""
    ids = [read_cell(tmp_path, "customer_id", cell)[0] for cell in ("1380000", 1380000, "1380001")]
    assert ids[0] == ids[1] != ids[2]
    assert "1380000" not in ids[0]
    other = read(tmp_path / "one.jsonl", customer_key=b"another")[0]["customer_id"]
    assert other != ids[2]


def test_without_a_key_customer_ids_are_dropped(tmp_path: Path) -> None:
    """A plain hash of a phone number can be undone by trying them all."""
    path = save_csv(tmp_path / "a.csv", [{"text": "好用", "customer_id": "13800000000"}])
    batch = read_one(path, customer_key=None)
    assert batch.rows.to_pylist()[0]["customer_id"] is None
    assert batch.warnings[0].column == "customer_id"
    assert "138" not in str(batch.warnings)


def test_a_made_id_has_the_form_of_the_design(tmp_path: Path) -> None:
    """`CF`, the day it was written or the run's day, ten hex digits."""
    dated = {"text": "好用", "created_at": "2026-01-05"}
    path = save_jsonl(tmp_path / "a.jsonl", [dated, {"text": "好用"}])
    ids = [row["feedback_id"] for row in read(path)]
    assert ids[0].startswith("CF20260105") and ids[1].startswith("CF20261123")
    assert {len(id_) for id_ in ids} == {20}


def test_a_given_id_is_kept(tmp_path: Path) -> None:
    """It is how the company finds the row again."""
    path = save_csv(tmp_path / "a.csv", [{"feedback_id": " F-1 ", "text": "好用"}])
    assert read(path)[0]["feedback_id"] == "F-1"


def test_a_repeated_id_is_rejected_with_what_to_do(tmp_path: Path) -> None:
    """Renaming it would hide the row from whoever looks it up; the first keeps it."""
    rows = [{"feedback_id": "F1", "text": "好用"}, {"feedback_id": "F1", "text": "难用"}]
    batches = list(read_batches(save_csv(tmp_path / "a.csv", rows), batch_rows=1))
    assert [batch.rows.num_rows for batch in batches] == [1, 0]
    [rejected] = batches[1].rejected
    assert (rejected.row_number, rejected.code) == (2, "duplicate_id")
    assert "难用" in rejected.raw


def test_equal_rows_get_ids_of_their_own(tmp_path: Path) -> None:
    """A thousand customers wrote "好评" and each is one row."""
    path = save_jsonl(tmp_path / "a.jsonl", [{"text": "好评"}] * 1000)
    ids = [row["feedback_id"] for row in read(path, batch_rows=64)]
    assert len(set(ids)) == 1000


def test_ids_do_not_depend_on_the_batch(tmp_path: Path) -> None:
    """Resuming with another batch size must find the same rows."""
    rows = [{"text": random.Random(i).choice(["好评", "差评", f"第{i}条"])} for i in range(50)]
    path = save_jsonl(tmp_path / "a.jsonl", rows)
    expected = read(path)
    assert all(read(path, batch_rows=size) == expected for size in (1, 7, 50))


def test_ids_do_not_depend_on_the_order_of_different_rows(tmp_path: Path) -> None:
    """Scoring a shuffled file gives the same results row for row."""
    shuffled = random.Random(1).sample(ROWS, len(ROWS))
    one = {row["text"]: row for row in read(save_jsonl(tmp_path / "a.jsonl", ROWS))}
    two = {row["text"]: row for row in read(save_jsonl(tmp_path / "b.jsonl", shuffled))}
    assert one == two


def test_row_numbers_follow_the_file(tmp_path: Path) -> None:
    """A message about row 2 must mean the second row below the header."""
    path = save_jsonl(tmp_path / "a.jsonl", [{"text": "一"}, {"text": ""}, {"text": "三"}])
    batch = read_one(path)
    assert batch.row_numbers == (1, 3)
    assert [row.row_number for row in batch.rejected] == [2]


def test_columns_may_repeat_or_lack_a_name(tmp_path: Path) -> None:
    """Spreadsheets have such headings, and no cell may be lost over them."""
    path = tmp_path / "a.csv"
    path.write_text("text,备注,备注,\n好用,a,b,c\n", encoding="utf-8")
    row = read(path)[0]
    assert (row["备注"], row["备注_2"], row["column_4"]) == ("a", "b", "c")


def test_excel_dates_are_read(tmp_path: Path) -> None:
    """Excel stores moments, not text, and without a zone."""
    rows = [{"text": "好用", "created_at": datetime(2026, 1, 5, 9, 30)}]
    found = read(save_excel(tmp_path / "a.xlsx", rows))[0]["created_at"]
    assert found == datetime(2026, 1, 5, 9, 30, tzinfo=SHANGHAI)


def test_parquet_nanoseconds_are_read(tmp_path: Path) -> None:
    """pandas wrote them for years, and Python has none."""
    path = tmp_path / "a.parquet"
    stamp = pa.array([1767576600 * 10**9 + 1], pa.timestamp("ns", "UTC"))
    pq.write_table(pa.table({"text": ["好用"], "created_at": stamp}), path)
    assert read(path)[0]["created_at"] == datetime(2026, 1, 5, 9, 30, tzinfo=SHANGHAI)


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
)
COLUMNS = st.sampled_from([*ROW_COLUMNS, "订单号", "extra"])


@given(st.lists(st.dictionaries(COLUMNS, CELLS), min_size=1, max_size=12), st.integers(1, 5))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_rows_in_are_rows_kept_and_rejected(
    tmp_path: Path, rows: list[dict[str, Any]], batch_rows: int
) -> None:
    """Whatever stands in the cells, no row is lost and none is counted twice."""
    path = save_jsonl(tmp_path / "any.jsonl", [{"text": "好用"}, *rows])
    batches = list(read_batches(path, batch_rows=batch_rows, customer_key=b"k", as_of=AS_OF))
    numbers = [n for batch in batches for n in batch.row_numbers]
    numbers += [row.row_number for batch in batches for row in batch.rejected]
    assert sorted(numbers) == list(range(1, len(rows) + 2))
    ids = [row["feedback_id"] for batch in batches for row in batch.rows.to_pylist()]
    assert len(set(ids)) == len(ids)


@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12), max_size=9
    )
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_survives_the_way_through_csv(tmp_path: Path, texts: list[str]) -> None:
    """Quotes, commas and line ends inside a quoted cell are the customer's words."""
    path = save_csv(tmp_path / "any.csv", [{"text": "好用"}, *({"text": text} for text in texts)])
    batch = read_one(path)
    found = dict(zip(batch.row_numbers, batch.rows.column("text").to_pylist(), strict=True))
    assert batch.n_rows_in == len(texts) + 1
    assert all(found[n] == texts[n - 2] for n in found if n > 1)


def test_a_later_minute_makes_another_id(tmp_path: Path) -> None:
    """All cells of a row are in its id, so different rows differ."""
    at = datetime(2026, 1, 5)
    rows = [{"text": "好用", "created_at": str(at + timedelta(minutes=i))} for i in range(3)]
    ids = {row["feedback_id"] for row in read(save_jsonl(tmp_path / "a.jsonl", rows))}
    assert len(ids) == 3
