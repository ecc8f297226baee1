"""What is said about a batch's themes; made by `models.themes.fit_themes`."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import pandas as pd

MENTION_COLUMNS = ("feedback_id", "theme_id", "theme_name", "start", "end", "score")
RARE_COLUMNS = ("feedback_id", "text", "start", "end")


@dataclass(frozen=True, slots=True)
class Quote:
    """A clause that speaks for a theme, and where it stands in its row's text."""

    feedback_id: str
    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Theme:
    """Complaints about one failing.

    Attributes:
        id: `T0001`, the largest theme first; valid within one report.
        name: 2 to 12 characters, unique within the report.
        keywords: Telling words, the most telling first.
        quotes: Typical and diverse clauses, at most one a row.
        size: Rows that mention it.
        share: Of all complaints, in [0, 1]; shares may add up to more than 1.
        department: The one that most of its rows are routed to.
        root_cause_kind: 产品缺陷, 流程漏洞 or 服务失误.
        by_type: Rows by main type.
        subthemes: How many finer groups it was merged from, at least 1.
        guide: Name of the confirmed group that it stands for, empty when found unaided.
    """

    id: str
    name: str
    keywords: tuple[str, ...]
    quotes: tuple[Quote, ...]
    size: int
    share: float
    department: str
    root_cause_kind: str
    by_type: dict[str, int]
    subthemes: int
    guide: str = ""


@dataclass(frozen=True, eq=False)
class ThemeReport:
    """All themes of a batch.

    Attributes:
        themes: The largest first.
        mentions: One row a mention in a theme, columns `MENTION_COLUMNS`.
        rare: One row a mention in no theme, columns `RARE_COLUMNS`.
        n_complaints: Complaints looked at.
        used_axes: Whether axes of known causes were learnt for the encoder; without them themes
            are coarser.
    """

    themes: tuple[Theme, ...]
    mentions: pd.DataFrame
    rare: pd.DataFrame
    n_complaints: int
    used_axes: bool = False

    def as_record(self) -> dict[str, Any]:
        """Give plain JSON-ready values, without the table of mentions."""
        return {
            "n_complaints": self.n_complaints,
            "used_axes": self.used_axes,
            "n_mentions": len(self.mentions) + len(self.rare),
            "themes": [asdict(theme) for theme in self.themes],
            "rare": self.rare.to_dict("records"),
        }
