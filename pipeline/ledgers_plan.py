"""What an edited progress ledger would change, cell by cell, beside what others changed meanwhile.

Each cell is compared three ways: as it was exported, as the sheet says, as the store says now. What
only one side changed is no conflict; a cell that both changed, to different ends, is a clash that a
person has to decide.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from models.errors import DataError
from pipeline.ledgers_progress import (
    CHECK,
    DATES,
    EDITABLE,
    NOTE,
    PROGRESS,
    STATE,
    STATES,
    VERSION,
    editable_cells,
    touched,
)
from pipeline.sheet_cells import Row, read_sheet
from pipeline.store.theme_fields import KINDS
from pipeline.store.theme_views import ThemeView

if TYPE_CHECKING:
    from pipeline.store.engine import Store

ID = "问题编号"
_NEEDED = (ID, *EDITABLE, VERSION, CHECK)
_MAX_CHARS = 500


@dataclass(frozen=True, slots=True)
class Change:
    """One row that somebody edited.

    Attributes:
        number: Its number in the sheet.
        theme_id: The theme.
        name: What it is called now.
        version: Its version when it was exported.
        now_version: Its version now.
        before: What the store says now.
        after: What it would say: the sheet's cells that were edited, the store's others.
        clashes: Columns that somebody else changed meanwhile, too, to something else.
        who: Who changed the theme last, where there are clashes.
    """

    number: int
    theme_id: str
    name: str
    version: int
    now_version: int
    before: Mapping[str, str]
    after: Mapping[str, str]
    clashes: tuple[str, ...] = ()
    who: str = ""

    @property
    def fields(self) -> list[str]:
        """Columns that differ."""
        return [name for name in EDITABLE if self.before[name] != self.after[name]]

    @property
    def key(self) -> str:
        """Names the state of the theme that a decision about its clashes rests on."""
        return f"{self.theme_id}@{self.now_version}"

    def yielding(self) -> Change:
        """Leave cells that clash as the store says.

        Returns:
            The rest of the change.
        """
        kept = {name: self.before[name] for name in self.clashes}
        return replace(self, after={**self.after, **kept}, clashes=())

    def told(self) -> str:
        """Say what changes.

        Returns:
            One line.
        """
        parts = [
            f"{name}「{self.before[name] or '空'}」→「{self.after[name] or '空'}」"
            for name in self.fields
        ]
        if not self.clashes:
            return f"第 {self.number} 行 {self.theme_id}:{';'.join(parts)}"
        by = f"被{self.who}改过" if self.who else "被别人改过"
        return (
            f"第 {self.number} 行 {self.theme_id}:导出后{by}"
            f"(第 {self.version} 版 → 第 {self.now_version} 版),"
            f"{'、'.join(self.clashes)} 两边不同;{';'.join(parts)};请重新导出再改"
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """What a sheet would change.

    Attributes:
        changes: Rows that say something else than the store.
        n_same: Rows that nobody touched, or that say what the store says.
        problems: Cells that cannot be used, one line each; nothing can be imported then.
    """

    changes: tuple[Change, ...]
    n_same: int
    problems: tuple[str, ...]

    @property
    def clashing(self) -> list[Change]:
        """Changes that somebody has to decide."""
        return [change for change in self.changes if change.clashes]


def read_progress(path: Path) -> list[Row]:
    """Read the progress sheet of a workbook.

    Args:
        path: The workbook from `huiyin ledger export`, edited.

    Returns:
        Its rows.

    Raises:
        DataError: If there is no such sheet, or it lacks columns.
    """
    rows = read_sheet(path, PROGRESS)
    if not rows:
        raise DataError(f"{path}: sheet {PROGRESS} has no rows")
    missing = [name for name in _NEEDED if name not in rows[0][1]]
    if missing:
        raise DataError(
            f"{path}: sheet {PROGRESS} lacks the columns {', '.join(missing)}; expected what "
            "`huiyin ledger export` wrote"
        )
    return rows


def plan_progress(store: Store, rows: Sequence[Row]) -> Plan:
    """Compare a sheet with the store; every problem is named at once.

    Args:
        store: The store.
        rows: From `read_progress`.

    Returns:
        The plan.
    """
    from pipeline.store.theme_registry import list_themes

    views = {view.id: view for view in list_themes(store)}
    changes: list[Change] = []
    problems: list[str] = []
    seen: dict[str, int] = {}
    for number, cells in rows:
        theme_id = cells[ID]
        if theme_id in seen:
            problems.append(f"第 {number} 行 {theme_id}:与第 {seen[theme_id]} 行重复")
            continue
        seen[theme_id] = number
        found, wrong = _compare(number, cells, views.get(theme_id))
        problems += [f"第 {number} 行 {theme_id} {words}" for words in wrong]
        if found is not None:
            changes.append(_signed(store, found))
    return Plan(tuple(changes), len(seen) - len(changes), tuple(problems))


def _compare(
    number: int, cells: Mapping[str, str], view: ThemeView | None
) -> tuple[Change | None, list[str]]:
    """Give what a row changes, and what is wrong with it."""
    if view is None:
        return None, ["没有这个主题,或已并入别的主题;请重新导出"]
    sheet = {name: cells[name].strip() for name in EDITABLE}
    wrong = _bad_cells(sheet)
    try:
        version, edited = int(cells[VERSION]), touched(sheet, cells[CHECK])
    except ValueError:
        return None, [*wrong, f"{VERSION}、{CHECK} 两列被改动过;请重新导出再改"]
    if wrong:
        return None, wrong
    now = editable_cells(view)
    moved = touched(now, cells[CHECK])
    after = now | {name: sheet[name] for name in edited}
    clashes = tuple(name for name in edited if name in moved and sheet[name] != now[name])
    change = Change(number, view.id, view.name, version, view.version, now, after, clashes)
    if change.fields == [NOTE]:
        return None, [f"{NOTE}:只和{STATE}一起保存;请改{STATE},或写进处理措施"]
    return (change if change.fields else None), []


def _signed(store: Store, change: Change) -> Change:
    """Add whose edit the row clashes with."""
    from pipeline.store.theme_registry import list_events

    if not change.clashes:
        return change
    who = next((e.who for e in list_events(store, change.theme_id) if e.is_human), "")
    return replace(change, who=who)


def _bad_cells(cells: dict[str, str]) -> list[str]:
    """Check the cells; dates are put into one form."""
    found: list[str] = []
    _need(found, cells, STATE, STATES)
    if cells["根因类别"]:
        _need(found, cells, "根因类别", KINDS)
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


def _need(found: list[str], cells: Mapping[str, str], name: str, allowed: Collection[str]) -> None:
    if cells[name] not in allowed:
        found.append(f"{name}:{cells[name]!r},应为 {'、'.join(allowed)}")


def _day(text: str) -> str:
    """Read a day as Excel, or a person, writes it."""
    if not text:
        return ""
    tidy = text.replace("/", "-").replace(".", "-").split()[0]
    return datetime.strptime(tidy, "%Y-%m-%d").date().isoformat()
