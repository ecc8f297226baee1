"""The id of a row that has none: the same that `huiyin score` gives it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_N_HEX = 10


def make_id(given: Mapping[str, Any], as_of: datetime) -> str:
    """Make an id of what a row says; rows that say the same get the same.

    Args:
        given: Column to value, what the row says only.
        as_of: Stands in for a missing `created_at` in the id's date, not in its hash.

    Returns:
        `CF`, the day and a hash.
    """
    content = "\x1f".join(
        f"{name}={_written(given[name])}" for name in sorted(given) if name != "feedback_id"
    )
    day = given.get("created_at", as_of).strftime("%Y%m%d")
    return f"CF{day}{hashlib.sha256(content.encode()).hexdigest()[:_N_HEX]}"


def _written(value: Any) -> str:
    if isinstance(value, datetime):
        return str((value - _EPOCH) // timedelta(microseconds=1))
    if isinstance(value, float):
        return repr(value).removesuffix(".0")
    return str(value)
