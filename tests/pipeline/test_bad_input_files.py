"""Bad files: one clear line that names the file, what is wrong and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.errors import DataError
from pipeline.ingest import read_batches


def refusal(path: Path, content: bytes | None = None, **options: str) -> str:
    """Read a file that must be refused and give the message."""
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_batches(path, text_column=options.get("text_column", "text"))
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert "\n" not in message
    return message


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet", ".xlsx"])
def test_an_empty_file_is_refused(tmp_path: Path, suffix: str) -> None:
    """An export that failed; scoring nothing in silence would hide it."""
    assert "is empty" in refusal(tmp_path / f"a{suffix}", b"")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@pytest.mark.parametrize("content", [b"\xef\xbb\xbf", b"\n\n \n"])
def test_a_file_of_blanks_is_empty(tmp_path: Path, suffix: str, content: bytes) -> None:
    """A byte order mark or line ends alone are no content."""
    assert "is empty" in refusal(tmp_path / f"a{suffix}", content)


def test_without_text_column_the_columns_are_listed_and_the_nearest_named(tmp_path: Path) -> None:
    """So that the next command can be copied from the message."""
    message = refusal(tmp_path / "a.csv", "id,Texts,评论\n1,a,b\n".encode())
    assert "no column 'text'; found 'id', 'Texts', '评论'" in message
    assert "the nearest is 'Texts': use --text-column Texts" in message


def test_without_text_column_and_nothing_near_the_option_is_named(tmp_path: Path) -> None:
    """A wrong guess would be worse than none."""
    message = refusal(tmp_path / "a.csv", "编号,评论\n1,好\n".encode())
    assert message.endswith("name the column with the customers' words with --text-column")


@pytest.mark.parametrize("columns", [["编号", "评论"], ["text", "channel"], ["id", "text"]])
@pytest.mark.parametrize(("separator", "name"), [(";", "semicolons"), ("\t", "tabs")])
def test_another_separator_is_named(
    tmp_path: Path, separator: str, name: str, columns: list[str]
) -> None:
    """Excel in some countries writes them; "text;channel" is no misspelt "text"."""
    content = separator.join(columns) + "\n"
    assert f"separated by {name}" in refusal(tmp_path / "a.csv", content.encode())


def test_jsonl_without_any_text_lists_all_keys(tmp_path: Path) -> None:
    """The keys of all rows, not of the first alone."""
    message = refusal(tmp_path / "a.jsonl", b'{"id": 1}\n{"content": "x"}\n')
    assert "found 'id', 'content'" in message


def test_a_file_that_is_no_jsonl_at_all_is_refused(tmp_path: Path) -> None:
    """A JSON array in one piece, say."""
    message = refusal(tmp_path / "a.jsonl", b'[\n"x"\n]\n')
    assert "no line of the file is an object" in message


def test_the_text_column_twice_is_refused(tmp_path: Path) -> None:
    """Either could be meant."""
    assert "'text' stands twice" in refusal(tmp_path / "a.csv", b"text,text\na,b\n")


def test_a_broken_header_is_refused(tmp_path: Path) -> None:
    """Without column names no row can be read."""
    assert "line 1: the header cannot be read" in refusal(tmp_path / "a.csv", b'"text,a\nb,c\n')


def test_utf16_is_named(tmp_path: Path) -> None:
    """Excel's "Unicode text" looks like a CSV full of NUL bytes."""
    assert "UTF-16" in refusal(tmp_path / "a.csv", "text\n好用\n".encode("utf-16"))


@pytest.mark.parametrize("words", ["驗證碼一直收不到,客服也沒有回覆", "店員態度很差,餐點也冷掉了"])
def test_big5_is_named(tmp_path: Path, words: str) -> None:
    """As GB18030 it would be read without an error, as nonsense."""
    assert "looks like Big5" in refusal(tmp_path / "a.csv", f"text\n{words}\n".encode("cp950"))


@pytest.mark.parametrize(
    ("marker", "message"),
    [("EncryptedPackage", "has a password"), ("Workbook", "is an old .xls workbook")],
)
def test_excel_with_a_password_is_refused(tmp_path: Path, marker: str, message: str) -> None:
    """Both are OLE containers; the entry's name tells which."""
    content = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600) + marker.encode("utf-16-le")
    refused = refusal(tmp_path / "a.xlsx", content)
    assert message in refused
    assert "save it as .xlsx without a password" in refused


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_a_file_of_another_format_is_refused(tmp_path: Path, suffix: str) -> None:
    """A renamed CSV."""
    assert "is not a readable" in refusal(tmp_path / f"a{suffix}", b"text\nabc\n")


def _rewritten(path: Path, member: str, content: bytes, broken_at: int | None = None) -> bytes:
    """Give a sound workbook with one of its members replaced, its packed bytes broken or not."""
    import zipfile

    import openpyxl

    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (["text"], *([f"第{i}条,很难用"] for i in range(200))):
        book.active.append(row)
    book.save(path)
    with zipfile.ZipFile(path) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in parts.items():
            new.writestr(name, content if name == member and content else part)
        at = new.getinfo(member).header_offset + 30 + len(member)
    packed = bytearray(path.read_bytes())
    if broken_at is not None:
        packed[at + broken_at : at + broken_at + 8] = b"\xff" * 8
    return bytes(packed)


_NAMELESS_STYLE = (
    b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    b"<cellStyles><cellStyle xfId='0'/></cellStyles><fills><fill/></fills></styleSheet>"
)


@pytest.mark.parametrize(
    ("member", "content", "broken_at"),
    [("xl/styles.xml", _NAMELESS_STYLE, None), ("xl/worksheets/sheet1.xml", b"", 0)],
)
def test_a_workbook_that_openpyxl_trips_over_is_one_clear_line(
    tmp_path: Path, member: str, content: bytes, broken_at: int | None
) -> None:
    """Strange exporters leave styles without names, bad disks broken zips: both were tracebacks."""
    path = tmp_path / "a.xlsx"
    path.write_bytes(_rewritten(path, member, content, broken_at))
    assert "is not a readable Excel workbook" in refusal(path)


@pytest.mark.parametrize("name", ["a.docx", "a.xls", "a"])
def test_an_unsupported_suffix_lists_the_supported(tmp_path: Path, name: str) -> None:
    """The user may be one export setting away."""
    assert ".csv, .jsonl" in refusal(tmp_path / name, b"x")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    """The commonest slip of all."""
    assert "does not exist; check the path" in refusal(tmp_path / "nowhere.csv")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    """Even one with a fitting name."""
    (tmp_path / "a.csv").mkdir()
    assert "is a folder" in refusal(tmp_path / "a.csv")


def test_an_unreadable_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Root may read everything, so the refusal is played."""
    path = tmp_path / "a.csv"
    path.write_text("text\n好用\n")

    def forbid(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", forbid)
    assert "may not be read; check its permissions" in refusal(path)


def test_a_damaged_parquet_says_after_which_row(tmp_path: Path) -> None:
    """The rows before it were read; the message says how far."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": [f"第{i}条" for i in range(9999)]}), path)
    content = bytearray(path.read_bytes())
    content[4:200] = bytes(196)
    path.write_bytes(content)
    with pytest.raises(DataError, match="is damaged after row 0"):
        list(read_batches(path))
