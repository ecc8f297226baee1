"""Find numbers and ids that point to a person: phones, cards, documents, orders, accounts.

A number without a tell-tale form, check digit or cue word in front is left alone: prices, dates,
model and serial numbers, service hotlines (10086, 12315, 400-…) are what feedback is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_SEP = r"(?:号码?|编号|ID)?[是为叫：:\s#]{0,4}"
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CUE = re.compile(r"身份证|证件|证号")
_CARD_CUE = re.compile(r"卡|[账帐][号户]")
_CUE_WINDOW = 10
_NOT_WECHAT = re.compile(
    r"(?:iphone|ios|ipad|android|version|ver\d|v\d|windows|win\d|mac|huawei|wechat|weixin|vip|pro|app|h5)",
    re.IGNORECASE,
)
_NAMED = (
    "订单|工单|保单|运单|投诉单|售后单|退款单|交易单|单号|流水号?|交易号|受理号|受理|案件|投诉编|报修编"
    "|预约号"
)
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_COURIER = "SF|JD[A-Z]{0,4}|YT|ZTO?|STO?|YD|JT|EMS|DPK|KY"


@dataclass(frozen=True, slots=True)
class _Rule:
    """A pattern whose group `v` is the value, and what else must hold for it.

    `guard` is cheap and finds something wherever `pattern` would match.
    """

    kind: str
    guard: re.Pattern[str]
    pattern: re.Pattern[str]
    check: Callable[[re.Match[str]], bool]


def find_numbers(text: str) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, kind), the more certain kinds first; two of them may overlap."""
    if not (_RUN.search(text) or _ACCOUNT.search(text)) or not _WORTH.search(text):
        return
    has = {guard: guard.search(text) is not None for guard in _GUARDS}
    for rule in _RULES:
        for match in rule.pattern.finditer(text) if has[rule.guard] else ():
            if rule.check(match):
                yield match.start("v"), match.end("v"), rule.kind


def has_luhn_digit(digits: str) -> bool:
    """Check a card number's last digit (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (1 + i % 2) for i, digit in enumerate(reversed(digits)))
    return sum(value - 9 * (value > 9) for value in doubled) % 10 == 0


def has_id_digit(number: str) -> bool:
    """Check a resident identity number's last character (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def _always(_match: re.Match[str]) -> bool:
    return True


def _before(match: re.Match[str]) -> str:
    return match.string[max(0, match.start("v") - _CUE_WINDOW) : match.start("v")]


def _is_id(match: re.Match[str]) -> bool:
    number = re.sub(r"\s", "", match["v"])
    return has_id_digit(number) or _ID_CUE.search(_before(match)) is not None


def _is_card(match: re.Match[str]) -> bool:
    digits = re.sub(r"\D", "", match["v"])
    if not has_luhn_digit(digits):
        return False
    grouped = re.fullmatch(r"(?:\d{4}[ -]){3,4}\d{1,4}", match["v"]) is not None
    return digits.startswith("62") or grouped or _CARD_CUE.search(_before(match)) is not None


def _is_order(match: re.Match[str]) -> bool:
    return re.search(r"\d{4}", match["v"]) is not None


def _is_wechat(match: re.Match[str]) -> bool:
    if _NOT_WECHAT.match(match["v"]):
        return False
    return re.search(r"[\d_-]", match["v"]) is not None or match["strong"] is not None


def _rule(
    kind: str,
    guard: re.Pattern[str],
    pattern: str,
    check: Callable[[re.Match[str]], bool] = _always,
) -> _Rule:
    return _Rule(kind, guard, re.compile(pattern, re.IGNORECASE), check)


