"""Themes as the themes stage wrote them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from pydantic import BaseModel, ConfigDict, ValidationError

from models.errors import DataError
from models.yaml_file import first_problem

_MENTION_COLUMNS = ("feedback_id", "theme_id", "start", "end")


class _Entry(BaseModel):
    """What another program wrote; fields that a report does not show are let pass."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class QuoteEntry(_Entry):
    """One customer's words for a theme; `start` and `end` point into the row's text."""

    feedback_id: str
    text: str
    start: int = 0
    end: int = 0


class ThemeEntry(_Entry):
    """One theme as the clustering left it."""

    id: str
    name: str
    keywords: tuple[str, ...] = ()
    quotes: tuple[QuoteEntry, ...] = ()
    size: int = 0
    department: str = ""
    root_cause_kind: str = ""


class _Content(_Entry):
    """`themes.json`; `rare` are mentions without a theme."""

    themes: tuple[ThemeEntry, ...]
    rare: tuple[QuoteEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class ThemeFiles:
    """A folder of themes.

    Attributes:
        themes: As in `themes.json`.
        mentions: As in `mentions.csv`, then those without a theme, their `theme_id` empty; None
            without such a file.
    """

    themes: tuple[ThemeEntry, ...]
    mentions: pd.DataFrame | None


def read_themes(folder: str | Path) -> ThemeFiles:
    """Read what the themes stage wrote.

    Args:
        folder: Holds `themes.json` and perhaps `mentions.csv`.

    Returns:
        Both; no mentions where there is no such file.

    Raises:
        DataError: If a file is missing or cannot be used; names the field.
    """
    path = Path(folder) / "themes.json"
    try:
        content = _Content.model_validate(_with_themes(json.loads(path.read_text("utf-8"))))
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    except ValidationError as error:
        raise DataError(f"{path}: {first_problem(error)}") from error
    except ValueError as error:
        raise DataError(f"{path}: is not JSON ({error})") from error
    mentions = _read_mentions(Path(folder) / "mentions.csv")
    if mentions is not None and content.rare:
        rare = pd.DataFrame([entry.model_dump() for entry in content.rare])
        mentions = pd.concat([mentions, rare.assign(theme_id="", score=0.0)], ignore_index=True)
    return ThemeFiles(content.themes, mentions)


def _with_themes(content: object) -> object:
    """Take a bare list of themes too."""
    return {"themes": content} if isinstance(content, list) else content


def _read_mentions(path: Path) -> pd.DataFrame | None:
    if not path.exists():
        return None
    try:
        mentions = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read ({error})") from error
    missing = [column for column in _MENTION_COLUMNS if column not in mentions.columns]
    if missing:
        raise DataError(f"{path}: lacks the column {', '.join(missing)}")
    for column in ("start", "end"):
        mentions[column] = pd.to_numeric(mentions[column], errors="coerce").fillna(0).astype(int)
    score = pd.to_numeric(mentions["score"], errors="coerce") if "score" in mentions else 0.0
    return mentions.assign(theme_id=mentions["theme_id"].replace("-1", ""), score=score)
