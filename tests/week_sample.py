"""A store with three weeks of two problems, whose every figure is chosen."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from models.deadlines import SHANGHAI
from pipeline.store import theme_edits
from pipeline.store.engine import Store
from pipeline.store.saving import save_scored
from tests.store.scored_sample import scored_frame, scored_row
from tests.store.theme_sample import plant

# Rows a week: laptops run hot more and more, parcels come in time since an action.
SIZES = {"2026-W45": (20, 20), "2026-W46": (20, 4), "2026-W47": (45, 3)}
N_OTHERS = 30
TEXTS = ("=散热太差了", "送货太慢了")
NAMES = ["=散热差", "送货慢"]


def fill(store: Store) -> None:
    """Save the rows, plant the themes, and take an action against the second one."""
    save_scored(store, scored_frame(*rows()))
    plant(store, NAMES, {week: list(sizes) for week, sizes in SIZES.items()}, 100)
    theme_edits.set_action(
        store,
        "T0002",
        who="李强",
        owner="李强",
        action="=换物流",
        due=date(2026, 11, 8),
        action_on=date(2026, 11, 9),
    )
    theme_edits.five_whys(store, "T0002", ["仓库远", "只有一个仓"], who="李强")


def rows() -> list[dict[str, Any]]:
    """Scored rows of all weeks; the first problem sits in 华东."""
    return [
        row(week, theme, i)
        for week, sizes in SIZES.items()
        for theme, size in enumerate(sizes)
        for i in range(size)
    ] + [other(week, i) for week in SIZES for i in range(N_OTHERS)]


def row(week: str, theme: int, i: int) -> dict[str, Any]:
    """One row, on the weekdays in turn."""
    year, number = week.split("-W")
    day = date.fromisocalendar(int(year), int(number), 1 + i % 7)
    created = datetime.combine(day, datetime.min.time(), SHANGHAI) + timedelta(hours=9)
    in_east = theme == 0 and i % 5
    return scored_row(
        text=TEXTS[theme],
        created_at=created,
        region="华东" if in_east else "华南",
        touchpoint="使用" if theme == 0 else "物流",
        product="电脑",
        customer_tier="vip",
        channel="app",
        customer_id=f"{theme}-{i}",
        csat=float(1 + i % 2 if theme == 0 else 5),
        urgency="high" if i % 9 == 0 else "medium",
        answered_at=created + timedelta(days=1) if i % 4 else None,
    ) | {"feedback_id": f"CF{number}-{theme}-{i}"}


def other(week: str, i: int) -> dict[str, Any]:
    """A complaint of the south that belongs to no theme."""
    return row(week, 1, i) | {
        "feedback_id": f"CF{week[-2:]}-other-{i}",
        "text": "说明书看不懂",
        "region": "华南",
        "touchpoint": "使用",
        "customer_id": f"other-{week}-{i}",
    }
