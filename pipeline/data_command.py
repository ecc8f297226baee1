"""What `huiyin data` does, and the check of labels that goes with every training."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from models.analysis import FeedbackModel
from models.deadlines import SHANGHAI
from models.taxonomy import Taxonomy
from pipeline.corpus import find_files, read_corpus
from pipeline.label_issues import Encode, Issue, as_table, find_issues, issue_rate
from pipeline.output import atomic_writer
from pipeline.settled import SETTLED_ISSUES, read_settled_keys, settle_issues
from pipeline.sheet_cells import write_csv

RAW, TAXONOMY = Path("data/raw"), Path("data/taxonomy.yaml")


def list_issues(extra: list[Path], output: Path | None, settled: Path) -> dict[str, Any]:
    """List the labels that somebody should look at.

    Args:
        extra: Labelled files or folders besides `data/raw`.
        output: CSV to write; None writes none.
        settled: The settled list.

    Returns:
        Counts and issues, ready for JSON.

    Raises:
        DataError: If a file or label cannot be used.
    """
    corpus = read_corpus(find_files([RAW, *extra]), Taxonomy.load(TAXONOMY))
    encode = FeedbackModel.load().artifact.encoder.encode
    found = find_issues(corpus, encode, read_settled_keys(settled))
    if output is not None:
        table = as_table(found).astype(str)
        with atomic_writer(output) as file:
            file.write(write_csv(list(table.columns), table.to_numpy().tolist()))
    return summarise(found, len(corpus)) | {"issues": [asdict(issue) for issue in found]}


def measure_issues(
    corpus: pd.DataFrame, encode: Encode, settled: Path = SETTLED_ISSUES
) -> dict[str, float]:
    """Count the label issues of what a model is trained on, for its run.

    Args:
        corpus: The prepared corpus; its test rows are left out.
        encode: Turns texts into unit vectors.
        settled: The settled list.

    Returns:
        Metrics `label_issues`: rate, open, rows.
    """
    rows = corpus[corpus["split"] != "test"]
    return summarise(find_issues(rows, encode, read_settled_keys(settled)), len(rows))


def summarise(found: list[Issue], n_rows: int) -> dict[str, float]:
    """Count issues.

    Args:
        found: Unsettled issues.
        n_rows: Rows looked at.

    Returns:
        rate, open, rows.
    """
    return {"rate": issue_rate(found, n_rows), "open": len(found), "rows": n_rows}


def settle_file(issues: Path, who: str, settled: Path) -> int:
    """Take a reader's verdicts over.

    Args:
        issues: What `list_issues` wrote, filled in.
        who: The reader.
        settled: The settled list.

    Returns:
        Questions settled by this.

    Raises:
        DataError: If a verdict cannot be read; names the row.
    """
    return settle_issues(issues, who, datetime.now(SHANGHAI).isoformat(timespec="seconds"), settled)
