"""Weeks of a small delivery firm for the review page: four failings, their ups and downs."""

from __future__ import annotations

import random
import zlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from models.encoders import unit_rows
from pipeline.report_period import Period
from pipeline.store.engine import Store, open_store
from pipeline.store.feedback import save_scored
from pipeline.store.theme_week import fit_week

WEEKS = [f"2026-W{n}" for n in range(40, 49)]
LAST, NEXT = WEEKS[-2], WEEKS[-1]
SLOW = (
    *("送餐慢", "送餐太慢了", "送餐慢了一个小时", "送餐慢得要命", "外卖送餐慢", "送餐慢到饭点过了"),
    *("送餐慢得离谱", "又是送餐慢", "送餐慢了四十分钟"),
)
SPILT = ("汤洒了", "汤都洒了一半", "粥洒了", "汤洒得到处都是", "粥洒了半碗", "汤全洒在袋子里")
SCREEN = ("屏幕有划痕", "屏幕裂了", "屏幕碎了", "屏幕坏了", "屏幕黑屏", "屏幕失灵")
CODE = ("验证码收不到", "收不到验证码", "验证码一直收不到", "验证码根本收不到", "还是收不到验证码")
# Rows a week of each failing, from the first week on; the last number is the week still to come.
SIZES = {
    SLOW: (9, 8, 10, 9, 11, 10, 12, 30, 14),
    SPILT: (12, 14, 13, 12, 11, 3, 0, 0, 9),
    SCREEN: (7, 6, 8, 7, 6, 8, 7, 6, 7),
    CODE: (0, 0, 0, 0, 0, 0, 0, 6, 8),
}
LABELS = {
    SLOW: ("quality", "delivery", "medium", "物流部"),
    SPILT: ("quality", "delivery", "medium", "物流部"),
    SCREEN: ("quality", "damage", "medium", "品控部"),
    CODE: ("account", "account", "high", "技术部"),
}
PRAISE = ("味道很好,分量也足", "客服很耐心,马上就解决了", "包装严实,下次还来")
HOSTILE = (
    "<script>document.title='taken'</script>送餐慢",
    '"><img src=x onerror="document.title=\'taken\'">送餐慢',
    "=cmd|' /C calc'!A0送餐慢",
    "{{constructor.constructor('document.title=1')()}}送餐慢",
    "`${document.title='taken'}`送餐慢",
    "\u202e\u2066慢餐送\u2069 送餐慢",
    "👨‍👩‍👧‍👦👩🏽‍🚒🏳️‍🌈送餐慢",
    "送餐慢" + "啊" * 50_000,
)


class BagEncoder:
    """Characters hashed to fixed random directions: like texts lie together."""

    dim = 64

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Encode texts."""
        return unit_rows(np.stack([self._vector(text) for text in texts]))

    def _vector(self, text: str) -> np.ndarray:
        seeds = [zlib.crc32(char.encode()) for char in text]
        return np.sum([np.random.default_rng(s).normal(size=self.dim) for s in seeds], axis=0)


def make_store(url: str, texts: Sequence[str] = (), n_weeks: int = 8) -> Store:
    """Fill a store with the last weeks but the one to come."""
    store = open_store(url)
    for week in WEEKS[-1 - n_weeks : -1]:
        add_week(store, week, texts if week == LAST else ())
    return store


def add_week(store: Store, week: str, texts: Sequence[str] = ()) -> None:
    """Save a week and find its themes; `texts` come on top, as complaints about slow delivery."""
    rows = scored(week, texts)
    save_scored(store, rows)
    fit_week(store, rows, week, BagEncoder())


def scored(week: str, texts: Sequence[str] = ()) -> pd.DataFrame:
    """Give the scored rows of a week."""
    number = WEEKS.index(week)
    chance = random.Random(week)
    rows: list[dict[str, Any]] = []
    for phrases, sizes in SIZES.items():
        for i in range(sizes[number]):
            rows.append(_complaint(week, len(rows), phrases[i % len(phrases)], phrases, chance))
    for text in texts:
        rows.append(_complaint(week, len(rows), text, SLOW, chance))
    for i in range(20):
        rows.append(_praise(week, len(rows), PRAISE[i % len(PRAISE)], chance))
    return pd.DataFrame(rows)


def _complaint(
    week: str, i: int, phrase: str, phrases: tuple[str, ...], chance: random.Random
) -> dict[str, Any]:
    type_, subtype, urgency, department = LABELS[phrases]
    is_east = phrases is SLOW and week == LAST and i % 3
    cells = {
        "intent": "complaint",
        "type": type_,
        "types": [type_],
        "subtype": subtype,
        "urgency": urgency,
        "department": department,
        "evidence": [{"label": type_, "start": 0, "end": len(phrase)}],
        "urgency_reasons": [f"提到“{phrase[:6]}”"] if urgency == "high" else [],
        "region": "华东" if is_east else chance.choice(["华东", "华南", "华北", "西南"]),
        "csat": float(chance.choice([1, 2, 2, 3])) if chance.random() < 0.5 else None,
        "touchpoint": {SLOW: "配送", SPILT: "配送", SCREEN: "开箱", CODE: "登录"}[phrases],
        "contact_count": chance.choice([1, 1, 2, 3]),
    }
    tail = "" if len(phrase) > 30 or i % 2 else "。其他都还好"
    return _row(week, i, phrase + tail, chance) | cells


def _praise(week: str, i: int, text: str, chance: random.Random) -> dict[str, Any]:
    cells = {
        "intent": "praise",
        "type": "quality",
        "types": ["quality"],
        "subtype": "failure",
        "urgency": "low",
        "department": "品控部",
        "evidence": [],
        "urgency_reasons": [],
        "region": chance.choice(["华东", "华南", "华北", "西南"]),
        "csat": float(chance.choice([4, 5, 5])) if chance.random() < 0.6 else None,
        "touchpoint": chance.choice(["配送", "开箱", "客服"]),
        "contact_count": 1,
    }
    return _row(week, i, text, chance) | cells


def _row(week: str, i: int, text: str, chance: random.Random) -> dict[str, Any]:
    created = Period.of_week(week).start + timedelta(hours=9 + i % 12, days=i % 7, minutes=i)
    is_unsure = i % 9 == 0
    return {
        "feedback_id": f"CF{week[-2:]}{i:05d}",
        "text": text,
        "confidence": 0.42 if is_unsure else 0.93,
        "confidence_band": "low" if is_unsure else "high",
        "needs_review": is_unsure,
        "urgency_score": 50.0,
        "severity": "一般",
        "acknowledge_due": created + timedelta(hours=2),
        "respond_due": created + timedelta(days=3),
        "resolve_due": created + timedelta(days=2),
        "redactions": {},
        "model_version": "huiyin-sample",
        "created_at": created,
        "channel": chance.choice(["app", "mini_program", "weibo", "phone"]),
        "product": chance.choice(["外卖", "会员卡", "手机"]),
        "version": "5.3" if WEEKS.index(week) > 4 else "5.2",
        "customer_tier": chance.choice(["new", "regular", "vip"]),
        "customer_id": f"c{chance.randrange(60):03d}",
        "nps": float(chance.randrange(11)) if chance.random() < 0.4 else None,
        "ces": float(chance.randrange(1, 8)) if chance.random() < 0.4 else None,
    }