# Classes of characters that sre can skip to; ignoring case, or with other ways to begin, it cannot.
# (İ, ı, ſ and K are what [A-Z] matches beyond ASCII when case is ignored.)
_RUN = re.compile(r"[\dA-Za-zİıſK](?:[ -]?[\dA-Za-zİıſK]){4}")
_ACCOUNT = re.compile("[@信vVwW]")
_AT = re.compile("@")
_DIGITS = re.compile(r"\d(?:[ -]?\d){3}")
_CHAT = re.compile("[信vVwW]")
_QQ = re.compile("[qQ扣鹅]")
_PROVINCE = re.compile(f"[{PROVINCES}][A-Za-zİıſK]")
_GUARDS = (_AT, _DIGITS, _CHAT, _QQ, _PROVINCE)
_WORTH = re.compile(r"[\dA-Z](?:[ -]?[\dA-Z]){4}|@|信|vx|wx|加v|v[：:]|wechat", re.IGNORECASE)
_AREA = r"0(?:10|2\d|[3-9]\d{2})"
_RULES = (
    _rule(
        "email",
        _AT,
        r"(?P<v>(?<![a-z0-9._%+-])[a-z0-9][a-z0-9._%+-]{0,63}@(?:[a-z0-9-]{1,63}\.){1,4}[a-z]{2,10})",
    ),
    _rule(
        "passport",
        _DIGITS,
        r"(?:护照|通行证)[号码是为：:\s]{0,5}(?P<v>[a-z]{1,2}\d{7,8})(?![a-z0-9])",
    ),
    _rule(
        "id_number",
        _DIGITS,
        r"(?<![a-z0-9])(?P<v>[1-9]\d{5} ?(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]) ?"
        r"\d{3}[\dx])(?![a-z0-9])",
        _is_id,
    ),
    _rule(
        "order_number",
        _DIGITS,
        rf"(?:{_NAMED}){_SEP}(?P<v>[a-z0-9][a-z0-9-]{{4,39}}[a-z0-9])(?![a-z0-9元块年月日]|\.\d)",
        _is_order,
    ),
    _rule("order_number", _DIGITS, rf"(?<![a-z0-9])(?P<v>(?:{_COURIER})\d{{10,15}})(?![a-z0-9])"),
    _rule(
        "bank_card",
        _DIGITS,
        r"(?<![a-z0-9.])(?P<v>\d(?:[ -]?\d){14,18})(?![a-z0-9]|\.\d)",
        _is_card,
    ),
    _rule(
        "mobile",
        _DIGITS,
        r"(?<![\d.])(?<![A-Z]\d)(?P<v>(?:[(（]\+?86[)）][- ]?|(?:\+|00)?86[- ]?)?"
        r"1[3-9]\d(?:[- ]?\d{4}){2})(?![a-z0-9]|\.\d)",
    ),
    _rule("mobile", _DIGITS, r"(?P<v>\+(?:852|853|886)[- ]?\d{3,4}[- ]?\d{4,5})(?!\d)"),
    _rule(
        "landline",
        _DIGITS,
        rf"(?<![\d.])(?P<v>(?:[(（]{_AREA}[)）]|{_AREA})[- ]?[2-8]\d{{6,7}}"
        r"(?:-\d{1,5}|转\d{2,5})?)(?!\d)",
    ),
    _rule(
        "landline",
        _DIGITS,
        r"(?:电话|座机|固话|总机|传真)(?:号码?)?[是为：:\s]{0,3}(?P<v>[2-8]\d{6,7})(?!\d)",
    ),
    _rule(
        "wechat",
        _CHAT,
        r"(?:(?P<strong>微信号|微信ID|加我?微信|(?<![a-z0-9])v[：:]|vx号?[：:]|wx号?[：:])|微信|薇信|威信|v信|vx|wx|wechat|加v)(?:号|id)?"
        r"[是为：:\s]{0,3}(?P<v>[a-z][a-z0-9_-]{5,19})(?![a-z0-9])",
        _is_wechat,
    ),
    _rule(
        "wechat",
        _CHAT,
        r"(?P<strong>加我?) ?(?P<v>[a-z][a-z0-9_-]{5,19}) ?(?:微信|vx)",
        _is_wechat,
    ),
    _rule(
        "qq",
        _QQ,
        r"(?:qq|扣扣|企鹅|加q|(?<![a-z])q号)(?:号码?|群号?)?[是为：:\s]{0,3}(?P<v>[1-9]\d{4,10})(?!\d|\.\d|[年月个元块])",
    ),
    _rule("qq", _QQ, r"(?<!\d)(?P<v>[1-9]\d{4,10})是我的?(?:qq|扣扣)"),
    _rule(
        "plate",
        _PROVINCE,
        rf"(?P<v>[{PROVINCES}][A-HJ-NP-Z][·. -]?"
        r"(?=[A-Z0-9]*\d[A-Z0-9]*\d)(?:[DF][A-Z0-9]\d{4}|\d{5}[DF]|[A-HJ-NP-Z0-9]{4}[A-HJ-NP-Z0-9挂学警港澳]))(?![A-Z0-9])",
    ),
)
