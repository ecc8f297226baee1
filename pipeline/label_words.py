"""Labels as people read and write them: 问题 or complaint, 包装/物流 or delivery."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from models.taxonomy import Taxonomy
from pipeline.data_contract import quoted
from pipeline.judgements import NO_CAUSE, Labels

KINDS = ("intent", "type", "subtype", "urgency")
FILLED = ("intent", "type", "more_types", "subtype", "urgency", "cause")
_YES = ("是", "看过", "yes", "y", "true", "1", "x", "✓")
_BETWEEN = re.compile(r"[;；、,，\s]+")


@dataclass(frozen=True, slots=True)
class Problem:
    """A cell that cannot be used.

    Attributes:
        row: Its row, counted as in the file.
        field: Its column.
        message: What stands there and what was expected.
    """

    row: int
    field: str
    message: str

    def __str__(self) -> str:
        """Write the problem as one line."""
        return f"第 {self.row} 行 {self.field}:{self.message}"


class LabelWords:
    """Translates between codes and titles.

    Args:
        taxonomy: The labels.
        language: zh or en.
    """

    def __init__(self, taxonomy: Taxonomy, language: str = "zh") -> None:
        self.taxonomy = taxonomy
        self._names = {
            "intent": taxonomy.intent_names,
            "type": taxonomy.type_names,
            "subtype": taxonomy.subtype_names,
            "urgency": taxonomy.urgency_names,
        }
        self._titles = {
            kind: {n: taxonomy.title(kind, n, language) for n in self._names[kind]}  # type: ignore[arg-type]
            for kind in KINDS
        }

    def choices(self, kind: str) -> list[str]:
        """List the titles of a kind for a drop-down.

        Args:
            kind: One of `KINDS`.

        Returns:
            Titles in the taxonomy's order.
        """
        return list(self._titles[kind].values())

    def names(self, kind: str) -> tuple[str, ...]:
        """List the codes of a kind.

        Args:
            kind: One of `KINDS`.

        Returns:
            Codes in the taxonomy's order.
        """
        return self._names[kind]

    def title(self, kind: str, name: str) -> str:
        """Give the title of a label.

        Args:
            kind: One of `KINDS`.
            name: Its code.

        Returns:
            The title; the code itself if it is unknown.
        """
        return self._titles[kind].get(name, name)

    def is_checked(self, cell: str) -> bool:
        """Read whether somebody looked at a row.

        Args:
            cell: Of column `checked`.

        Returns:
            True if they say so.
        """
        return cell.strip().lower() in _YES

    def read(self, row: int, cells: Mapping[str, str]) -> tuple[Labels | None, list[Problem]]:
        """Read the labels a person gave.

        Args:
            row: The row's number.
            cells: Columns `FILLED`.

        Returns:
            The labels, or None and what is wrong.
        """
        problems: list[Problem] = []
        found = {kind: self._code(row, kind, cells.get(kind, ""), problems) for kind in KINDS}
        more = [
            self._code(row, "type", word, problems, "more_types")
            for word in _BETWEEN.split(cells.get("more_types", ""))
            if word
        ]
        if problems:
            return None, problems
        type_, subtype = found["type"], found["subtype"]
        if self.taxonomy.type_of(subtype) != type_:
            fitting = [s for s in self._names["subtype"] if self.taxonomy.type_of(s) == type_]
            titles = "、".join(self.title("subtype", s) for s in fitting)
            of = f"{self.title('subtype', subtype)!r} 不属于{self.title('type', type_)}"
            said = f"{of},应为其中之一:{titles}"
            return None, [Problem(row, "subtype", said)]
        types = tuple(dict.fromkeys([type_, *more]))
        cause = cells.get("cause", "").strip() if found["intent"] == "complaint" else ""
        cause = cause or (NO_CAUSE if found["intent"] == "complaint" else "")
        return Labels(found["intent"], types, subtype, found["urgency"], cause), []

    def _code(
        self, row: int, kind: str, cell: str, problems: list[Problem], field: str | None = None
    ) -> str:
        cell = cell.strip()
        for name, title in self._titles[kind].items():
            if cell in (name, title):
                return name
        said = quoted(cell) if cell else "是空的"
        problems.append(
            Problem(row, field or kind, f"{said},应为其中之一:{'、'.join(self.choices(kind))}")
        )
        return ""
