"""An edited progress ledger back into the store: all of it, or nothing and every reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import DataError
from pipeline.ledgers_progress import (
    CHECK,
    CLOSED,
    DATES,
    EDITABLE,
    PROGRESS,
    STATES,
    VERSION,
    check_of,
    editable_cells,
)
from pipeline.sheet_cells import Row, read_sheet
from pipeline.store.theme_fields import KINDS
from pipeline.store.theme_views import ThemeView

if TYPE_CHECKING:
    from pipeline.store.engine import Store

_NEEDED = ("问题编号", *EDITABLE, VERSION, CHECK)
_MAX_LISTED = 20
_MAX_CHARS = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One row that somebody edited.

    Attributes:
        number: Its number in the sheet.
        theme_id: The theme.
        version: The version that was exported.
        before: What the store says now.
        after: What the sheet says.
    """

    number: int
    theme_id: str
    version: int
    before: dict[str, str]
    after: dict[str, str]

    @property
    def fields(self) -> list[str]:
        """Columns that differ."""
        return [name for name in EDITABLE if self.before[name] != self.after[name]]

    def told(self) -> str:
        """Say what changes."""
        parts = [
            f"{name}「{self.before[name] or '空'}」→「{self.after[name] or '空'}」"
            for name in self.fields
        ]
        return f"第 {self.number} 行 {self.theme_id}:{';'.join(parts)}"


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did, or would do.

    Attributes:
        n_changed: Themes that were changed.
        n_same: Rows that say what the store says, or that nobody touched.
        lines: What changed, one line a theme.
    """

    n_changed: int
    n_same: int
    lines: tuple[str, ...]

    def as_record(self) -> dict[str, Any]:
        """Give plain values.

        Returns:
            Ready for JSON.
        """
        return {"changed": self.n_changed, "same": self.n_same, "lines": list(self.lines)}


def import_progress(store: Store, path: Path, who: str, *, is_dry: bool = False) -> Imported:
    """Import an edited progress ledger.

    Args:
        store: The store.
        path: The workbook from `huiyin ledger export`, edited.
        who: Who edited it.
        is_dry: True changes nothing and says what would change.

    Returns:
        What was done.

    Raises:
        DataError: If a cell cannot be used or somebody else changed a theme meanwhile; lists every
            row, and nothing is changed.
    """
    from pipeline.store.joined import joined

    if not who.strip():
        raise DataError("--who is empty; expected the name of the person who edited the sheet")
    rows = read_sheet(path, PROGRESS)
    _refuse_columns(path, rows)
    with joined(store) as one:
        changes = _plan(one, path, rows)
        if not is_dry:
            for change in changes:
                _apply(one, change, who.strip())
    lines = tuple(change.told() for change in changes)
    return Imported(len(changes), len(rows) - len(changes), lines)


def _refuse_columns(path: Path, rows: Sequence[Row]) -> None:
    if not rows:
        raise DataError(f"{path}: sheet {PROGRESS} has no rows")
    missing = [name for name in _NEEDED if name not in rows[0][1]]
    if missing:
        raise DataError(
            f"{path}: sheet {PROGRESS} lacks the columns {', '.join(missing)}; expected what "
            "`huiyin ledger export` wrote"
        )


def _plan(store: Store, path: Path, rows: Sequence[Row]) -> list[Change]:
    """Compare the sheet with the store; every problem is named at once."""
    from pipeline.store.theme_registry import list_themes

    views = {view.id: view for view in list_themes(store)}
    changes: list[Change] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, cells in rows:
        theme_id = cells["问题编号"]
        if theme_id in seen:
            problems.append(f"第 {number} 行 {theme_id}:与第 {seen[theme_id]} 行重复")
            continue
        seen[theme_id] = number
        found = _read(number, cells, views.get(theme_id), problems)
        if found is not None:
            changes.append(found)
    if problems:
        listed = "\n  ".join(problems[:_MAX_LISTED])
        more = f"\n  … 共 {len(problems)} 处" if len(problems) > _MAX_LISTED else ""
        raise DataError(f"{path}: 没有导入,{len(problems)} 处要处理\n  {listed}{more}")
    return changes


def _read(
    number: int, cells: dict[str, str], view: ThemeView | None, problems: list[str]
) -> Change | None:
    theme_id, place = cells["问题编号"], f"第 {number} 行 {cells['问题编号']}"
    if view is None:
        problems.append(f"{place}:没有这个主题,或已并入别的主题;请重新导出")
        return None
    after = {name: cells[name].strip() for name in EDITABLE}
    found = [f"{place} {problem}" for problem in _bad_cells(after)]
    if not cells[VERSION].isdigit():
        found.append(f"{place} 版本:{cells[VERSION]!r},应为导出时的数字")
    if found:
        problems += found
        return None
    change = Change(number, theme_id, int(cells[VERSION]), editable_cells(view), after)
    if not change.fields or check_of(after) == cells[CHECK]:
        return None  # the store says so already, or nobody touched the row
    if view.version != change.version:
        problems.append(
            f"{place}:导出后被别人改过(第 {change.version} 版 → 第 {view.version} 版);"
            f"{change.told().partition(':')[2]};请重新导出再改"
        )
        return None
    return change


def _bad_cells(cells: dict[str, str]) -> list[str]:
    """Check the cells; dates are put into one form."""
    found = []
    if cells["处理状态"] not in STATES:
        found.append(f"处理状态:{cells['处理状态']!r},应为 {'、'.join(STATES)}")
    if cells["根因类别"] and cells["根因类别"] not in KINDS:
        found.append(f"根因类别:{cells['根因类别']!r},应为 {'、'.join(KINDS)}")
    for name in DATES:
        try:
            cells[name] = _day(cells[name])
        except ValueError:
            found.append(f"{name}:{cells[name]!r},应为日期,如 2026-11-30")
    found += [
        f"{name}:{len(cells[name])} 字,最多 {_MAX_CHARS} 字"
        for name in EDITABLE
        if len(cells[name]) > _MAX_CHARS
    ]
    return found


def _day(text: str) -> str:
    """Read a day as Excel, or a person, writes it."""
    if not text:
        return ""
    tidy = text.replace("/", "-").replace(".", "-").split()[0]
    return datetime.strptime(tidy, "%Y-%m-%d").date().isoformat()


def _apply(store: Store, change: Change, who: str) -> None:
    from pipeline.store import theme_edits

    fields, after, theme_id = set(change.fields), change.after, change.theme_id
    if fields & {"责任部门", "根因类别"}:
        theme_edits.set_cause(
            store, theme_id, who=who, department=after["责任部门"], kind=after["根因类别"]
        )
    if fields & {"负责人", "处理措施", *DATES}:
        days = {name: date.fromisoformat(after[name]) if after[name] else None for name in DATES}
        theme_edits.set_action(
            store,
            theme_id,
            who=who,
            owner=after["负责人"],
            action=after["处理措施"],
            due=days["计划完成日期"],
            action_on=days["措施生效日期"],
        )
    if "处理状态" in fields:
        is_closed = after["处理状态"] == CLOSED
        change_state = theme_edits.close if is_closed else theme_edits.reopen
        change_state(store, theme_id, who=who, note=after["办理说明"] or None)
