"""Which files a model was made from, each with its digest."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd

from models.artifact import file_digest


def describe_files(files: Iterable[Path]) -> list[dict[str, Any]]:
    """Put down what was read, so that it can be found, or found changed, a year later.

    Args:
        files: Labelled files.

    Returns:
        Path, bytes and SHA-256 of each, in order of path.
    """
    return [
        {"path": str(path), "bytes": path.stat().st_size, "sha256": file_digest(path)}
        for path in sorted(files)
    ]


def count_sources(corpus: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Count the rows of each source in each split.

    Args:
        corpus: The prepared corpus.

    Returns:
        Source to split to rows.
    """
    table = pd.crosstab(corpus["source"], corpus["split"])
    return {str(k): {str(s): int(n) for s, n in row.items()} for k, row in table.iterrows()}
