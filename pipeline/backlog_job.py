"""What is to be scored, and what of it decides the bytes of the output."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pipeline.backlog_scorer import ModelChoice
from pipeline.ingest import Feed

BATCH_ROWS = 4096
PART_ROWS = 65_536


@dataclass(frozen=True)
class Job:
    """What is to be scored, and how.

    Attributes:
        source: A file, a folder or a pattern.
        text_column: The column with the customer's words.
        choice: Which model scores.
        workers: Processes that score; 1 scores in this one.
        as_of: Stands in for a missing `created_at`; None means now, or what a resumed run took.
        customer_key: Secret for hashing customer ids.
        batch_rows: Rows that travel together.
        part_rows: Rows of input in a part of the output.
    """

    source: str | Path
    text_column: str = "text"
    choice: ModelChoice = field(default_factory=ModelChoice)
    workers: int = 1
    as_of: datetime | None = None
    customer_key: bytes | None = None
    batch_rows: int = BATCH_ROWS
    part_rows: int = PART_ROWS

    def feed(self, paths: list[Path], as_of: datetime) -> Feed:
        """Open the input.

        Args:
            paths: Its files.
            as_of: Stands in for a missing `created_at`.

        Returns:
            The stream of batches; headers are checked.
        """
        return Feed(
            paths,
            text_column=self.text_column,
            batch_rows=self.batch_rows,
            as_of=as_of,
            customer_key=self.customer_key,
        )

    def parameters(self, model_version: str, format_: str, as_of: datetime) -> dict[str, Any]:
        """List what decides the bytes of the output.

        Args:
            model_version: Which model scores.
            format_: The format of the parts.
            as_of: Stands in for a missing `created_at`.

        Returns:
            JSON-ready values; of the secret only a digest.
        """
        key = self.customer_key
        return {
            "model_version": model_version,
            "text_column": self.text_column,
            "as_of": as_of.isoformat(),
            "customer_key": hashlib.sha256(b"huiyin\0" + key).hexdigest()[:16] if key else None,
            "format": format_,
            "batch_rows": self.batch_rows,
            "part_rows": self.part_rows,
        }
