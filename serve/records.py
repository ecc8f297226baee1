"""From parsed JSON to rows that the model can score, or to what is wrong with them."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from pydantic import ValidationError

from models.text import has_content
from serve.json_body import RepeatedKey
from serve.problems import FieldError, Problem
from serve.row_ids import make_id
from serve.schemas import Record
from serve.settings import MAX_ITEMS

Row: TypeAlias = dict[str, Any]

_BLANK_LOOKALIKES = frozenset("\u115f\u1160\u2800\u3164\uffa0\ufffd")
_MAX_ERRORS = 10
_VALUES = {
    "expected exactly one change": "一次只改一处",
    "null is no value here": "不能为 null",
    "note goes with status": "note 只随 status 一起给",
    "expected a day such as 2026-12-01": "应为日期,如 2026-12-01",
}
_MAX_KEY_CHARS = 60
_CHINESE = {
    "missing": "缺少这个字段",
    "extra_forbidden": "没有这个字段,请检查拼写",
    "string_type": "应为字符串",
    "string_too_long": "最多 {max_length} 个字符",
    "string_too_short": "不能为空",
    "literal_error": "应为 {expected} 之一",
    "string_pattern_mismatch": "格式不对",
    "list_type": "应为列表",
    "model_type": "应为一个 JSON 对象",
    "too_long": "最多 {max_length} 项",
    "too_short": "至少 {min_length} 项",
    "float_type": "应为数字",
    "int_type": "应为整数",
    "greater_than_equal": "不得小于 {ge:g}",
    "less_than_equal": "不得大于 {le:g}",
    "finite_number": "应为有限的数字",
    "value_error": "应为 1970 至 2100 年间的 ISO 8601 时间,如 2026-11-16T09:30:00+08:00",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """What one request asks.

    Attributes:
        rows: For each row its values, or what is wrong with it.
        is_batch: True when rows came as `items`.
    """

    rows: Sequence[Row | Problem]
    is_batch: bool


def read_request(value: Any, now: datetime) -> Asked:
    """Take a parsed body apart.

    Args:
        value: One record, or an object with `items`.
        now: Stands in for a missing `created_at`.

    Returns:
        The rows; in a batch each bad row stands as its own problem.

    Raises:
        Problem: If the request as a whole, or its only record, does not fit.
    """
    if not isinstance(value, dict) or "items" not in value:
        return Asked([read_record(value, now)], is_batch=False)
    if unknown := [name for name in value if name != "items"]:
        raise _misfit(_pointer("", unknown[0]), "没有这个字段,请检查拼写", "Unknown field")
    items = value["items"]
    if not isinstance(items, list) or not 1 <= len(items) <= MAX_ITEMS:
        raise _misfit(
            "/items", f"应为 1 至 {MAX_ITEMS} 条反馈", f"Expected a list of 1 to {MAX_ITEMS} rows"
        )
    return Asked([_record_or_problem(item, now, i) for i, item in enumerate(items)], is_batch=True)


def read_record(value: Any, now: datetime, base: str = "") -> Row:
    """Check one record and complete it.

    Args:
        value: Parsed JSON.
        now: Stands in for a missing `created_at`.
        base: JSON pointer of the record.

    Returns:
        What the model needs; the customer's id is left behind.

    Raises:
        Problem: If it does not fit; names each field.
    """
    if isinstance(value, RepeatedKey):
        raise _misfit(_pointer(base, value.name), "字段重复出现", "The field appears twice")
    if not isinstance(value, dict):
        raise _misfit(base, "应为一个 JSON 对象", "Expected a JSON object")
    try:
        record = Record.model_validate(value)
    except ValidationError as error:
        raise problem_of(error, base) from None
    # NUL is no character to a customer, and no database takes it.
    text = record.text.replace("\0", "")
    if not shows_anything(text):
        raise _misfit(f"{base}/text", "文字只有空白或不可见字符", "The text shows nothing")
    sent = record.model_fields_set - {"customer_id"}
    given = {name: found for name in sent if (found := getattr(record, name)) is not None}
    given["text"] = text
    return {"feedback_id": make_id(given, now), "created_at": now, **given}


def shows_anything(text: str) -> bool:
    """Tell whether a text shows a letter, digit, sign, symbol or emoji.

    Args:
        text: Any text.

    Returns:
        False for blanks, control and invisible characters alone.
    """
    return has_content(text) or any(
        char not in _BLANK_LOOKALIKES and _shows(unicodedata.category(char)) for char in text
    )


def _shows(category: str) -> bool:
    # Unassigned and private characters may be emoji newer than this Python.
    return category[0] in "LNPS" or category in ("Cn", "Co")


def _record_or_problem(value: Any, now: datetime, i: int) -> Row | Problem:
    try:
        return read_record(value, now, f"/items/{i}")
    except Problem as problem:
        return problem


def problem_of(error: ValidationError, base: str = "") -> Problem:
    """Say what pydantic found.

    Args:
        error: Its error.
        base: JSON pointer of what was checked.

    Returns:
        The problem; names each field and repeats no input.
    """
    details = error.errors(include_url=False, include_input=False)[:_MAX_ERRORS]
    return Problem("invalid-field", errors=[_field_error(dict(found), base) for found in details])


def _field_error(found: dict[str, Any], base: str) -> FieldError:
    chinese = _CHINESE.get(found["type"], "不符合要求").format(**found.get("ctx", {}))
    if found["type"] == "value_error":
        chinese = _VALUES.get(str(found["ctx"]["error"]), chinese)
    pointer = base
    for part in found["loc"]:
        pointer = _pointer(pointer, str(part))
    return FieldError(pointer, chinese, found["msg"])


def _pointer(base: str, name: str) -> str:
    """Point at a member; a key that the client made up is cut and made printable."""
    shown = name[:_MAX_KEY_CHARS].encode("utf-8", "replace").decode()
    return f"{base}/{shown.replace('~', '~0').replace('/', '~1')}"


def _misfit(pointer: str, detail: str, detail_en: str) -> Problem:
    return Problem("invalid-field", errors=[FieldError(pointer, detail, detail_en)])
