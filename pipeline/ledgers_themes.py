"""The ledgers of problems: who answers for them, what is done, where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.ledgers_sheet import LedgerSheet
from pipeline.report_decisions import action_effects, decisions
from pipeline.report_excerpt import plain
from pipeline.report_facts import ActionEffect, Decision
from pipeline.report_period import Period
from pipeline.report_segments import Cluster
from pipeline.report_story import others_of, place_of
from pipeline.report_titles import Titles
from pipeline.store.theme_fields import FISHBONE, KINDS
from pipeline.store.theme_views import ThemeView
from pipeline.theme_life import STATUS_TITLES

if TYPE_CHECKING:
    from pipeline.store.engine import Store

DUTY, ACTIONS, ROOTS = "问题处理责任表", "改进策略执行表", "投诉根源台账"
RATIO = "实施后/前"
_N_WHYS, _N_PLACES, _N_QUOTES = 5, 3, 2
_WIDTHS = {"问题": 22, "改进策略": 36, "典型原话": 60, "集中点": 36, "关键词": 24, "改进措施": 36}


@dataclass(frozen=True, slots=True)
class ThemeLedger:
    """The themes of a period with all that the ledgers say of them.

    Attributes:
        views: The themes, the largest first.
        decisions: Theme id to decision.
        effects: Theme id to what came of its action.
        rows: Theme id to the period's rows that mention it: all, urgent, waiting.
        places: Theme id to where it is far above elsewhere.
        due: Theme id to the earliest answer that is still due.
    """

    views: tuple[ThemeView, ...]
    decisions: Mapping[str, Decision]
    effects: Mapping[str, ActionEffect]
    rows: Mapping[str, tuple[int, int, int]]
    places: Mapping[str, list[Cluster]]
    due: Mapping[str, Any]


def read_theme_ledger(store: Store, period: Period, rows: pd.DataFrame) -> ThemeLedger:
    """Read the themes as of the period's last fitted week.

    Args:
        store: The store.
        period: The week or month.
        rows: From `pipeline.report_store.read_report_rows`.

    Returns:
        The themes; none where no week was fitted.
    """
    from pipeline.report_store import read_store_themes, theme_places
    from pipeline.store.theme_registry import list_themes

    week, files = read_store_themes(store, period)
    if week is None or files is None or files.mentions is None:
        return ThemeLedger((), {}, {}, {}, {}, {})
    views = tuple(list_themes(store, week))
    created = rows["created_at"]
    now = rows[(created >= period.start) & (created < period.end)]
    places: dict[str, list[Cluster]] = {}
    for cluster in theme_places(now, files):
        places.setdefault(cluster.theme_id, []).append(cluster)
    counts, due = _counts(now, files.mentions)
    effects = {effect.theme_id: effect for effect in action_effects(store, views, week)}
    return ThemeLedger(views, decisions(store, views, period), effects, counts, places, due)


def _counts(
    now: pd.DataFrame, mentions: pd.DataFrame
) -> tuple[dict[str, tuple[int, int, int]], dict[str, Any]]:
    pairs = mentions[["feedback_id", "theme_id"]].drop_duplicates()
    joined = pairs.merge(now, on="feedback_id")
    answered = joined.get("answered_at")
    joined = joined.assign(
        waits=True if answered is None else answered.isna(), high=joined["urgency"] == "high"
    )
    counts, due = {}, {}
    for theme_id, found in joined.groupby("theme_id"):
        n_waiting = int(found["waits"].sum())
        counts[str(theme_id)] = (len(found), int(found["high"].sum()), n_waiting)
        if n_waiting:
            first = found.loc[found["waits"], "respond_due"].min()
            due[str(theme_id)] = first.to_pydatetime().replace(tzinfo=None, microsecond=0)
    return counts, due


def duty_sheet(book: ThemeLedger) -> LedgerSheet:
    """Say who answers for each problem.

    Args:
        book: The themes.

    Returns:
        The ledger, problems without an owner first.
    """
    columns = (
        *("问题编号", "问题", "根因类别", "责任部门", "负责人", "本期条数", "其中紧急"),
        *("待答复", "最早答复期限", "计划完成日期", "是否逾期", "状态"),
    )
    lines = []
    for view in sorted(book.views, key=lambda v: (v.owner is not None, -v.n, v.id)):
        decision = book.decisions[view.id]
        lines.append(
            [
                view.id,
                plain(view.name),
                view.kind,
                plain(view.department),
                plain(view.owner or "未指定"),
                *book.rows.get(view.id, (0, 0, 0)),
                book.due.get(view.id),
                view.due,
                "已逾期" if decision.is_late else "",
                view.status_title,
            ]
        )
    choices = {"根因类别": KINDS, "状态": tuple(STATUS_TITLES.values())}
    return LedgerSheet(DUTY, columns, lines, choices, _WIDTHS | {"最早答复期限": 17})


def action_sheet(book: ThemeLedger) -> LedgerSheet:
    """Say which actions were taken and what came of them.

    Args:
        book: The themes.

    Returns:
        The ledger, the oldest action first; themes without an action are left out.
    """
    columns = (
        *("问题编号", "问题", "改进策略", "责任部门", "负责人", "计划完成日期", "生效日期"),
        *("执行状态", "实施前占比", "实施后占比", RATIO, "效果结论", "再次投诉客户占比"),
    )
    acted = [view for view in book.views if view.action]
    acted.sort(key=lambda v: (v.action_on is None, str(v.action_on), v.id))
    lines = []
    for view in acted:
        found = book.effects.get(view.id)
        effect = found.effect if found else None
        lines.append(
            [
                view.id,
                plain(view.name),
                plain(view.action or ""),
                plain(view.department),
                plain(view.owner or "未指定"),
                view.due,
                view.action_on,
                "已生效" if view.action_on else "进行中",
                effect.before.value if effect else None,
                effect.after.value if effect else None,
                effect.ratio if effect else None,
                effect.verdict.value if effect else "",
                effect.repeat.value if effect else None,
            ]
        )
    choices = {"执行状态": ("进行中", "已生效")}
    # A ratio of shares: 0.62 is not 62 % of anything counted here, and it may be above one.
    return LedgerSheet(ACTIONS, columns, lines, choices, _WIDTHS, formats={RATIO: "0.00"})


def root_sheet(book: ThemeLedger, titles: Titles) -> LedgerSheet:
    """Say where each problem comes from.

    Args:
        book: The themes.
        titles: What people read for a value.

    Returns:
        The ledger, the largest first.
    """
    columns = (
        *("问题编号", "问题", "首次出现", "最近出现", "本期条数", "占投诉比", "状态"),
        *("根因类别", "鱼骨图类别", *(f"为什么{i}" for i in range(1, _N_WHYS + 1)), "根本原因"),
        *("集中点", "关键词", "典型原话", "责任部门", "改进措施"),
    )
    lines = []
    for view in book.views:
        decision = book.decisions[view.id]
        whys = [plain(why) for why in decision.whys]
        lines.append(
            [
                view.id,
                plain(view.name),
                view.born_week or "",
                view.last_week or "",
                book.rows.get(view.id, (0, 0, 0))[0],
                view.share,
                view.status_title,
                view.kind,
                decision.fishbone or "",
                *(whys + [""] * _N_WHYS)[:_N_WHYS],
                whys[-1] if whys else "尚未分析",
                "；".join(_place(c, titles) for c in book.places.get(view.id, [])[:_N_PLACES]),
                "、".join(plain(word) for word in view.keywords[:6]),
                "\n".join(plain(quote.text) for quote in view.quotes[:_N_QUOTES]),
                plain(view.department),
                plain(view.action or ""),
            ]
        )
    choices = {
        "状态": tuple(STATUS_TITLES.values()),
        "根因类别": KINDS,
        "鱼骨图类别": FISHBONE,
    }
    return LedgerSheet(ROOTS, columns, lines, choices, _WIDTHS)


def _place(cluster: Cluster, titles: Titles) -> str:
    others = others_of(cluster, titles)
    return f"{place_of(cluster, titles)} {cluster.lift:.1f} × {others}"
