r"""One spelling for every customer's words, with the way back to the raw text.

A row runs through `_RULES` until nothing changes, so `normalize` is idempotent by construction;
`normalize_with_offsets` walks the same rules and therefore gives the same text. Decided here:

- Full-width letters, digits and symbols become half-width, but ！（），：；？… stay Chinese.
- ①–⓿, ℃, ℉, ½, ™, accents and half-width kana stay: NFKC would turn "①坏了" into "1坏了", ™ into
  the curse "TM" and break kaomoji such as (´・ω・`). №, ㎡, Ⅱ, ﬁ become No, m2, II, fi.
- Traditional becomes simplified character by character (OpenCC `t2s`): regional words stay the
  customer's own (螢幕 → 萤幕), and every offset stays exact. 看著 → 看着 is added, 著名 kept.
- A surrogate pair is joined to its emoji, a lone surrogate dropped. Skin tones, variation selectors
  and joiners are dropped, the emoji itself is kept, and so are kaomoji and [捂脸].
- Digits are never shortened: 10000元 is a price, not a repeated character.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import TypeVar

import opencc

URL, USER = "[链接]", "[用户]"

_PROTECTED = (
    "！（），：；？…™℃℉\u2460-\u24ff\u00a8\u00af\u00b4\u00b8\u02d8-\u02dd\u203e\ufe4f"
    "\u00bc-\u00be\u2150-\u215e\uff65-\uff9f㊗㊙\U0001f000-\U0001faff"
)
_STABLE = (
    _PROTECTED + "\x00-\x7f\u00b7\u2013-\u2015\u2018-\u201d\u2022\u2190-\u21ff\u2500-\u27bf"
    "\u3001\u3002\u3008-\u3011\u3014-\u301f\u3400-\u4dbf\u4e00-\u9fff"
)
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
_INVISIBLE = (
    "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u2800\u3164\ue000-\uf8ff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001f3fb-\U0001f3ff\U000e0000-\U000e0fff\U000f0000-\U0010ffff"
)
_TAGS = (
    "a|b|body|br|div|em|font|h[1-6]|head|hr|html|i|img|li|link|meta|ol|p|pre|s|script|section|small"
    "|span|strong|style|sub|sup|table|tbody|td|th|thead|title|tr|u|ul|video"
)
_BREAKING = re.compile(
    r"</?(?:br|div|h[1-6]|hr|li|ol|p|pre|section|table|td|th|tr|ul)\b", re.IGNORECASE
)
_ADDRESS = r"[A-Za-z0-9\-._~:/?#\[@!$&'()*+,;=%]*[A-Za-z0-9/_=&#%-]"
_VERBS = (
    "看接跟沿随等带笑说穿拿想坐站走听开戴住附吃用靠忙睡味执沉凭试抱向朝顺趁活跑留背撑陪"
    "闹哭盯存放挂躺闪亮响对迎玩拖守藉"
)
_CONTENT = re.compile(
    r"[0-9A-Za-z０-９Ａ-Ｚａ-ｚ\u00c0-\u024f\u3040-\u30ff\u3105-\u312f\uac00-\ud7a3\uf900-\ufaff"
    rf"{_HAN}\u2600-\u27bf\u2b50\u2b55\U0001f300-\U0001faff]"
)
_PHRASAL = "覆藉沈瞭著"  # changed by OpenCC or by us in a phrase only
_HOSTILE = re.compile("[<>&#@]")
_MAX_ROUNDS = 8


@dataclass(frozen=True, slots=True)
class NormalizedText:
    """A normalised text that knows where it came from.

    Attributes:
        text: The normalised text.
        offsets: For each character of `text` the index of its raw character, never decreasing.
    """

    text: str
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Rule:
    """One rewriting; `trigger` is cheap and finds something wherever `pattern` would match."""

    trigger: re.Pattern[str]
    pattern: re.Pattern[str]
    replace: Callable[[re.Match[str]], str]


_State = TypeVar("_State", str, NormalizedText)


def normalize(text: str) -> str:
    """Give the text its one spelling; see the module's docstring for what that means.

    >>> normalize("ＡＰＰ又閃退了！！！！！&nbsp;@小米 #更新翻车#")
    'APP又闪退了！！！ [用户] 更新翻车'
    """
    if _is_plain(text):
        return text
    return _settle(text, _rewrite)


def normalize_with_offsets(text: str) -> NormalizedText:
    """Do what `normalize` does and remember where every character came from.

    >>> normalize_with_offsets("<b>卡</b>").offsets
    (3,)
    """
    start = NormalizedText(text, tuple(range(len(text))))
    return start if _is_plain(text) else _settle(start, _rewrite_tracked)


def has_content(text: str) -> bool:
    """Say whether any letter, Chinese character, digit or emoji is there to be classified."""
    return _CONTENT.search(text) is not None


def _is_plain(text: str) -> bool:
    """Two quick scans that free most rows from all the rest."""
    return not (
        odd_characters().search(text)
        or _RUN.search(text)
        or "  " in text
        or text[:1] == " "
        or text[-1:] == " "
        or _WWW.search(text)
    )


def _settle(state: _State, apply: Callable[[_State, _Rule], _State]) -> _State:
    """Apply all rules until they change nothing; nested mark-up beyond sense loses its brackets."""
    for n_rounds in count(1):
        before = state
        for rule in _rules():
            state = apply(state, rule)
        if state == before or _is_plain(state if isinstance(state, str) else state.text):
            break
        if n_rounds == _MAX_ROUNDS:
            state = apply(state, _Rule(_HOSTILE, _HOSTILE, lambda _match: " "))
    return state


def _rewrite(text: str, rule: _Rule) -> str:
    return rule.pattern.sub(rule.replace, text) if rule.trigger.search(text) else text


def _rewrite_tracked(state: NormalizedText, rule: _Rule) -> NormalizedText:
    if not rule.trigger.search(state.text):
        return state
    parts: list[str] = []
    offsets: list[int] = []
    end = 0
    for match in rule.pattern.finditer(state.text):
        replacement = rule.replace(match)
        parts += (state.text[end : match.start()], replacement)
        offsets += state.offsets[end : match.start()]
        offsets += (state.offsets[match.start() + i] for i in _align(match[0], replacement))
        end = match.end()
    text = "".join(parts) + state.text[end:]
    return NormalizedText(text, (*offsets, *state.offsets[end:]))


def _align(source: str, result: str) -> list[int]:
    """For each character of `result` the index in `source` that it stands for."""
    if len(source) == len(result):
        return list(range(len(source)))
    widths = [len(unicodedata.normalize("NFKC", char)) for char in source]
    if sum(widths) == len(result):
        return [i for i, width in enumerate(widths) for _ in range(width)]
    return [i * len(source) // len(result) for i in range(len(result))]


def _join_surrogates(match: re.Match[str]) -> str:
    return match[0].encode("utf-16", "surrogatepass").decode("utf-16", "ignore")


def _unescape(match: re.Match[str]) -> str:
    return html.unescape(f"&{match[1]};")


def _untag(match: re.Match[str]) -> str:
    return " " if _BREAKING.match(match[0]) else ""


def _compose(match: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", match[0])


def _simplify(match: re.Match[str]) -> str:
    return str(_converter().convert(match[0]))


def _hide_url(_match: re.Match[str]) -> str:
    return URL


def _hide_user(_match: re.Match[str]) -> str:
    return USER


def _open_topic(match: re.Match[str]) -> str:
    return f" {match[1] or ''} "


def _close_gap(match: re.Match[str]) -> str:
    return "" if match.start() == 0 or match.end() == len(match.string) else " "


_RUN = re.compile(r"(\D)\1{3}")
_WWW = re.compile(r"www\.", re.IGNORECASE)


@cache
def _converter() -> opencc.OpenCC:
    return opencc.OpenCC("t2s")


@cache
def _traditional() -> str:
    """Every common character that OpenCC changes, and the few that only a phrase changes."""
    chars = [*map(chr, range(0x3400, 0xA000))]
    simple = _converter().convert("\n".join(chars)).split("\n")
    return "".join(a for a, b in zip(chars, simple, strict=True) if a != b) + _PHRASAL


@cache
def odd_characters() -> re.Pattern[str]:
    """Match what some rule may care about, beyond plain ASCII and simplified Chinese."""
    rare = frozenset(_traditional())
    # One class of single characters: sre has a bitmap for it; an alternation is 30 times slower.
    simple = "".join(char for char in map(chr, range(0x4E00, 0xA000)) if char not in rare)
    return re.compile(f"[^{simple} !\"$%'-.0-;=?A-~，。！？；：、（）《》“”‘’【】…—·]")


@cache
def _rules() -> tuple[_Rule, ...]:
    def rule(trigger: str, pattern: str, replace: Callable[[re.Match[str]], str]) -> _Rule:
        return _Rule(re.compile(trigger), re.compile(pattern, re.IGNORECASE), replace)

    topic = r"(?<![0-9A-Za-z&])#(?:([^#\s\[][^#\n\[]{0,39})(?:\[[^\]#]{1,6}\])?#|(?=[一-鿿A-Za-z]))"
    url = rf"(?:https?://|ftp://|www\.){_ADDRESS}"
    domain = r"(?:[a-z0-9-]{1,63}\.){1,4}(?:com|cn|net|org|cc|me|io|top)"
    bare = rf"(?<![A-Za-z0-9@._-]){domain}/{_ADDRESS}"
    entity = r"&(?:amp;)*(#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,31});"
    aspect = rf"(?<=[{_VERBS}])著(?![名作称述者书])|著(?=急)"
    return (
        rule("[\ud800-\udfff]", "[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]", _join_surrogates),
        rule("&", entity, _unescape),
        rule("<", rf"<(?:!--[^<>]*--|/?(?:{_TAGS})(?:\s[^<>]{{0,500}})?/?)>", _untag),
        rule(f"[{_INVISIBLE}]", f"[{_INVISIBLE}]+", lambda _match: ""),
        rule(f"[^{_STABLE}]", f"[^{_PROTECTED}]?[^{_STABLE}]+", _compose),
        rule(f"[{_traditional()}]", f"[{_HAN}]+", _simplify),
        rule("著", aspect, lambda _match: "着"),
        rule("[/.]", f"{url}|{bare}", _hide_url),
        rule("@", r"(?<![A-Za-z0-9._%+-])@[^\W\d][\w·-]{0,15}", _hide_user),
        rule("#", topic, _open_topic),
        rule(r"(\D)\1{3}", r"(\D)\1{3,}", lambda match: match[1] * 3),
        rule(r"[^\S ]|  |^ | $", r"\s+", _close_gap),
    )
