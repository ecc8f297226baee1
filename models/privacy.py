"""Personal data out of a text before it is stored, logged or learnt from.

`mask` runs the finders of `privacy_numbers`, `privacy_address` and `privacy_names` until none finds
anything more, so masking twice equals masking once. No finder matches a bracket, so a placeholder
is never found again. Why these rules are our own: `docs/decisions/0002-privacy-own-rules.md`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import compress

import numpy as np

from models.privacy_address import find_addresses
from models.privacy_filter import may_hold
from models.privacy_names import NAME_HINT, find_names
from models.privacy_numbers import find_numbers

PLACEHOLDERS = {
    "mobile": "[手机号]",
    "landline": "[座机号]",
    "id_number": "[身份证号]",
    "passport": "[护照号]",
    "bank_card": "[银行卡号]",
    "email": "[邮箱]",
    "plate": "[车牌号]",
    "address": "[地址]",
    "order_number": "[订单号]",
    "wechat": "[微信号]",
    "qq": "[QQ号]",
    "name": "[姓名]",
}

Span = tuple[int, int, str]
Finder = Callable[[str], Iterator[Span]]

# Earlier finders win where two overlap: an order number may look like a mobile.
_FINDERS: tuple[Finder, ...] = (find_numbers, find_addresses, find_names)
# Kept apart: sre skips ahead by first character only if all alternatives begin with a literal.
_HINTS = tuple(
    re.compile(pattern)
    for pattern in (
        "[0-9０-９@＠]",
        "[一二三四五六七八九十](?:号楼|栋|单元|幢)",
        f"微信|v信|V信|v：|V：|v:|V:|薇信|威信|vx|VX|Vx|wx|WX|{NAME_HINT}",
    )
)
_WIDE = re.compile(r"[０-９Ａ-Ｚａ-ｚ＠．－＿＋]")
_NARROW = {
    ord(wide): chr(ord(wide) - 0xFEE0)
    for wide in map(chr, range(0xFF01, 0xFF5F))
    if _WIDE.match(wide)
}


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without its personal data.

    Attributes:
        text: The text with a placeholder such as [手机号] for each piece.
        redactions: How many pieces of each kind were masked.
        spans: (start, end, kind) in the text that was given, in order.
    """

    text: str
    redactions: dict[str, int]
    spans: tuple[Span, ...]


def mask(text: str) -> Masked:
    """Replace personal data by placeholders.

    >>> mask("我叫王小明，手机13812345678").text
    '我叫[姓名]，手机[手机号]'
    """
    return _mask(text, _FINDERS)


def mask_all(texts: Sequence[str]) -> tuple[list[str], dict[int, Masked]]:
    """Do what `mask` does for many texts.

    Args:
        texts: Any texts.

    Returns:
        The texts without personal data; by index what was masked in those that held any.
    """
    clean, masked = list(texts), {}
    worth = may_hold(texts)
    for i in np.flatnonzero(worth.any(axis=1)).tolist():
        found = _mask(texts[i], tuple(compress(_FINDERS, worth[i].tolist())))
        if found.spans:
            clean[i], masked[i] = found.text, found
    return clean, masked


def _mask(text: str, finders: Sequence[Finder]) -> Masked:
    """Mask; the finders are those that may find something before anything is masked."""
    if not any(hint.search(text) for hint in _HINTS):
        return Masked(text, {}, ())
    spans: list[Span] = []
    masked = text
    while found := _find(masked, finders):
        spans = sorted([*spans, *_to_input(found, spans)])
        masked = _replace(text, spans)
        finders = _FINDERS
    return Masked(masked, dict(Counter(kind for _, _, kind in spans)), tuple(spans))


def _find(text: str, finders: Sequence[Finder]) -> list[Span]:
    """Everything personal in the text, none overlapping another, in order."""
    half_width = text.translate(_NARROW) if _WIDE.search(text) else text
    spans: list[Span] = []
    taken = bytearray(len(text))
    for finder in finders:
        for start, end, kind in finder(half_width):
            if not any(taken[start:end]):
                taken[start:end] = b"\1" * (end - start)
                spans.append((start, end, kind))
    return sorted(spans)


def _replace(text: str, spans: list[Span]) -> str:
    parts: list[str] = []
    end = 0
    for start, stop, kind in spans:
        parts += (text[end:start], PLACEHOLDERS[kind])
        end = stop
    return "".join(parts) + text[end:]


def _to_input(found: list[Span], done: list[Span]) -> list[Span]:
    """Move spans found in a text where `done` is already replaced back into the text as given."""
    return [(_shift(start, done), _shift(end - 1, done) + 1, kind) for start, end, kind in found]


def _shift(index: int, done: list[Span]) -> int:
    for start, end, kind in done:
        if index < start:
            break
        index += end - start - len(PLACEHOLDERS[kind])
    return index
