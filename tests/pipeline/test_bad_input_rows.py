"""Bad rows: rejected with number, raw content and reason, and never at a good row's expense."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipeline.ingest import Rejected, RowBatch, read_batches


def read(path: Path, content: bytes | str) -> RowBatch:
    """Write a file and read it as one batch."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    [batch] = read_batches(path)
    return batch


def texts(batch: RowBatch) -> list[str]:
    """Give the texts that were kept."""
    found: list[str] = batch.rows.column("text").to_pylist()
    return found


def only_rejected(batch: RowBatch) -> Rejected:
    """Give the one row that was rejected."""
    [rejected] = batch.rejected
    return rejected


@pytest.mark.parametrize("line", ["好用", "好用,app,多余", "好用,app,"])
def test_a_ragged_line_is_rejected_with_its_numbers(tmp_path: Path, line: str) -> None:
    """Guessing which cell is missing would put a channel into the text."""
    batch = read(tmp_path / "a.csv", f"text,channel\n一,app\n{line}\n三,app\n")
    rejected = only_rejected(batch)
    assert texts(batch) == ["一", "三"]
    assert (rejected.row_number, rejected.line_number, rejected.code) == (2, 3, "ragged")
    assert rejected.raw == line
    assert "expected 2 as in the header" in rejected.reason


def test_a_ragged_record_of_two_lines_is_one_row(tmp_path: Path) -> None:
    """Its second line is no row of its own."""
    batch = read(tmp_path / "a.csv", 'text,channel\n"一\n二",app,多\n三,app\n')
    assert texts(batch) == ["三"]
    assert only_rejected(batch).raw == '"一\n二",app,多'


def test_an_open_quote_costs_only_its_own_line(tmp_path: Path) -> None:
    """A plain CSV reader swallows every row up to the next quote, or the whole file."""
    batch = read(tmp_path / "a.csv", 'text,channel\n"坏了,app\n好,app\n"很好",app\n棒,app\n')
    assert texts(batch) == ["好", "很好", "棒"]
    assert (only_rejected(batch).code, only_rejected(batch).raw) == ("broken_quote", '"坏了,app')


def test_an_open_quote_at_the_end_costs_only_its_own_line(tmp_path: Path) -> None:
    """No later quote closes it."""
    batch = read(tmp_path / "a.csv", 'text,channel\n一,app\n"坏了,app\n三,app\n四,app\n')
    assert texts(batch) == ["一", "三", "四"]
    assert only_rejected(batch).row_number == 2


def test_the_rest_of_a_broken_cell_is_no_row(tmp_path: Path) -> None:
    """The tail of a broken cell could look like a row of two cells, and is not one."""
    batch = read(tmp_path / "a.csv", 'text,channel\n"多行\n文本"尾巴,app\n三,app\n')
    assert texts(batch) == ["三"]
    assert only_rejected(batch).raw == '"多行\n文本"尾巴,app'


def test_a_quote_inside_a_plain_cell_is_text(tmp_path: Path) -> None:
    """Inches and quoted words are common in reviews."""
    assert texts(read(tmp_path / "a.csv", 'text,channel\n5"屏幕太小,app\n')) == ['5"屏幕太小']


def test_an_open_quote_does_not_read_the_whole_file_into_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-ahead is given up after a limit, and nothing behind it is lost."""
    monkeypatch.setattr("pipeline.ingest_csv.MAX_RECORD_BYTES", 1000)
    rows = "".join(f"第{i}条,app\n" for i in range(500))
    batch = read(tmp_path / "a.csv", f'text,channel\n"坏了,app\n{rows}')
    assert len(texts(batch)) == 500
    assert only_rejected(batch).row_number == 1


def test_blank_lines_are_no_rows(tmp_path: Path) -> None:
    """Editors leave them at the end of files."""
    assert read(tmp_path / "a.csv", "text,channel\n\n一,app\n  \n\n").n_rows_in == 1


def test_nul_characters_are_taken_out_of_texts(tmp_path: Path) -> None:
    """The words around them can be scored; the run says how many cells it touched."""
    batch = read(tmp_path / "a.csv", "text,channel\n闪\0退,app\n")
    assert texts(batch) == ["闪退"]
    assert [(warning.column, warning.first_row) for warning in batch.warnings] == [("text", 1)]


def test_only_nul_characters_are_no_text(tmp_path: Path) -> None:
    """Nothing is left of them."""
    batch = read(tmp_path / "a.csv", "text,channel\n\0\0,app\n")
    assert only_rejected(batch).code == "unusable_text"


def test_a_gbk_row_in_a_utf8_file_is_rejected_as_escaped_bytes(tmp_path: Path) -> None:
    """Two exports pasted together; decoding it by guess could make nonsense look like text."""
    lines = ["text,channel", "很好用,app", "不好用,app"]
    content = "\n".join(lines).encode() + b"\n" + "卡顿,app\n".encode("gb18030")
    batch = read(tmp_path / "a.csv", content)
    assert texts(batch) == ["很好用", "不好用"]
    rejected = only_rejected(batch)
    assert (rejected.row_number, rejected.line_number, rejected.code) == (3, 4, "encoding")
    assert rejected.raw == "\\xbf\\xa8\\xb6\\xd9,app"


def test_a_utf8_row_in_a_gbk_file_is_rejected(tmp_path: Path) -> None:
    """GB18030 would decode it without complaint into characters nobody wrote."""
    content = "text,channel\n很好用,app\n不好用,app\n".encode("gb18030") + "卡顿了,app\n".encode()
    batch = read(tmp_path / "a.csv", content)
    assert texts(batch) == ["很好用", "不好用"]
    assert only_rejected(batch).code == "encoding"


def test_mixed_encodings_in_jsonl_are_rejected_too(tmp_path: Path) -> None:
    """The same rule for both text formats."""
    good = b"".join(json.dumps({"text": t}, ensure_ascii=False).encode() + b"\n" for t in "一二")
    batch = read(tmp_path / "a.jsonl", good + '{"text": "卡顿"}\n'.encode("gb18030"))
    assert only_rejected(batch).code == "encoding"


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_5_mb_cell_is_rejected_and_kept_raw(tmp_path: Path, suffix: str) -> None:
    """No customer writes that; a log file was pasted, and models would choke on it."""
    huge = "好" * (5_000_000 // 3)
    rows = {".csv": f"text\n{huge}\n好用\n", ".jsonl": f'{{"text":"{huge}"}}\n{{"text":"好用"}}'}
    batch = read(tmp_path / f"a{suffix}", rows[suffix])
    assert texts(batch) == ["好用"]
    rejected = only_rejected(batch)
    assert (rejected.code, rejected.field) == ("too_long", "text")
    assert "expected at most 20,000" in rejected.reason
    assert huge in rejected.raw


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_5_mb_cell_of_another_column_is_rejected_by_name(tmp_path: Path, suffix: str) -> None:
    """It would travel through every later step."""
    path = tmp_path / f"a{suffix}"
    huge = "x" * 5_000_000
    if suffix == ".csv":
        path.write_text(f"text,log\n好用,{huge}\n")
    else:
        pq.write_table(pa.table({"text": ["好用"], "log": [huge]}), path)
    [batch] = read_batches(path)
    assert (only_rejected(batch).code, only_rejected(batch).field) == ("too_long", "log")


def test_a_text_of_20000_characters_is_kept(tmp_path: Path) -> None:
    """The limit itself is still fine."""
    assert len(texts(read(tmp_path / "a.csv", "text\n" + "好" * 20_000))[0]) == 20_000


@pytest.mark.parametrize("text", ["😀", "👍👍👍", "❤️", "。。。", "???", "🫩"])
def test_only_emoji_or_signs_are_kept(tmp_path: Path, text: str) -> None:
    """They say something; which intent they have is the model's to tell, however new they are."""
    assert texts(read(tmp_path / "a.csv", f"text,channel\n{text},app\n")) == [text]


