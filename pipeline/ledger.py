"""Corrections on file: a journal that only grows, and the training rows that follow from it.

Beside `NAME.csv`, which `huiyin train` reads, stands `NAME.judgements.jsonl` with everything that
anybody ever said. The CSV is written anew from it each time, so a row on which two people differ
leaves it and comes back once they agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from models.errors import DataError
from pipeline.frozen_data import digest_text
from pipeline.judgements import NO_CAUSE, Judgement, Labels, latest_by_person, settle
from pipeline.output import atomic_writer
from pipeline.sheet_cells import read_table, write_csv

SUFFIX = ".judgements.jsonl"
COLUMNS = (
    *("id", "text", "intent", "type", "types", "subtype", "urgency", "cause"),
    *("trade", "channel", "pair", "confidence"),
    *("feedback_id", "who", "made_at", "model_version", "old", "new"),
)
_SURE = "sure"


@dataclass(frozen=True)
class Ledger:
    """All judgements of one file.

    Attributes:
        by_text: Digest of the text to its judgements, oldest first.
    """

    by_text: dict[str, tuple[Judgement, ...]]

    def settled(self) -> dict[str, Labels]:
        """Give the labels that hold, by digest of the text."""
        found = {digest: settle(said) for digest, said in self.by_text.items()}
        return {digest: labels for digest, labels in found.items() if labels is not None}

    def conflicts(self) -> dict[str, tuple[Judgement, ...]]:
        """Give the rows on which people differ, by digest of the text."""
        settled = self.settled()
        return {digest: said for digest, said in self.by_text.items() if digest not in settled}

    def add(self, judgements: Iterable[Judgement]) -> Ledger:
        """Add judgements.

        Args:
            judgements: In the order they came in.

        Returns:
            A new ledger.
        """
        grown = dict(self.by_text)
        for judgement in judgements:
            digest = digest_text(judgement.text)
            grown[digest] = (*grown.get(digest, ()), judgement)
        return Ledger(grown)


def journal_path(csv_file: Path) -> Path:
    """Name the journal of a file.

    Args:
        csv_file: The training rows.

    Returns:
        The journal beside it.
    """
    return csv_file.with_name(csv_file.stem + SUFFIX)


def read_ledger(csv_file: Path) -> Ledger:
    """Read all that was said.

    Args:
        csv_file: The training rows; the journal is read, not they.

    Returns:
        The ledger; empty if there is none yet.

    Raises:
        DataError: If the journal is damaged; names the line.
    """
    path = journal_path(csv_file)
    if not path.is_file():
        return Ledger({})
    # Not splitlines: it breaks at U+2028 and U+0085 too, which JSON leaves as they are.
    lines = path.read_text(encoding="utf-8").split("\n")
    return Ledger({}).add(_parse(path, i, line) for i, line in enumerate(lines, start=1) if line)


def read_ledgers(folder: Path) -> list[Ledger]:
    """Read every journal of a folder.

    Args:
        folder: Such as `data/raw/corrections`.

    Returns:
        The ledgers by name; none if there is no folder.
    """
    return [
        read_ledger(path.with_name(path.name.removesuffix(SUFFIX) + ".csv"))
        for path in sorted(folder.glob(f"*{SUFFIX}"))
    ]


def write_ledger(csv_file: Path, ledger: Ledger) -> int:
    """Write the journal, then the training rows that follow from it.

    Args:
        csv_file: Where the training rows go.
        ledger: All that was said.

    Returns:
        Training rows written.
    """
    every = [j for said in ledger.by_text.values() for j in said]
    every.sort(key=lambda j: j.made_at)
    lines = [json.dumps(asdict(j), ensure_ascii=False) + "\n" for j in every]
    with atomic_writer(journal_path(csv_file)) as file:
        file.write("".join(lines).encode())
    rows = training_rows(ledger)
    with atomic_writer(csv_file) as file:
        file.write(write_csv(COLUMNS, [[row[c] for c in COLUMNS] for row in rows]))
    return len(rows)


def training_rows(ledger: Ledger) -> list[dict[str, str]]:
    """Turn what is settled into labelled rows with their provenance.

    Args:
        ledger: All that was said.

    Returns:
        Rows with `COLUMNS`, by id.
    """
    settled = ledger.settled().items()
    rows = [_training_row(digest, labels, ledger.by_text[digest]) for digest, labels in settled]
    return sorted(rows, key=lambda row: row["id"])


def texts_elsewhere(csv_file: Path) -> dict[str, str]:
    """Find the texts that other files of the folder hold.

    Args:
        csv_file: The file that is about to be written.

    Returns:
        Digest of the text to the name of the file.
    """
    others = [p for p in sorted(csv_file.parent.glob("*.csv")) if p.name != csv_file.name]
    return {
        digest_text(cells["text"]): path.name
        for path in others
        for _, cells in read_table(path)
        if "text" in cells
    }


def _training_row(digest: str, labels: Labels, said: Sequence[Judgement]) -> dict[str, str]:
    agreeing = [j for j in latest_by_person(said) if j.new.key == labels.key]
    last = agreeing[-1]
    name = f"corr-{digest}"
    return {
        "id": name,
        "text": last.text,
        "intent": labels.intent,
        "type": labels.types[0],
        "types": ";".join(labels.types),
        "subtype": labels.subtype,
        "urgency": labels.urgency,
        "cause": labels.cause,
        "trade": "",
        "channel": last.channel,
        # Rows without a named cause have nothing in common: each is split as a group of its own.
        "pair": name if labels.cause == NO_CAUSE else "",
        "confidence": _SURE,
        "feedback_id": last.feedback_id,
        "who": ";".join(j.who for j in agreeing),
        "made_at": last.made_at,
        "model_version": last.model_version,
        "old": last.old,
        "new": str(labels),
    }


def _parse(path: Path, number: int, line: str) -> Judgement:
    try:
        fields: dict[str, Any] = json.loads(line)
        new = fields.pop("new")
        return Judgement(**fields, new=Labels(**new | {"types": tuple(new["types"])}))
    except (ValueError, TypeError, KeyError) as error:
        raise DataError(
            f"{path}: line {number} is no judgement ({error!r}); restore the file"
        ) from error
