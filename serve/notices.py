"""The words of a push: one row, or a digest when there are too many."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from serve.destinations import Notice

_N_SHOWN = 10
_SHORT_CHARS = 60


def one_row(key: str, payload: dict[str, Any]) -> Notice:
    """Write one row.

    Args:
        key: The message's.
        payload: From `serve.alerts.payload_of`.

    Returns:
        The notice.
    """
    reasons = ";".join(payload["urgency_reasons"]) or "—"
    lines = [
        plain(payload["text"]),
        f"原因:{plain(reasons)}",
        f"部门:{payload['department']} 等级:{payload['severity']}",
        f"{_moment(payload['acknowledge_due'])} 前确认,{_moment(payload['respond_due'])} 前答复",
        f"编号:{plain(payload['feedback_id'])}",
    ]
    return Notice(key, f"【高紧急】{payload['department']}", "\n".join(lines), [payload])


def digest(key: str, payloads: Sequence[dict[str, Any]]) -> Notice:
    """Write many rows as one message, the most urgent first.

    Args:
        key: Of the digest.
        payloads: From `serve.alerts.payload_of`.

    Returns:
        The notice; a program gets all rows, a person ten and the counts.
    """
    ranked = sorted(payloads, key=lambda p: (-p["urgency_score"], p["acknowledge_due"]))
    counts = Counter(payload["department"] for payload in payloads)
    lines = [",".join(f"{name} {n} 条" for name, n in counts.most_common())]
    lines += [
        f"· {plain(payload['text'])[:_SHORT_CHARS]}({plain(payload['feedback_id'])})"
        for payload in ranked[:_N_SHOWN]
    ]
    if len(ranked) > _N_SHOWN:
        lines.append(f"其余 {len(ranked) - _N_SHOWN} 条请到反馈列表查看。")
    return Notice(key, f"【高紧急】{len(payloads)} 条待处理", "\n".join(lines), ranked)


def plain(text: str) -> str:
    """Make a customer's words harmless in a chat: no mention of everybody, no link, no control.

    Args:
        text: Masked text.

    Returns:
        One line; `@`, `<` and the marks of Markdown links stand in their full-width form.
    """
    shown = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in text)
    return " ".join(shown.translate(_WIDE).split()).replace("://", ": //")


_WIDE = str.maketrans({char: chr(ord(char) + 0xFEE0) for char in "@<>[]`*"})


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%m-%d %H:%M")
