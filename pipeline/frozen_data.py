"""What a run keeps of its data, so that models can be compared later on rows none of them saw.

`frozen/test.parquet` holds the test rows, `frozen/seen.txt` digests of all texts that were trained
or calibrated on, `frozen/labels.parquet` their labels and what the other rows say of them.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from models.errors import StoreError
from models.privacy import mask
from models.text import normalize
from pipeline.tracked_run import Run
from pipeline.tracking import TrackingSettings, load_mlflow, store_errors

FOLDER, TEST, SEEN, LABELLED = "frozen", "test.parquet", "seen.txt", "labels.parquet"
_N_HEX = 16


@dataclass(frozen=True)
class FrozenData:
    """The data of one run.

    Attributes:
        test: Its test rows.
        seen: Digests of the texts that it was trained or calibrated on.
        labels: Their labels; see `label_evidence.weigh_labels`; None if it kept none.
    """

    test: pd.DataFrame
    seen: frozenset[str]
    labels: pd.DataFrame | None = None


def digest_text(text: str) -> str:
    """Digest a text so that the same words give the same digest, however they were typed.

    Args:
        text: Raw or normalised.

    Returns:
        16 hex digits.
    """
    plain = mask(normalize(text)).text
    return hashlib.sha256(plain.encode()).hexdigest()[:_N_HEX]


def digest_texts(texts: Iterable[str]) -> frozenset[str]:
    """Digest many texts.

    Args:
        texts: Raw or normalised.

    Returns:
        Their digests.
    """
    return frozenset(map(digest_text, texts))


def freeze(corpus: pd.DataFrame) -> FrozenData:
    """Part the rows that measure from those that teach.

    Args:
        corpus: The prepared corpus with its splits.

    Returns:
        What a run keeps.
    """
    is_test = corpus["split"] == "test"
    seen = digest_texts(corpus.loc[~is_test, "text"])
    return FrozenData(corpus[is_test].reset_index(drop=True), seen)


def log_frozen(run: Run, corpus: pd.DataFrame, labels: pd.DataFrame | None = None) -> None:
    """Keep a run's test rows and what it saw among its artifacts.

    Args:
        run: The open run.
        corpus: The prepared corpus with its splits.
        labels: What `label_evidence.weigh_labels` says of the rows that teach.
    """
    frozen = freeze(corpus)
    with tempfile.TemporaryDirectory() as folder:
        frozen.test.to_parquet(Path(folder) / TEST, index=False)
        (Path(folder) / SEEN).write_text("\n".join(sorted(frozen.seen)), encoding="ascii")
        if labels is not None:
            labels.to_parquet(Path(folder) / LABELLED, index=False)
        run.log_file(Path(folder), FOLDER)


def fetch_frozen(run_id: str, settings: TrackingSettings) -> FrozenData | None:
    """Read what a run kept.

    Args:
        run_id: The run.
        settings: Where it is.

    Returns:
        Its data; None if it kept none.

    Raises:
        StoreError: If what it kept cannot be read.
    """
    from mlflow.exceptions import MlflowException

    mlflow = load_mlflow()
    with tempfile.TemporaryDirectory() as folder:
        try:
            place = mlflow.artifacts.download_artifacts(
                run_id=run_id,
                artifact_path=FOLDER,
                dst_path=folder,
                tracking_uri=settings.mlflow_uri,
            )
        except (MlflowException, OSError):  # which of them depends on the artifact store
            return None
        with store_errors(settings):
            return _read(Path(place), run_id)


def _read(place: Path, run_id: str) -> FrozenData | None:
    if not (place / TEST).is_file():
        return None
    try:
        test = pd.read_parquet(place / TEST)
        seen = frozenset((place / SEEN).read_text(encoding="ascii").split())
        labels = pd.read_parquet(place / LABELLED) if (place / LABELLED).is_file() else None
    except (OSError, ValueError) as error:
        raise StoreError(f"run {run_id}: {FOLDER}/ is damaged ({error}); retrain") from error
    return FrozenData(test, seen, labels)
