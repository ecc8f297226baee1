"""The register of feedback, and the standard by which it is classed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import select

from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.ledgers_sheet import MAX_ROWS, LedgerSheet
from pipeline.report_excerpt import plain
from pipeline.report_period import Period
from pipeline.report_titles import Titles
from pipeline.store.saving import came_in
from pipeline.store.tables import feedback

if TYPE_CHECKING:
    from pipeline.store.engine import Store

REGISTER, STANDARD = "客户反馈登记表", "问题分类标准表"
STATES = ("待处理", "已答复", "已办结", "无需答复")
_REGISTER_COLUMNS = (
    *("编号", "日期", "客户ID/匿名", "客户等级", "渠道", "产品", "地区", "触点"),
    *("性质", "类型", "小类", "描述", "紧急程度", "投诉等级", "紧急原因", "责任部门"),
    *("初步处理人", "答复期限", "答复时间", "办结期限", "办结时间", "办结人", "处理状态"),
)
_STANDARD_COLUMNS = ("类型代码", "类型", "小类代码", "小类", "责任部门", "本期条数", "其中紧急")
_NO_ANSWER = ("praise", "invalid")
_ANONYMOUS_CHARS = 10


def register_sheet(store: Store, period: Period, titles: Titles) -> LedgerSheet:
    """List the period's feedback, one row each.

    Args:
        store: The store.
        period: The week or month.
        titles: What people read for a value.

    Returns:
        The ledger, the oldest first; customers are shown by the beginning of their hash.

    Raises:
        DataError: If there are more rows than a workbook can be asked to hold.
    """
    query = (
        select(feedback)
        .where(came_in(period.start, period.end))
        .order_by(feedback.c.row_id)
        .limit(MAX_ROWS + 1)
    )
    with store.read() as connection:
        rows = [_register_row(row, titles) for row in connection.execute(query).mappings()]
    if len(rows) > MAX_ROWS:
        raise DataError(f"{period.key} has more than {MAX_ROWS:,} rows; export week by week")
    labels = titles.taxonomy
    return LedgerSheet(
        REGISTER,
        _REGISTER_COLUMNS,
        rows,
        choices={
            "类型": [titles.of("type", name) for name in labels.type_names],
            "紧急程度": [titles.of("urgency", name) for name in labels.urgency_names],
            "处理状态": STATES,
        },
        widths={"编号": 24, "日期": 17, "描述": 60, "紧急原因": 30, "类型": 16, "小类": 20},
    )


def _register_row(row: Any, titles: Titles) -> list[Any]:
    customer = row["customer_id"]
    return [
        plain(row["feedback_id"]),
        _clock(row["created_at"]),
        customer[:_ANONYMOUS_CHARS] if customer else "匿名",
        titles.of("customer_tier", row["customer_tier"] or ""),
        titles.of("channel", row["channel"] or ""),
        *(plain(row[name] or "") for name in ("product", "region", "touchpoint")),
        titles.of("intent", row["intent"]),
        titles.of("type", row["type"]),
        _subtype(titles, row["subtype"]),
        plain(row["text"]),
        titles.of("urgency", row["urgency"]),
        row["severity"],
        plain("；".join(row["urgency_reasons"])),
        plain(row["department"]),
        plain(row["answered_by"] or row["closed_by"] or ""),
        _clock(row["respond_due"]),
        _clock(row["answered_at"]),
        _clock(row["resolve_due"]),
        _clock(row["closed_at"]),
        plain(row["closed_by"] or ""),
        _state(row),
    ]


def _state(row: Any) -> str:
    if row["closed_at"] is not None:
        return "已办结"
    if row["answered_at"] is not None:
        return "已答复"
    return "无需答复" if row["intent"] in _NO_ANSWER else "待处理"


def standard_sheet(rows: pd.DataFrame, period: Period, titles: Titles) -> LedgerSheet:
    """List every type and subtype with who answers for it and by when.

    Args:
        rows: From `pipeline.report_store.read_report_rows`.
        period: The week or month that is counted.
        titles: What people read for a value.

    Returns:
        The ledger, in the taxonomy's order.
    """
    taxonomy = titles.taxonomy
    created = rows["created_at"]
    now = rows[(created >= period.start) & (created < period.end)]
    urgent = now["urgency"].eq("high").groupby(now["subtype"])
    counts = {str(name): (len(group), int(group.sum())) for name, group in urgent}
    times = _times(taxonomy)
    lines = []
    for kind in taxonomy.types:
        for part in kind.subtypes:
            n, n_urgent = counts.get(part.name, (0, 0))
            department = part.department or kind.department
            names = [kind.name, kind.zh, part.name, part.zh, department]
            lines.append([*names, n, n_urgent, *times.values()])
    columns = (*_STANDARD_COLUMNS, *times)
    # Hours and working days are few and mostly whole; half an hour is no 50 %.
    formats = dict.fromkeys(times, "General")
    return LedgerSheet(STANDARD, columns, lines, widths={"类型": 16, "小类": 22}, formats=formats)


def _times(taxonomy: Taxonomy) -> dict[str, float]:
    """Give the promised times by the header they stand under."""
    levels = taxonomy.service_levels
    times: dict[str, float] = {"确认时限(小时)": levels.acknowledge_hours}
    for label in taxonomy.urgencies:
        times[f"答复时限·{label.zh}(工作日)"] = levels.respond_working_days[label.name]
    for label in taxonomy.severities:
        times[f"办结时限·{label.zh}(小时)"] = levels.resolve_hours[label.name]
    return times


def _subtype(titles: Titles, name: str) -> str:
    try:
        return titles.taxonomy.title("subtype", name, "zh")
    except ValueError:
        return plain(name)


def _clock(moment: datetime | None) -> datetime | None:
    """Give Shanghai's clock without an offset, which Excel cannot hold."""
    return None if moment is None else moment.replace(tzinfo=None, microsecond=0)
