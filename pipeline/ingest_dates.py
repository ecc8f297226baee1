"""Reading moments as people and exports write them."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from typing import Any

from models.deadlines import SHANGHAI

_FIRST_YEAR, _LAST_YEAR = 1970, 2100
_COMPACT = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_EPOCH_DIGITS = {10: 1, 13: 1000}
_WRITTEN = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?"
    r"(?:[\sT]*(\d{1,2})[:：时点](\d{1,2})(?:[:：分](\d{1,2})(?:\.\d+)?)?[分秒]?)?"
)


def read_moment(value: Any) -> datetime:
    """Read a moment.

    Args:
        value: A date or datetime, ISO 8601 text, text such as `2026/1/5 9:30` or
            `2026年1月5日 9时30分`, digits such as `20260105`, or Unix seconds or milliseconds.

    Returns:
        The moment in Asia/Shanghai, which a value without an offset is taken to mean.

    Raises:
        ValueError: If it is none of these or lies outside 1970 to 2100.
    """
    moment = _parse(value)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    elif moment.tzinfo is not SHANGHAI:
        moment = moment.astimezone(SHANGHAI)
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"expected a year from {_FIRST_YEAR} to {_LAST_YEAR}, got {moment.year}")
    return moment


def _parse(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ValueError(f"expected a moment, got {type(value).__name__}")
    return _parse_text(value.strip() if isinstance(value, str) else str(int(value)))


def _parse_text(text: str) -> datetime:
    if text.isascii() and text.isdigit():
        return _parse_digits(text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        found = _WRITTEN.fullmatch(text)
        if found is None:
            raise
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second)


def _parse_digits(text: str) -> datetime:
    if len(text) in _EPOCH_DIGITS:
        return datetime.fromtimestamp(int(text) / _EPOCH_DIGITS[len(text)], SHANGHAI)
    if len(text) in _COMPACT:
        return datetime.strptime(text, _COMPACT[len(text)])
    raise ValueError(f"expected yyyymmdd or Unix time, got {len(text)} digits")