@pytest.mark.parametrize("text", ["", " ", "\u3000\u3000", "\u200b\u200d", "\u3164", "\ufffd"])
def test_blank_and_invisible_texts_are_rejected(tmp_path: Path, text: str) -> None:
    """There is nothing to answer."""
    rejected = only_rejected(read(tmp_path / "a.csv", f"text,channel\n{text},app\n"))
    assert rejected.code in ("missing_text", "unusable_text")
    assert rejected.field == "text"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"text": "好用"', "bad_json"),
        ('["好用"]', "bad_json"),
        ("{}", "missing_text"),
        ('{"channel": "app"}', "missing_text"),
        ('{"text": null}', "missing_text"),
        ('{"text": ["好用"]}', "wrong_type"),
        ('{"text": true}', "wrong_type"),
        ("[" * 100_000, "bad_json"),
        (f'{{"text": "好", "n": {"9" * 5000}}}', "bad_json"),
    ],
)
def test_a_bad_json_line_is_rejected(tmp_path: Path, line: str, code: str) -> None:
    """One broken line must not stop the file."""
    batch = read(tmp_path / "a.jsonl", f'{{"text": "一"}}\n{line}\n{{"text": "三"}}\n')
    assert texts(batch) == ["一", "三"]
    rejected = only_rejected(batch)
    assert (rejected.line_number, rejected.code, rejected.raw) == (2, code, line)


def test_half_a_surrogate_pair_in_json_is_replaced(tmp_path: Path) -> None:
    """JSON can write it and no output format can hold it; the other words are good."""
    assert texts(read(tmp_path / "a.jsonl", '{"text": "好\\ud83d用"}')) == ["好\ufffd用"]


def test_parquet_text_that_is_not_utf8_is_rejected(tmp_path: Path) -> None:
    """Some exporters declare GBK bytes to be text."""
    cells = pa.array([b"\xba\xc3", "好".encode()], pa.binary())
    array = pa.Array.from_buffers(pa.string(), 2, cells.buffers())
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": array}), path)
    [batch] = read_batches(path)
    assert texts(batch) == ["好"]
    assert only_rejected(batch).code == "encoding"
    assert "\\xba\\xc3" in json.loads(only_rejected(batch).raw)["text"]


def test_cells_beyond_the_excel_header_are_rejected(tmp_path: Path) -> None:
    """They have no column to go to."""
    import openpyxl

    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["text"], ["一"], [], ["二", "多余"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    [batch] = read_batches(tmp_path / "a.xlsx")
    assert texts(batch) == ["一"]
    rejected = only_rejected(batch)
    assert (rejected.row_number, rejected.line_number, rejected.code) == (2, 4, "ragged")


@given(st.binary(max_size=200), st.integers(1, 4))
@example(b'"', 1)
@example(b'a,"b\nc,d\n"e', 2)
@example(b"a\rb,c\n", 1)
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_bytes_below_a_csv_header_are_kept_or_rejected(
    tmp_path: Path, body: bytes, batch_rows: int
) -> None:
    """No byte makes reading fail, and what is not blank is in some row."""
    path = tmp_path / "any.csv"
    path.write_bytes(b"text,channel\n" + body)
    batches = list(read_batches(path, batch_rows=batch_rows))
    numbers = [n for batch in batches for n in batch.row_numbers]
    numbers += [row.row_number for batch in batches for row in batch.rejected]
    assert sorted(numbers) == list(range(1, len(numbers) + 1))
    assert numbers or not any(byte < 128 and chr(byte).isalnum() for byte in body)
