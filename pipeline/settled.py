"""What people settled: judged label issues, and corrections to compare models on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.corpus import read_corpus
from pipeline.data_contract import quoted
from pipeline.output import atomic_writer
from pipeline.sheet_cells import read_table, write_csv

SETTLED_ISSUES = Path("data/settled-labels.csv")
CORRECTIONS = Path("data/raw/corrections")
COLUMNS = ("key", "id", "field", "given", "verdict", "who", "made_at")
_KEEP = ("保留", "keep", "ok", "对")
_TAXONOMY = Path("data/taxonomy.yaml")


def read_settled_keys(path: Path = SETTLED_ISSUES) -> frozenset[str]:
    """Read which questions about labels were answered.

    Args:
        path: The settled list; may be missing.

    Returns:
        Keys of `label_issues.Issue`.
    """
    if not path.is_file():
        return frozenset()
    return frozenset(cells.get("key", "") for _, cells in read_table(path))


def settle_issues(issues: Path, who: str, made_at: str, path: Path = SETTLED_ISSUES) -> int:
    """Take a reader's verdicts over into the settled list.

    Args:
        issues: What `huiyin data issues -o` wrote, its column `verdict` filled in.
        who: The reader.
        made_at: When, ISO 8601.
        path: The settled list.

    Returns:
        Questions settled by this.

    Raises:
        DataError: If a verdict is no verdict; names the row.
    """
    filled = [(n, cells) for n, cells in read_table(issues) if cells.get("verdict")]
    for number, cells in filled:
        if cells["verdict"].lower() in _KEEP:
            continue
        raise DataError(
            f"{issues}: row {number}: verdict is {quoted(cells['verdict'])}, expected 保留 or "
            "empty; a wrong label is corrected in its own file, which settles it"
        )
    known = (
        [[cells.get(c, "") for c in COLUMNS] for _, cells in read_table(path)]
        if path.is_file()
        else []
    )
    keys = {row[0] for row in known}
    new = [
        [c["key"], c["id"], c["field"], c["given"], "保留", who, made_at]
        for _, c in filled
        if c["key"] not in keys
    ]
    with atomic_writer(path) as file:
        file.write(write_csv(COLUMNS, [*known, *new]))
    return len(new)


def read_settled(file: Path | None = None, store: str | None = None) -> pd.DataFrame | None:
    """Read settled corrections to compare models on.

    Args:
        file: Labelled CSV or a folder of them; None takes `data/raw/corrections` if it is there.
        store: A database to take them from instead.

    Returns:
        Labelled rows; None if there are none.

    Raises:
        DataError: If a file cannot be used.
        StoreError: If the database cannot be reached.
    """
    if store is not None:
        from pipeline.queue_store import read_corrections

        rows = read_corrections(store)
        return rows if len(rows) else None
    place = file or CORRECTIONS
    if file is None and not place.is_dir():
        return None
    files: Sequence[Path] = sorted(place.rglob("*.csv")) if place.is_dir() else [place]
    return read_corpus(files, Taxonomy.load(_TAXONOMY)) if files else None
