"""Find the two models to compare, and the rows that neither of them was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from models.errors import DataError, StoreError
from pipeline.frozen_data import FrozenData, digest_text, fetch_frozen
from pipeline.registered import MODEL_NAME, RegisteredVersion
from pipeline.registry import CHAMPION, list_versions, resolve
from pipeline.tracking import TrackingSettings

CHALLENGER = "challenger"
ISSUE_RATE = "label_issues.rate"
CORPUS = Path("data/processed/corpus.parquet")


@dataclass(frozen=True)
class Entrant:
    """A model that was named.

    Attributes:
        ref: How it is called.
        folder: Its files.
        registered: Its entry in the registry; None for a plain folder.
        frozen: What its run kept; None if nothing.
    """

    ref: str
    folder: Path
    registered: RegisteredVersion | None
    frozen: FrozenData | None

    @property
    def issue_rate(self) -> float | None:
        """Unsettled label issues a row of what it was trained on; None if unknown."""
        return None if self.registered is None else self.registered.metrics.get(ISSUE_RATE)


@dataclass(frozen=True)
class Rows:
    """Rows to compare on.

    Attributes:
        rows: Labelled rows.
        left_out: How many were left out because a model was trained on them.
        note: Where they come from.
    """

    rows: pd.DataFrame
    left_out: int
    note: str


def find_entrant(ref: str, settings: TrackingSettings | None = None) -> Entrant:
    """Find a model.

    Args:
        ref: A version number, champion or another alias, newest, `models:/huiyin/3`, or a folder.
        settings: Where the registry is; None reads the environment.

    Returns:
        The model.

    Raises:
        StoreError: If there is no such model; names those that exist.
    """
    settings = settings or TrackingSettings()
    if Path(ref).is_dir():
        return Entrant(ref, resolve(ref, settings), None, None)
    found = _find_version(ref.removeprefix(f"models:/{MODEL_NAME}").lstrip("@/"), settings)
    folder = resolve(f"models:/{MODEL_NAME}/{found.version}", settings)
    frozen = fetch_frozen(found.run_id, settings) if found.run_id else None
    return Entrant(f"{MODEL_NAME} 第 {found.version} 版", folder, found, frozen)


def find_test_rows(before: Entrant, after: Entrant, corpus: Path = CORPUS) -> Rows:
    """Take the frozen test rows of the champion; rows that the challenger saw are left out.

    The champion's come first: a challenger must not bring the labels it is judged by.

    Args:
        before: The champion.
        after: The challenger.
        corpus: The prepared corpus, for models that kept nothing.

    Returns:
        The rows.

    Raises:
        DataError: If there are no test rows anywhere.
    """
    for entrant in (before, after):
        if entrant.frozen is not None and len(entrant.frozen.test):
            return _unseen(
                entrant.frozen.test, (before, after), f"测试集取自{entrant.ref}的训练记录"
            )
    if not corpus.is_file():
        raise DataError(
            f"{corpus}: there is no test set: neither model kept one; run dvc repro, or train both "
            "with huiyin train"
        )
    rows = pd.read_parquet(corpus)
    test = rows[rows["split"] == "test"].reset_index(drop=True)
    return _unseen(test, (before, after), f"测试集取自 {corpus}")


def find_unseen(rows: pd.DataFrame, before: Entrant, after: Entrant) -> Rows:
    """Leave out the rows that one of the models was trained on.

    Args:
        rows: Labelled rows, such as corrections.
        before: The champion.
        after: The challenger.

    Returns:
        The others.
    """
    return _unseen(rows, (before, after), f"更正共 {len(rows)} 条")


def _find_version(name: str, settings: TrackingSettings) -> RegisteredVersion:
    versions = list_versions(settings)
    if name == "newest":
        return _newest(versions)
    for found in versions:
        if name in (str(found.version), *found.aliases):
            return found
    if name == CHALLENGER:
        return _newest(versions)
    known = ", ".join(str(v.version) for v in versions)
    aliases = ", ".join(sorted({a for v in versions for a in v.aliases})) or "none"
    raise StoreError(
        f"{name}: no such model; expected a folder, one of the versions {known}, "
        f"an alias ({aliases}), or newest"
    )


def _newest(versions: Sequence[RegisteredVersion]) -> RegisteredVersion:
    others = [v for v in versions if CHAMPION not in v.aliases]
    if not others:
        raise StoreError(f"{MODEL_NAME} has no version but the champion; train one: huiyin train")
    return max(others, key=lambda v: v.version)


def _unseen(rows: pd.DataFrame, entrants: Sequence[Entrant], note: str) -> Rows:
    seen: frozenset[str] = frozenset().union(*(e.frozen.seen for e in entrants if e.frozen))
    is_new = [digest_text(text) not in seen for text in rows["text"]]
    kept = rows[is_new].reset_index(drop=True)
    return Rows(kept, len(rows) - len(kept), note)
