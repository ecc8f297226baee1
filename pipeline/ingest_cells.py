"""What each column of the design may hold, and what becomes of a cell that holds something else."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pyarrow as pa

from pipeline.ingest_batch import CellWarning
from pipeline.ingest_dates import read_moment
from pipeline.ingest_text import as_text

MAX_CELL_CHARS = 1_000_000
MAX_LABEL_CHARS = 200

CHANNELS = (
    "app",
    "mini_program",
    "wechat",
    "weibo",
    "xiaohongshu",
    "chat",
    "community",
    "phone",
    "email",
    "form",
    "survey",
    "store",
    "other",
)
TIERS = ("new", "regular", "vip")

_CHANNEL_NAMES = {
    "微信": "wechat",
    "公众号": "wechat",
    "微博": "weibo",
    "小红书": "xiaohongshu",
    "小程序": "mini_program",
    "在线客服": "chat",
    "社区": "community",
    "论坛": "community",
    "电话": "phone",
    "邮件": "email",
    "邮箱": "email",
    "表单": "form",
    "问卷": "survey",
    "门店": "store",
    "其他": "other",
}
_N_EXAMPLE_CHARS = 80


@dataclass(frozen=True, slots=True)
class Rule:
    """How one optional column is read.

    Attributes:
        read: Gives the cell's value, or raises ValueError.
        expected: What `read` accepts, for the warning.
        type: The arrow type of the values.
        fallback: What a bad cell becomes.
        is_private: True keeps the cell's content out of the warning.
    """

    read: Callable[[Any], Any]
    expected: str
    type: pa.DataType
    fallback: Any = None
    is_private: bool = False


def read_column(
    column: str, values: Sequence[Any], row_numbers: Sequence[int], rule: Rule
) -> tuple[list[Any], CellWarning | None]:
    """Read one optional column.

    Args:
        column: Its name.
        values: Its cells; None, NaN and blank text are missing.
        row_numbers: Row number of each cell.
        rule: What the column may hold.

    Returns:
        The values, and a warning if cells were bad.
    """
    read: list[Any] = []
    bad: list[int] = []
    for i, value in enumerate(values):
        if is_missing(value):
            read.append(None)
            continue
        try:
            read.append(rule.read(value))
        except (ValueError, OverflowError, OSError):
            read.append(rule.fallback)
            bad.append(i)
    if not bad:
        return read, None
    return read, warn(column, values[bad[0]], row_numbers[bad[0]], len(bad), rule)


def is_missing(value: Any) -> bool:
    """Tell whether a cell says nothing.

    Args:
        value: Any cell.

    Returns:
        True for None, NaN and blank text.
    """
    if isinstance(value, str):
        return not value or value.isspace()
    return value is None or (isinstance(value, float) and math.isnan(value))


def optional_rules(customer_key: bytes | None) -> dict[str, Rule]:
    """List what every column but the text may hold.

    Args:
        customer_key: Secret for hashing customer ids; None drops them.

    Returns:
        Column name to rule, in the order of the design.
    """
    label = Rule(_read_label, f"text of at most {MAX_LABEL_CHARS} characters", pa.string())
    moment = Rule(read_moment, "a date from 1970 to 2100", pa.timestamp("us", "Asia/Shanghai"))
    channel = Rule(_read_channel, f"one of {', '.join(CHANNELS)}", pa.string(), fallback="other")
    return {
        "feedback_id": label,
        "created_at": moment,
        "channel": channel,
        "product": label,
        "version": label,
        "region": label,
        "touchpoint": label,
        "customer_id": _customer_rule(customer_key),
        "customer_tier": Rule(_read_tier, f"one of {', '.join(TIERS)}", pa.string()),
        "csat": _score_rule(1, 5),
        "nps": _score_rule(0, 10),
        "ces": _score_rule(1, 7),
        "contact_count": Rule(_read_count, "a whole number from 1 to 100000", pa.int64()),
    }


def warn(column: str, cell: Any, row_number: int, n_cells: int, rule: Rule) -> CellWarning:
    """Describe the cells of a column that could not be used.

    Args:
        column: Its name.
        cell: The first of them.
        row_number: Its row.
        n_cells: How many there are.
        rule: What the column may hold.

    Returns:
        The warning; it quotes nothing private.
    """
    outcome = f"taken as {rule.fallback!r}" if rule.fallback else "left empty"
    example = "" if rule.is_private else as_text(cell)[:_N_EXAMPLE_CHARS]
    return CellWarning(column, f"expected {rule.expected}; {outcome}", n_cells, row_number, example)


def _read_label(value: Any) -> str:
    if isinstance(value, (dict, list, bytes, tuple)):
        raise ValueError("expected text")
    text = as_text(value).strip()
    if len(text) > MAX_LABEL_CHARS:
        raise ValueError("too long")
    return text


def _read_channel(value: Any) -> str:
    text = as_text(value).strip()
    name = _CHANNEL_NAMES.get(text, text.casefold().replace(" ", "_").replace("-", "_"))
    if name not in CHANNELS:
        raise ValueError("unknown channel")
    return name


def _read_tier(value: Any) -> str:
    name = as_text(value).strip().casefold()
    if name not in TIERS:
        raise ValueError("unknown tier")
    return name


def _customer_rule(key: bytes | None) -> Rule:
    def pseudonym(value: Any) -> str:
        if key is None:
            raise ValueError("no key")
        return hmac.digest(key, _read_label(value).encode(), "sha256").hex()[:32]

    expected = "a short id" if key else "a key to hash it with, and there is none"
    return Rule(pseudonym, expected, pa.string(), is_private=True)


def _read_number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise ValueError("expected a number")
    if isinstance(value, str) and "_" in value:
        raise ValueError("expected a number")
    number = float(value)
    if not math.isfinite(number):
        raise ValueError("expected a finite number")
    return number


def _score_rule(low: int, high: int) -> Rule:
    def score(value: Any) -> float:
        number = _read_number(value)
        if not low <= number <= high:
            raise ValueError("out of range")
        return number

    return Rule(score, f"a number from {low} to {high}", pa.float64())


def _read_count(value: Any) -> int:
    number = _read_number(value)
    if number != int(number) or not 1 <= number <= 100_000:
        raise ValueError("no count")
    return int(number)
