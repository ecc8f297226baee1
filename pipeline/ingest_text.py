"""What counts as text that can be scored, and how any cell is written as text."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from dataclasses import dataclass
from datetime import date, time
from typing import Any

from pipeline.ingest_batch import Reason

MAX_TEXT_CHARS = 20_000

# One character that surely shows settles it; nearly every text has one.
_SURELY_SHOWS = re.compile("[0-9A-Za-z\u4e00-\u9fa5]")
_BLANK_LOOKALIKES = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffd")


@dataclass(frozen=True, slots=True)
class Unusable:
    """Why a cell of the text column cannot be scored."""

    code: Reason
    reason: str


def read_text(value: Any) -> str | Unusable:
    """Decide whether a cell is text that can be scored: only emoji is, only blanks are not.

    Args:
        value: The cell of the text column.

    Returns:
        The text without NUL characters, or why it is none.
    """
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return Unusable("missing_text", "the text is missing")
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        kind = type(value).__name__
        return Unusable("wrong_type", f"the text is a {kind}, expected a string")
    text = as_text(value)
    if len(text) > MAX_TEXT_CHARS:
        reason = f"the text has {len(text):,} characters, expected at most {MAX_TEXT_CHARS:,}"
        return Unusable("too_long", reason)
    text = text.replace("\0", "")
    if not is_usable(text):
        return Unusable("unusable_text", "the text holds only blanks or invisible characters")
    return text


def is_usable(text: str) -> bool:
    """Tell whether a text shows anything: a letter, digit, sign, symbol or emoji.

    Args:
        text: Any text.

    Returns:
        False for blanks, control and invisible characters alone.
    """
    if _SURELY_SHOWS.search(text):
        return True
    # Unassigned and private characters count: both may be emoji newer than this Python.
    return any(char not in _BLANK_LOOKALIKES and _shows(char) for char in text)


def as_text(value: Any) -> str:
    """Write a cell as text: 5.0 as 5, dates in ISO 8601, anything nested as JSON.

    Args:
        value: A cell that is not missing.

    Returns:
        Its text.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (dict, list)):
        written = json.dumps(value, ensure_ascii=False, default=str)
        return written.encode("utf-8", "backslashreplace").decode()
    return str(value)


def _shows(char: str) -> bool:
    category = unicodedata.category(char)
    return category[0] in "LNPS" or category in ("Cn", "Co")
