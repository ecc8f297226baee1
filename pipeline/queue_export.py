"""`huiyin queue export`: the rows most worth a person's time, as a table or for Label Studio."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from models.errors import DataError
from pipeline.frozen_data import digest_text
from pipeline.judgements import Judgement, Labels, read_labels
from pipeline.label_studio import make_config, make_tasks
from pipeline.label_words import LabelWords
from pipeline.output import atomic_writer
from pipeline.queue_items import HEADER, QueueItem, item_cells
from pipeline.queue_select import explain, pick_diverse, shortlist, worth
from pipeline.queue_sheet import write_workbook
from pipeline.sheet_cells import write_csv

SUFFIXES = (".csv", ".xlsx", ".json")
CONFLICT = "两人判得不同"
Encode = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Known:
    """What need not, or must not, be asked.

    Attributes:
        settled: Digests of texts that people settled.
        protected: Digests of texts that measure models.
        conflicts: Rows on which people differ; they come first.
    """

    settled: Container[str]
    protected: Container[str]
    conflicts: Sequence[Sequence[Judgement]]


def choose_items(rows: pd.DataFrame, n: int, encode: Encode, known: Known) -> list[QueueItem]:
    """Choose rows for the queue.

    Args:
        rows: Scored rows, see `queue_select.ROW_COLUMNS`.
        n: How many at most.
        encode: Turns texts into unit vectors.
        known: What is settled, protected or disputed.

    Returns:
        Disputed rows, then doubtful, urgent and different ones.
    """
    disputed = [_disputed(said) for said in known.conflicts][:n]
    taken = {digest_text(item.text) for item in disputed}
    digests = [digest_text(text) for text in rows["text"]]
    is_open = [
        d not in known.settled and d not in known.protected and d not in taken for d in digests
    ]
    left = rows[is_open].drop_duplicates("text").reset_index(drop=True)
    left = left[left["text"] != ""].reset_index(drop=True)
    short = left.iloc[shortlist(left, n)].reset_index(drop=True)
    if short.empty or len(disputed) == n:
        return disputed
    vectors = encode(list(short["text"]))
    picked = pick_diverse(worth(short), vectors, n - len(disputed))
    cells = short.to_dict("records")
    return disputed + [_item({str(k): v for k, v in cells[i].items()}) for i in picked]


def write_items(output: Path, items: Sequence[QueueItem], words: LabelWords) -> list[Path]:
    """Write the queue.

    Args:
        output: .csv, .xlsx, or .json for Label Studio.
        items: The rows.
        words: Titles of the labels.

    Returns:
        The files written; Label Studio's labelling page comes beside its tasks.

    Raises:
        DataError: If the suffix is unknown or the file cannot be written.
    """
    suffix = output.suffix.lower()
    if suffix not in SUFFIXES:
        raise DataError(
            f"{output}: cannot write {suffix or 'a file without suffix'}; use {', '.join(SUFFIXES)}"
        )
    with atomic_writer(output) as file:
        if suffix == ".csv":
            file.write(write_csv(HEADER, [item_cells(item, words) for item in items]))
        elif suffix == ".xlsx":
            write_workbook(file, items, words)
        else:
            file.write(json.dumps(make_tasks(items, words), ensure_ascii=False, indent=1).encode())
    if suffix != ".json":
        return [output]
    page = output.with_suffix(".config.xml")
    with atomic_writer(page) as file:
        file.write(make_config(words).encode())
    return [output, page]


def count_reasons(items: Sequence[QueueItem]) -> dict[str, int]:
    """Count why rows were chosen.

    Args:
        items: The rows.

    Returns:
        Reason to rows.
    """
    return dict(Counter(reason.partition("(")[0] for item in items for reason in item.reasons))


def _disputed(said: Sequence[Judgement]) -> QueueItem:
    last = said[-1]
    told = ";".join(f"{j.who} {j.new}" for j in said)
    return QueueItem(
        last.feedback_id,
        last.text,
        (CONFLICT, told),
        last.channel,
        0.0,
        read_labels(last.old),
        last.model_version,
    )


def _item(row: Mapping[str, object]) -> QueueItem:
    types = row["types"]
    assert isinstance(types, tuple)
    old = Labels(
        str(row["intent"]),
        types or (str(row["type"]),),
        str(row["subtype"]),
        str(row["urgency"]),
    )
    return QueueItem(
        str(row["feedback_id"]),
        str(row["text"]),
        explain(dict(row)),
        str(row["channel"]),
        float(str(row["confidence"])),
        old,
        str(row["model_version"]),
    )
