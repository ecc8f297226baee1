"""Themes and mentions of the store as files; what a spreadsheet would run is neutralised."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from pipeline.output import write_batches
from pipeline.store.engine import Store
from pipeline.store.theme_mentions import export_mentions
from pipeline.store.theme_registry import list_themes

_TEXT, _NUMBER = pa.string(), pa.float64()
MENTION_SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("feedback_id", "theme_id", "theme_name")),
        *((name, pa.int64()) for name in ("start", "end")),
        ("score", _NUMBER),
    ]
)
THEME_SCHEMA = pa.schema(
    [
        *((name, _TEXT) for name in ("id", "name", "week", "status")),
        ("n", pa.int64()),
        ("share", _NUMBER),
        ("keywords", _TEXT),
        *((name, _TEXT) for name in ("department", "kind", "owner", "action")),
        *((name, pa.date32()) for name in ("due", "action_on")),
        *((name, _TEXT) for name in ("born_week", "last_week", "quotes")),
    ]
)


def write_mentions(store: Store, path: Path, week: str | None = None) -> int:
    """Write every mention that is in a theme.

    Args:
        store: The store.
        path: .csv, .parquet, .jsonl or .xlsx.
        week: Only of this week.

    Returns:
        How many.
    """

    def batches() -> Iterator[pa.RecordBatch]:
        for records in export_mentions(store, week):
            yield pa.RecordBatch.from_pylist(records, schema=MENTION_SCHEMA)

    return write_batches(path, batches(), MENTION_SCHEMA)


def write_themes(store: Store, path: Path, week: str | None = None) -> int:
    """Write the themes as of a week.

    Args:
        store: The store.
        path: .csv, .parquet, .jsonl or .xlsx.
        week: None takes the newest fitted week.

    Returns:
        How many.
    """
    records = [
        {
            **{name: getattr(view, name) for name in THEME_SCHEMA.names},
            "status": view.status_title,
            "keywords": " ".join(view.keywords),
            "quotes": " | ".join(quote.text for quote in view.quotes),
        }
        for view in list_themes(store, week)
    ]
    batch = pa.RecordBatch.from_pylist(records, schema=THEME_SCHEMA)
    return write_batches(path, [batch], THEME_SCHEMA)
