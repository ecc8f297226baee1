"""`huiyin queue import`: what people filled in, checked cell by cell, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.errors import DataError
from models.privacy import mask
from models.text import normalize
from pipeline.data_contract import quoted
from pipeline.frozen_data import digest_text
from pipeline.judgements import Judgement, read_labels
from pipeline.label_studio import read_annotations
from pipeline.label_words import LabelWords, Problem
from pipeline.queue_items import NEEDED
from pipeline.sheet_cells import Row, read_table

_MAX_LISTED = 20


@dataclass(frozen=True)
class Import:
    """What a file holds.

    Attributes:
        judgements: What people said.
        n_unseen: Rows that nobody marked as looked at.
        protected: Rows left out because they measure models, with what they belong to.
    """

    judgements: tuple[Judgement, ...]
    n_unseen: int
    protected: tuple[str, ...]


def read_filled(
    path: Path, who: str, made_at: str, words: LabelWords, protected: Mapping[str, str]
) -> Import:
    """Read a filled-in queue.

    Args:
        path: .csv or .xlsx from `huiyin queue export`, or Label Studio's JSON export.
        who: Who filled it in.
        made_at: When, ISO 8601.
        words: Titles of the labels.
        protected: Digests that must not be learnt from, to what they belong to.

    Returns:
        What it holds.

    Raises:
        DataError: If any cell cannot be used; lists row, field and what was expected.
    """
    if not who.strip():
        raise DataError("--who is empty; expected the name of the person who labelled")
    if path.suffix.lower() == ".json":
        rows = read_annotations(path, who)
    else:
        rows = [(who, row) for row in read_table(path)]
        _refuse_columns(path, rows)
    seen = [(person, row) for person, row in rows if words.is_checked(row[1].get("checked", ""))]
    judgements, problems = [], _unreadable_marks(rows, words)
    for person, (number, cells) in seen:
        judgement, found = _judge(number, cells, person, made_at, words)
        problems += found
        judgements += [judgement] if judgement else []
    if problems:
        listed = "\n  ".join(map(str, problems[:_MAX_LISTED]))
        more = f"\n  … 共 {len(problems)} 处" if len(problems) > _MAX_LISTED else ""
        raise DataError(f"{path}: 没有导入,{len(problems)} 处要改\n  {listed}{more}")
    places = {j.feedback_id: protected.get(digest_text(j.text)) for j in judgements}
    kept = tuple(j for j in judgements if places[j.feedback_id] is None)
    left_out = tuple(f"{k}({v})" for k, v in places.items() if v is not None)
    return Import(kept, len(rows) - len(seen), left_out)


def _refuse_columns(path: Path, rows: Sequence[tuple[str, Row]]) -> None:
    if not rows:
        raise DataError(f"{path}: has no rows")
    missing = [name for name in NEEDED if name not in rows[0][1][1]]
    if missing:
        raise DataError(
            f"{path}: lacks the columns {', '.join(missing)}; "
            "expected what huiyin queue export wrote"
        )


def _unreadable_marks(rows: Sequence[tuple[str, Row]], words: LabelWords) -> list[Problem]:
    """Refuse a mark that is neither yes nor empty: a row must not be lost for a spelling."""
    no = ("", "否", "no", "n", "false", "0")
    return [
        Problem(number, "checked", f"{quoted(cells['checked'])},应为「是」或留空")
        for _, (number, cells) in rows
        if not words.is_checked(cells.get("checked", ""))
        and cells.get("checked", "").strip().lower() not in no
    ]


def _judge(
    number: int, cells: Mapping[str, str], who: str, made_at: str, words: LabelWords
) -> tuple[Judgement | None, list[Problem]]:
    labels, problems = words.read(number, cells)
    text = mask(normalize(cells.get("text", ""))).text
    if not cells.get("feedback_id"):
        problems.append(Problem(number, "feedback_id", "是空的,应为导出时的编号"))
    if not text or digest_text(text) != cells.get("key"):
        problems.append(Problem(number, "text", "与导出时不同,应为没有改过的客户原话"))
    try:
        read_labels(cells.get("old", ""))
    except DataError as error:
        problems.append(Problem(number, "old", str(error)))
    if problems or labels is None:
        return None, problems
    return (
        Judgement(
            cells["feedback_id"],
            text,
            cells.get("channel", ""),
            labels,
            cells["old"],
            cells.get("model_version", ""),
            who.strip(),
            made_at,
            cells.get("note", ""),
        ),
        [],
    )
