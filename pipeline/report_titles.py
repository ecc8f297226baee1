"""The names that people read for values, days and periods, in Chinese and English."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from models.taxonomy import Language, Taxonomy
from pipeline.report_excerpt import plain
from pipeline.report_period import Period
from pipeline.report_words import WORDS

CHANNELS: dict[str, tuple[str, str]] = {
    "app": ("应用内", "App"),
    "mini_program": ("小程序", "Mini program"),
    "wechat": ("微信", "WeChat"),
    "weibo": ("微博", "Weibo"),
    "xiaohongshu": ("小红书", "Xiaohongshu"),
    "chat": ("在线客服", "Chat"),
    "community": ("社区", "Community"),
    "phone": ("电话", "Phone"),
    "email": ("邮件", "E-mail"),
    "form": ("表单", "Form"),
    "survey": ("问卷", "Survey"),
    "store": ("门店与商城", "Store"),
    "other": ("其他渠道", "Other"),
}
_KINDS: dict[str, tuple[str, str]] = {
    "流程漏洞": ("流程漏洞", "Process gap"),
    "产品缺陷": ("产品缺陷", "Product defect"),
    "服务失误": ("服务失误", "Service failure"),
}
_TIERS: dict[str, tuple[str, str]] = {
    "new": ("新客户", "New"),
    "regular": ("老客户", "Regular"),
    "vip": ("VIP", "VIP"),
}
_WEEKDAYS = "一二三四五六日"


@dataclass(frozen=True, slots=True)
class Titles:
    """Names that people read.

    Attributes:
        taxonomy: The label space.
        language: zh or en.
    """

    taxonomy: Taxonomy
    language: Language = "zh"

    def word(self, key: str) -> str:
        """Give a word of the report.

        Args:
            key: One of `WORDS`.

        Returns:
            It, with `{…}` where figures belong.
        """
        return WORDS[key][self.language == "en"]

    def of(self, column: str, value: str) -> str:
        """Give the title of a value.

        Args:
            column: The column that holds it: intent, type, urgency, channel, kind, customer_tier, …
            value: The value; unknown ones are shown as they are.

        Returns:
            The title, without control characters.
        """
        tables = {"channel": CHANNELS, "kind": _KINDS, "customer_tier": _TIERS}
        if value in tables.get(column, {}):
            return tables[column][value][self.language == "en"]
        if column in ("intent", "type", "urgency"):
            return self._label(column, value)
        return plain(value)

    def known(self, column: str) -> tuple[str, ...]:
        """List the values to show in any case.

        Args:
            column: intent, type, urgency; others have none.

        Returns:
            The values in the taxonomy's order.
        """
        taxonomy = self.taxonomy
        known = {
            "intent": taxonomy.intent_names,
            "type": taxonomy.type_names,
            "urgency": taxonomy.urgency_names,
        }
        return known.get(column, ())

    def period(self, period: Period) -> str:
        """Name a period.

        Args:
            period: The period.

        Returns:
            Such as `2026年第47周(11月16日至11月22日)`.
        """
        first, last = period.days[0], period.days[-1]
        year, number = period.key.split("-")
        if self.language == "en":
            return f"{period.key} ({first.day} {first:%B} to {last.day} {last:%B %Y})"
        if period.kind == "month":
            return f"{year}年{int(number)}月"
        days = f"{first.month}月{first.day}日至{last.month}月{last.day}日"
        return f"{year}年第{int(number[1:])}周（{days}）"

    def day(self, iso: str) -> str:
        """Name a day shortly.

        Args:
            iso: ISO 8601, with or without a time.

        Returns:
            Such as `11月16日 周一` or `11月16日 周一 09:30`.
        """
        moment = datetime.fromisoformat(iso)
        time = f" {moment:%H:%M}" if "T" in iso else ""
        if self.language == "en":
            return f"{moment:%a} {moment.day} {moment:%b}{time}"
        return f"{moment.month}月{moment.day}日 {weekday(moment)}{time}"

    def _label(self, column: str, value: str) -> str:
        try:
            return self.taxonomy.title(column, value, self.language)  # type: ignore[arg-type]
        except ValueError:
            return plain(value)


def weekday(day: date) -> str:
    """Name a weekday in Chinese.

    Args:
        day: The day.

    Returns:
        周一 to 周日.
    """
    return f"周{_WEEKDAYS[day.weekday()]}"
