"""What `huiyin queue` does: finds the rows, asks or takes answers, and says what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from models.analysis import FeedbackModel
from models.artifact import DEFAULT_FOLDER
from models.deadlines import SHANGHAI
from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.judgements import Judgement
from pipeline.label_words import LabelWords
from pipeline.ledger import read_ledger, read_ledgers, texts_elsewhere, write_ledger
from pipeline.model_ref import resolve_model
from pipeline.protected import protected_digests
from pipeline.queue_export import Known, choose_items, count_reasons, write_items
from pipeline.queue_import import Import, read_filled
from pipeline.scored_table import read_scored_table


def export(
    output: Path,
    n: int,
    scored: Path | None,
    store: str | None,
    model: str | None,
    corrections: Path,
    protect: list[Path],
) -> dict[str, Any]:
    """Write the queue.

    Args:
        output: .csv, .xlsx or .json.
        n: How many rows at most.
        scored: A file of scored rows; None takes the store.
        store: The store's URL; None reads the environment.
        model: The model whose vectors tell which rows are alike.
        corrections: Folder of earlier corrections.
        protect: Labelled files that must not be learnt from.

    Returns:
        Rows, files and reasons, ready for JSON.

    Raises:
        DataError: If a file cannot be used.
    """
    loaded = FeedbackModel.load(resolve_model(model))
    ledgers = read_ledgers(corrections)
    known = Known(
        frozenset().union(*(ledger.settled() for ledger in ledgers)),
        protected_digests(protect),
        [
            *(said for ledger in ledgers for said in ledger.conflicts().values()),
            *(_stored_conflicts(store) if scored is None else ()),
        ],
    )
    rows = _rows(scored, store)
    items = choose_items(rows, n, loaded.artifact.encoder.encode, known)
    if not items:
        raise DataError(
            "nothing to look at: every row is settled or measures models; score new rows"
        )
    files = write_items(output, items, LabelWords(loaded.artifact.taxonomy))
    return {
        "rows": len(items),
        "files": [str(path) for path in files],
        "reasons": count_reasons(items),
    }


def take_in(
    file: Path, who: str, to: Path | None, store: str | None, protect: list[Path]
) -> dict[str, Any]:
    """Take a filled-in queue in.

    Args:
        file: The filled-in queue.
        who: Who filled it in.
        to: Training rows to write; None writes none.
        store: The store's URL; None leaves it alone.
        protect: Labelled files that must not be learnt from.

    Returns:
        Counts, ready for JSON.

    Raises:
        DataError: If a cell cannot be used; lists rows and fields.
    """
    words = LabelWords(Taxonomy.load(DEFAULT_FOLDER / "taxonomy.yaml"))
    made_at = datetime.now(SHANGHAI).isoformat(timespec="seconds")
    taken = read_filled(file, who, made_at, words, protected_digests(protect))
    n_conflicts = _write_file(to, taken.judgements) if to is not None else 0
    if store is not None:
        from pipeline.queue_store import write_corrections

        n_conflicts = max(n_conflicts, write_corrections(store, taken.judgements))
    return _summary(taken, n_conflicts)


def _stored_conflicts(store: str | None) -> Sequence[Sequence[Judgement]]:
    from pipeline.queue_store import read_conflicts

    return read_conflicts(store)


def _rows(scored: Path | None, store: str | None) -> pd.DataFrame:
    if scored is not None:
        return read_scored_table(scored)
    from pipeline.queue_store import read_candidates

    return read_candidates(store)


def _write_file(to: Path, judgements: tuple[Judgement, ...]) -> int:
    from pipeline.frozen_data import digest_text

    elsewhere = texts_elsewhere(to)
    for judgement in judgements:
        if (name := elsewhere.get(digest_text(judgement.text))) is not None:
            raise DataError(
                f"{judgement.feedback_id}: its text already stands in {to.parent / name}; "
                f"import with --to {to.parent / name}"
            )
    ledger = read_ledger(to).add(judgements)
    write_ledger(to, ledger)
    touched = {digest_text(judgement.text) for judgement in judgements}
    return len(touched & set(ledger.conflicts()))


def _summary(taken: Import, n_conflicts: int) -> dict[str, Any]:
    return {
        "taken": len(taken.judgements),
        "unseen": taken.n_unseen,
        "conflicts": n_conflicts,
        "protected": list(taken.protected),
    }
