"""What the page shows of a store's facts, ready for the templates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from typing import Any

from pipeline.report_charts import Range, range_chart
from pipeline.report_facts import ActionEffect, StoreFacts
from pipeline.report_segments import GroupScore
from pipeline.report_story import cluster_line, low_line, others_of, place_of
from pipeline.report_titles import Titles

_MAX_CHARTED = 6
_PERCENT = 100.0


@dataclass(frozen=True)
class StoreView:
    """Facts with the words around them.

    Attributes:
        facts: The facts.
        titles: What people read for a value, and in which language.
    """

    facts: StoreFacts
    titles: Titles

    @property
    def actions_chart(self) -> Any:
        """Before and after of each action, as SVG."""
        from markupsafe import Markup

        legend = self.titles.word("share_after"), self.titles.word("share_before")
        known = [action for action in self.facts.actions if action.effect.after.n]
        actions = known[:_MAX_CHARTED]
        most = max((self._widest(action) for action in actions), default=0.0)
        lines = [self._range(action, (0.0, most)) for action in actions]
        # ElementTree has escaped every label in the drawing
        return Markup(range_chart(self.titles.word("actions"), lines, legend))  # noqa: S704

    @property
    def has_charted(self) -> bool:
        """Whether any action has a time after it."""
        return any(action.effect.after.n for action in self.facts.actions)

    @property
    def groups(self) -> list[tuple[str, list[GroupScore]]]:
        """Groups by dimension."""
        return [(k, list(v)) for k, v in groupby(self.facts.groups, lambda g: g.dimension)]

    def __getattr__(self, name: str) -> Any:
        """Give the writers of lines, bound to the language."""
        writers: dict[str, Callable[..., Any]] = {
            "place": place_of,
            "others": others_of,
            "cluster_line": cluster_line,
            "low_line": low_line,
        }
        if name not in writers:
            raise AttributeError(name)
        return partial(writers[name], titles=self.titles)

    def title(self, dimension: str, value: str) -> str:
        """Name a value.

        Args:
            dimension: Its column.
            value: It.

        Returns:
            What people read.
        """
        return self.titles.of(dimension, value)

    def figure(self, kind: str, value: float | None) -> str:
        """Write a figure.

        Args:
            kind: count, share or points.
            value: It; None if unknown.

        Returns:
            A dash if unknown.
        """
        if value is None:
            return "–"
        if kind == "share":
            return self.tenth(value)
        return f"{value:,.0f}".replace("-", "−")

    def tenth(self, share: float | None) -> str:
        """Write a share to a tenth of a percent.

        Args:
            share: In [0, 1]; None if unknown.

        Returns:
            A dash if unknown.
        """
        return "–" if share is None else f"{share:.1%}"

    def _widest(self, action: ActionEffect) -> float:
        effect = action.effect
        ends = (effect.before.value, effect.after.value, effect.after.high)
        return float(max(1, -(-max(_PERCENT * (end or 0.0) for end in ends) // 1)))

    def _range(self, action: ActionEffect, scale: tuple[float, float]) -> Range:
        before, after = action.effect.before, action.effect.after
        interval = None
        if after.low is not None and after.high is not None:
            interval = (_PERCENT * after.low, _PERCENT * after.high)
        verdict = self.titles.word(action.effect.verdict.value)
        text = f"{self.tenth(before.value)} → {self.tenth(after.value)} · {verdict}"
        earlier = None if before.value is None else _PERCENT * before.value
        return Range(action.name, scale, _PERCENT * (after.value or 0.0), interval, earlier, text)
