"""An edited progress ledger back into the store: all of it, or nothing and every reason."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from models.errors import DataError
from pipeline.ledgers_plan import Change, Plan, plan_progress, read_progress
from pipeline.ledgers_progress import CLOSED, DATES, NOTE, STATE
from pipeline.sheet_cells import Row

if TYPE_CHECKING:
    from pipeline.store.engine import Store

_MAX_LISTED = 20


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
        DataError: If a cell cannot be used or somebody else changed the same cell meanwhile; lists
            every row, and nothing is changed.
    """
    if not who.strip():
        raise DataError("--who is empty; expected the name of the person who edited the sheet")
    rows = read_progress(path)
    if is_dry:
        plan = plan_progress(store, rows)
        _refuse(plan, str(path))
        return _imported(plan, plan.changes)
    return import_rows(store, rows, who.strip(), source=str(path))


def import_rows(
    store: Store,
    rows: Sequence[Row],
    who: str,
    *,
    source: str,
    mine: Collection[str] = (),
    theirs: Collection[str] = (),
) -> Imported:
    """Import the rows of a progress ledger, in one transaction.

    Args:
        store: The store.
        rows: From `read_progress`.
        who: Who edited them.
        source: The file's name, for messages.
        mine: Keys of clashing changes where the sheet's cells are to stand.
        theirs: Keys of those where the store's cells stay.

    Returns:
        What was done.

    Raises:
        DataError: If a cell cannot be used or a clash is not decided; nothing is changed then.
    """
    from pipeline.store.joined import joined

    with joined(store) as one:
        plan = plan_progress(one, rows)
        _refuse(plan, source, {*mine, *theirs})
        decided = [
            change.yielding() if change.clashes and change.key not in mine else change
            for change in plan.changes
        ]
        changes = [change for change in decided if change.fields]
        for change in changes:
            _apply(one, change, who)
    return _imported(plan, changes)


def _imported(plan: Plan, changes: Sequence[Change]) -> Imported:
    n_same = plan.n_same + len(plan.changes) - len(changes)
    return Imported(len(changes), n_same, tuple(change.told() for change in changes))


def _refuse(plan: Plan, source: str, decided: Collection[str] = ()) -> None:
    open_ = [change.told() for change in plan.clashing if change.key not in decided]
    problems = [*plan.problems, *open_]
    if problems:
        listed = "\n  ".join(problems[:_MAX_LISTED])
        more = f"\n  … 共 {len(problems)} 处" if len(problems) > _MAX_LISTED else ""
        raise DataError(f"{source}: 没有导入,{len(problems)} 处要处理\n  {listed}{more}")


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
    if STATE in fields:
        change_state = theme_edits.close if after[STATE] == CLOSED else theme_edits.reopen
        change_state(store, theme_id, who=who, note=after[NOTE] or None)
