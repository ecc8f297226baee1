"""Texts that measure models and so must never teach them: gold rows and frozen test rows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from models.errors import DataError
from pipeline.frozen_data import digest_texts
from pipeline.sheet_cells import read_table

GOLD = Path("data/gold")
CORPUS = Path("data/processed/corpus.parquet")


def protected_digests(
    extra: Sequence[Path] = (), gold: Path = GOLD, corpus: Path = CORPUS
) -> dict[str, str]:
    """Digest the texts that must not be learnt from.

    Args:
        extra: Further labelled files, or folders of them.
        gold: The folder of gold rows; may be missing.
        corpus: The prepared corpus, whose test rows count; may be missing.

    Returns:
        Digest of the text to what it belongs to.

    Raises:
        DataError: If a named file has no texts.
    """
    found: dict[str, str] = {}
    if corpus.is_file():
        rows = pd.read_parquet(corpus, columns=["text", "split"])
        test = rows.loc[rows["split"] == "test", "text"]
        found |= dict.fromkeys(digest_texts(test), "冻结的测试集")
    for place in (*([gold] if gold.is_dir() else []), *extra):
        for path in sorted(place.rglob("*.csv")) if place.is_dir() else [place]:
            found |= dict.fromkeys(digest_texts(_texts(path)), str(path.name))
    return found


def _texts(path: Path) -> list[str]:
    rows = [cells for _, cells in read_table(path)]
    if rows and "text" not in rows[0]:
        raise DataError(f"{path}: has no column text; expected labelled rows to protect")
    return [cells["text"] for cells in rows]
