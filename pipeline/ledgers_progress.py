"""The progress ledger: what people may change in it, and how it is told what they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from pipeline.ledgers_sheet import LedgerSheet
from pipeline.report_excerpt import plain
from pipeline.store.theme_fields import KINDS
from pipeline.store.theme_views import ThemeView
from pipeline.theme_life import Status

if TYPE_CHECKING:
    from pipeline.ledgers_themes import ThemeLedger

PROGRESS = "问题处理进度跟踪表"
OPEN, CLOSED = "处理中", "已解决"
STATES = (OPEN, CLOSED)
STATE, NOTE = "处理状态", "办理说明"
EDITABLE = (
    *(STATE, "责任部门", "根因类别", "负责人", "处理措施"),
    *("计划完成日期", "措施生效日期", NOTE),
)
DATES = ("计划完成日期", "措施生效日期")
VERSION, CHECK = "版本", "校验"
COLUMNS = (
    *("问题编号", "问题", "主题状态", "本期条数", "待答复", *EDITABLE),
    *("是否逾期", "效果结论", VERSION, CHECK),
)
_CHECK_HEX = 8


def progress_sheet(book: ThemeLedger) -> LedgerSheet:
    """Lay out the progress of each problem.

    Args:
        book: The themes.

    Returns:
        The ledger, open problems first, the largest first.
    """
    lines = []
    for view in sorted(book.views, key=lambda v: (state_of(v) == CLOSED, -v.n, v.id)):
        cells = editable_cells(view)
        effect = book.effects.get(view.id)
        n, _, n_waiting = book.rows.get(view.id, (0, 0, 0))
        lines.append(
            [
                *(view.id, plain(view.name), view.status_title, n, n_waiting),
                *(view_cell(view, name, cells) for name in EDITABLE),
                "已逾期" if book.decisions[view.id].is_late else "",
                effect.effect.verdict.value if effect else "",
                *(view.version, check_of(cells)),
            ]
        )
    return LedgerSheet(
        PROGRESS,
        COLUMNS,
        lines,
        choices={"处理状态": STATES, "根因类别": KINDS},
        widths={"问题": 22, "处理措施": 40, "办理说明": 30},
        hidden=(CHECK,),
        editable=EDITABLE,
    )


def state_of(view: ThemeView) -> str:
    """Say how far a problem is.

    Args:
        view: The theme.

    Returns:
        已解决 or 处理中.
    """
    return CLOSED if view.status == Status.RESOLVED else OPEN


def editable_cells(view: ThemeView) -> dict[str, str]:
    """Give what people may change, as text.

    Args:
        view: The theme.

    Returns:
        Column to text; the note is empty, it goes with a change of state.
    """
    return {
        "处理状态": state_of(view),
        "责任部门": plain(view.department),
        "根因类别": view.kind,
        "负责人": plain(view.owner or ""),
        "处理措施": plain(view.action or ""),
        "计划完成日期": "" if view.due is None else view.due.isoformat(),
        "措施生效日期": "" if view.action_on is None else view.action_on.isoformat(),
        "办理说明": "",
    }


def view_cell(view: ThemeView, name: str, cells: Mapping[str, str]) -> Any:
    """Give a cell as Excel shows it best.

    Args:
        view: The theme.
        name: The column.
        cells: From `editable_cells`.

    Returns:
        A date for dates, else text.
    """
    days: dict[str, date | None] = {"计划完成日期": view.due, "措施生效日期": view.action_on}
    return days[name] if name in days else cells[name]


def check_of(cells: Mapping[str, str]) -> str:
    """Tell cells that nobody touched from those that somebody did.

    Args:
        cells: Column to text.

    Returns:
        A digest of each editable cell, in their order.
    """
    return "-".join(_digest(cells[name]) for name in EDITABLE)


def touched(cells: Mapping[str, str], check: str) -> tuple[str, ...]:
    """Name the cells that are not what was exported.

    Args:
        cells: Column to text, from a sheet or from the store as it is now.
        check: From `check_of`, of what was exported.

    Returns:
        Columns.
    """
    pairs = zip(EDITABLE, check.split("-"), strict=True)
    return tuple(name for name, digest in pairs if _digest(cells[name]) != digest)


def _digest(cell: str) -> str:
    return hashlib.sha256(cell.strip().encode()).hexdigest()[:_CHECK_HEX]
