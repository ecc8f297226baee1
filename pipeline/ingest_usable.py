"""Which rows of a batch have a text that can be scored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.ingest_batch import RawRows, Rejected
from pipeline.ingest_cells import MAX_CELL_CHARS
from pipeline.ingest_text import MAX_TEXT_CHARS, Unusable, read_text

# The same characters as settle it in `ingest_text`, written as RE2 wants them.
_SURELY_SHOWS = r"[0-9A-Za-z\x{4e00}-\x{9fa5}]"


def usable_texts(raw: RawRows) -> tuple[pa.Array, list[int], list[Rejected]]:
    """Tell the rows that can be scored from the others.

    Args:
        raw: Rows as a reader found them.

    Returns:
        The usable texts, which rows they are, and the other rows with their reasons.
    """
    too_long = _find_too_long(raw.columns)
    values = raw.columns["text"]
    array = _as_strings(values)
    unsure = range(len(values)) if array is None else _unsure(array)
    texts: dict[int, str] = {}
    rejected: list[Rejected] = []
    for i in sorted({*unsure, *too_long}):
        found = read_text(_cell(values, i))
        if isinstance(found, Unusable):
            rejected.append(raw.reject(i, found.code, found.reason, "text"))
        elif i in too_long:
            reason = f"column {too_long[i]!r} has over {MAX_CELL_CHARS:,} characters"
            rejected.append(raw.reject(i, "too_long", reason, too_long[i]))
        else:
            texts[i] = found
    bad = {row.row_number for row in rejected}
    good = [i for i, number in enumerate(raw.row_numbers) if number not in bad]
    return _collect(array, texts, good), good, rejected


def has_nul(texts: pa.Array) -> bool:
    """Tell whether any text holds a NUL character.

    Args:
        texts: Strings, or a type that holds none.

    Returns:
        True if one does.
    """
    if not pa.types.is_string(texts.type):
        return False
    return bool(pc.any(pc.match_substring(texts, "\0")).as_py())


def _as_strings(values: Sequence[Any] | pa.Array) -> pa.Array | None:
    if isinstance(values, pa.Array):
        return values if pa.types.is_string(values.type) else None
    if set(map(type, values)) <= {str, type(None)}:
        try:
            return pa.array(values, pa.string())
        except UnicodeEncodeError:
            return None
    return None


def _unsure(texts: pa.Array) -> list[int]:
    """List the rows that a quick look does not settle."""
    is_sure = pc.and_(
        pc.match_substring_regex(texts, _SURELY_SHOWS),
        pc.less_equal(pc.utf8_length(texts), MAX_TEXT_CHARS),
    )
    if has_nul(texts):
        is_sure = pc.and_(is_sure, pc.invert(pc.match_substring(texts, "\0")))
    sure = pc.fill_null(is_sure, False).to_numpy(zero_copy_only=False)
    return [int(i) for i in np.flatnonzero(~sure)]


def _collect(array: pa.Array | None, texts: Mapping[int, str], good: Sequence[int]) -> pa.Array:
    if array is None:
        return pa.array([texts[i] for i in good], pa.string())
    if not texts:
        return array if len(good) == len(array) else array.take(pa.array(good, pa.int64()))
    cells = array.to_pylist()
    return pa.array([texts.get(i, cells[i]) for i in good], pa.string())


def _cell(values: Sequence[Any] | pa.Array, i: int) -> Any:
    cell = values[i]
    return cell.as_py() if isinstance(values, pa.Array) else cell


def _find_too_long(columns: Mapping[str, Sequence[Any] | pa.Array]) -> dict[int, str]:
    found: dict[int, str] = {}
    for name, values in columns.items():
        if isinstance(values, pa.Array):
            if pa.types.is_string(values.type):
                lengths = pc.fill_null(pc.binary_length(values), 0)
                too_long = pc.indices_nonzero(pc.greater(lengths, MAX_CELL_CHARS)).to_pylist()
                found |= {i: name for i in too_long if len(values[i].as_py()) > MAX_CELL_CHARS}
        else:
            for i, value in enumerate(values):
                if isinstance(value, str) and len(value) > MAX_CELL_CHARS:
                    found[i] = name
    return found
