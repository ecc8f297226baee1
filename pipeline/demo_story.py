"""What happens in the demo: a surge, a comeback, and actions that help or do not.

Real reviews know no weeks, so every topic would be as frequent in each. The story moves reviews
that speak of a topic by whole weeks, by a byte of their digest, and plays what a team did about it.
One action is about a topic that is never moved (installing XP), so it cannot have helped. It has to
lie far from the moved ones: a review of a front desk often speaks of breakfast too and moves along.
Weeks count from 0, the oldest, to 7, the newest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, or_, select

from pipeline.store import theme_edits
from pipeline.store.theme_tables import mention, theme

if TYPE_CHECKING:
    from pipeline.store.engine import Store

_NEWEST = 7
_BYTE = 10
_HOT = re.compile("散热|发热|发烫|烫手|风扇")
_BREAKFAST = re.compile("早餐|早饭|餐厅")
_NOISE = re.compile("隔音|噪音|太吵|很吵|吵闹")
_PARCEL = re.compile("没有收到|没收到|送货|发货|快递")


@dataclass(frozen=True, slots=True)
class Planted:
    """What the story makes of a row.

    Attributes:
        week: The week it comes in.
        values: Columns that it sets.
    """

    week: int
    values: dict[str, Any] = field(default_factory=dict)


def planted(text: str, digest: bytes, week: int) -> Planted:
    """Move a row if it speaks of one of the story's topics.

    Args:
        text: The review.
        digest: Of the review; decides which rows move.
        week: The week it would come in.

    Returns:
        Its week, and the columns to set.
    """
    byte = digest[_BYTE]
    if _HOT.search(text):
        return _surge(byte, digest, week)
    if _BREAKFAST.search(text):
        return Planted(_thinned(byte, week, since=4, until=6, keep=26))
    if _NOISE.search(text):
        return Planted(_thinned(byte, week, since=4, until=_NEWEST, keep=64))
    if _PARCEL.search(text):
        return Planted(_thinned(byte, week, since=3, until=_NEWEST, keep=77))
    return Planted(week)


def _surge(byte: int, digest: bytes, week: int) -> Planted:
    """Laptops get hot: a third of the earlier reviews comes this week, mostly of one place."""
    week = _NEWEST if byte < 80 else week
    if week == _NEWEST and digest[11] < 150:
        return Planted(week, {"region": "华东", "version": "2026款"})
    return Planted(week)


def _thinned(byte: int, week: int, *, since: int, until: int, keep: int) -> int:
    """Leave few rows from one week to another; the others come earlier."""
    return byte % since if since <= week <= until and byte >= keep else week


@dataclass(frozen=True, slots=True)
class Scene:
    """What people do once a week is fitted.

    Attributes:
        week: The week.
        words: Tell the theme: the one with most mentions that contain them.
        play: Does it, given the store and the theme's id.
    """

    week: str
    words: tuple[str, ...]
    play: Callable[[Store, str], None]


def play(store: Store, week: str) -> None:
    """Play the scenes of a week that was just fitted.

    Args:
        store: The store.
        week: The week.
    """
    for scene in _SCENES:
        if scene.week == week:
            theme_id = find_theme(store, scene.words)
            if theme_id is not None:
                scene.play(store, theme_id)


def find_theme(store: Store, words: tuple[str, ...]) -> str | None:
    """Find the theme that speaks most of something.

    Args:
        store: The store.
        words: Any of them.

    Returns:
        Its id; None if no mention contains one.
    """
    said = or_(*(mention.c.text.contains(word) for word in words))
    query = (
        select(theme.c.root_id)
        .join(mention, mention.c.theme_id == theme.c.id)
        .where(said)
        .group_by(theme.c.root_id)
        .order_by(func.count().desc(), theme.c.root_id)
        .limit(1)
    )
    with store.read() as connection:
        found = connection.execute(query).scalar()
    return None if found is None else str(found)


def _mend_noise(store: Store, theme_id: str) -> None:
    theme_edits.rename(store, theme_id, "房间隔音差", who="周敏")
    theme_edits.set_cause(store, theme_id, who="周敏", department="工程部", kind="产品缺陷")
    whys = ["客人夜里被吵醒", "门缝和管道井漏音", "翻新时没有做隔音验收", "验收单里没有这一项"]
    theme_edits.five_whys(store, theme_id, whys, who="周敏")
    theme_edits.fishbone(store, theme_id, "法", who="周敏")
    _act(store, theme_id, "周敏", "门缝加密封条,隔音列入验收单", date(2026, 10, 30), 4)


def _mend_parcels(store: Store, theme_id: str) -> None:
    theme_edits.rename(store, theme_id, "迟迟收不到货", who="李强")
    theme_edits.set_cause(store, theme_id, who="李强", department="物流部", kind="流程漏洞")
    whys = ["书迟迟没送到", "缺货的单子没人通知客户", "仓库与客服系统不同步"]
    theme_edits.five_whys(store, theme_id, whys, who="李强")
    _act(store, theme_id, "李强", "缺货当天短信告知,可改单", date(2026, 10, 23), 3)


def _mend_setup(store: Store, theme_id: str) -> None:
    theme_edits.rename(store, theme_id, "装XP系统麻烦", who="王芳")
    theme_edits.set_cause(store, theme_id, who="王芳", department="产品部", kind="产品缺陷")
    whys = ["客户要自己装XP", "预装的系统很多人不用", "只按一种系统备货"]
    theme_edits.five_whys(store, theme_id, whys, who="王芳")
    _act(store, theme_id, "王芳", "官网放一页XP驱动下载说明", date(2026, 10, 23), 3)


def _mend_breakfast(store: Store, theme_id: str) -> None:
    theme_edits.rename(store, theme_id, "早餐品种少味道差", who="陈静")
    theme_edits.set_cause(store, theme_id, who="陈静", department="餐饮部", kind="服务失误")
    _act(store, theme_id, "陈静", "换早餐供应商,每周换菜单", date(2026, 10, 30), 4)


def _close_breakfast(store: Store, theme_id: str) -> None:
    theme_edits.close(store, theme_id, who="陈静", week="2026-W46", note="连续三周很少有人提")


def _act(store: Store, theme_id: str, who: str, action: str, due: date, first_week: int) -> None:
    since = date.fromisocalendar(2026, 40 + first_week, 1)
    theme_edits.set_action(
        store, theme_id, who=who, owner=who, action=action, due=due, action_on=since
    )


_PARCEL_WORDS = ("没有收到", "没收到", "发货")
_SCENES = (
    Scene("2026-W42", _PARCEL_WORDS, _mend_parcels),
    Scene("2026-W42", ("XP",), _mend_setup),
    Scene("2026-W43", ("隔音", "噪音"), _mend_noise),
    Scene("2026-W43", ("早餐",), _mend_breakfast),
    Scene("2026-W46", ("早餐",), _close_breakfast),
)
