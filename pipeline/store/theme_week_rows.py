"""A week's report as mentions with words and vectors, ready for placing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from models.encoders import Encoder, unit_rows
from models.theme_report import ThemeReport
from pipeline.theme_found import Found, phrase_key

if TYPE_CHECKING:
    import pandas as pd

LONGEST = 200
Place = tuple[str, int, int]
_Part = tuple[Place, int, float]


@dataclass(frozen=True, eq=False)
class WeekRows:
    """One week.

    Attributes:
        week: Such as `2026-W47`.
        report: What the clusterer said.
        places: (feedback_id, start, end) of each mention, ascending.
        texts: The clause of each.
        found: The same for placing, in the same order.
        row_texts: Feedback id to text, of all rows.
    """

    week: str
    report: ThemeReport
    places: list[tuple[str, int, int]]
    texts: list[str]
    found: Found
    row_texts: dict[str, str]


class Memo:
    """An encoder that embeds no text twice: clauses come back in matching and in quotes."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self._seen: dict[str, np.ndarray] = {}

    @property
    def dim(self) -> int:
        """The encoder's."""
        return self._encoder.dim

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """Embed texts, those seen before from memory.

        Args:
            texts: Any number.

        Returns:
            Unit rows, shape (n, dim).
        """
        new = list(dict.fromkeys(text for text in texts if text not in self._seen))
        if new:
            self._seen.update(zip(new, self._encoder.encode(new), strict=True))
        if not len(texts):
            return np.zeros((0, self.dim), dtype=np.float32)
        return np.stack([self._seen[text] for text in texts])


def read_week(
    rows: pd.DataFrame,
    report: ThemeReport,
    encoder: Encoder,
    week: str,
    decided: Collection[Place] = (),
) -> WeekRows:
    """Put a report's mentions in canonical order and embed their words.

    Args:
        rows: The scored rows.
        report: Their themes.
        encoder: Embeds the words.
        week: Such as `2026-W47`.
        decided: Mentions that people put somewhere; where the clauses are cut otherwise this time,
            these cuts stay.

    Returns:
        The week.
    """
    row_texts = dict(zip(rows["feedback_id"].astype(str), rows["text"].astype(str), strict=True))
    labels = {theme.id: k for k, theme in enumerate(report.themes)}
    columns = ["feedback_id", "start", "end"]
    parts: list[_Part] = [
        *(
            ((str(i), int(a), int(b)), labels[theme_id], float(score))
            for i, a, b, theme_id, score in _tuples(
                report.mentions, [*columns, "theme_id", "score"]
            )
        ),
        *(((str(i), int(a), int(b)), -1, 0.0) for i, a, b in _tuples(report.rare, columns)),
    ]
    parts = sorted(_keep(parts, decided, row_texts))
    places = [place for place, _, _ in parts]
    texts = [row_texts[i][a:b] for i, a, b in places]
    words, keys, vectors = _embed(texts, encoder)
    found = Found(
        rows=[place[0] for place in places],
        keys=keys,
        words=words,
        vectors=vectors,
        labels=np.array([label for _, label, _ in parts], dtype=int),
        scores=np.array([score for _, _, score in parts]),
        keywords=[theme.keywords for theme in report.themes],
        guides=[theme.guide for theme in report.themes],
    )
    return WeekRows(week, report, places, texts, found, row_texts)


def _keep(
    parts: list[_Part], decided: Collection[Place], row_texts: Mapping[str, str]
) -> list[_Part]:
    """Put decided mentions that this week's cutting lacks in the place of those they overlap."""
    there = {place for place, _, _ in parts}
    lost = [p for p in decided if p not in there and p[2] <= len(row_texts.get(p[0], ""))]
    for feedback_id, start, end in lost:
        over = [
            part
            for part in parts
            if part[0][0] == feedback_id and part[0][1] < end and part[0][2] > start
        ]
        label, score = (over[0][1], over[0][2]) if over else (-1, 0.0)
        parts = [part for part in parts if part not in over]
        parts.append(((feedback_id, start, end), label, score))
    return parts


def _tuples(table: pd.DataFrame, columns: list[str]) -> Any:
    return table[columns].itertuples(index=False, name=None)


def _embed(texts: list[str], encoder: Encoder) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Distinct words, each mention's position among them, and their vectors."""
    spellings: dict[str, Counter[str]] = {}
    by_text = {text: phrase_key(text) for text in dict.fromkeys(texts)}
    for text in texts:
        spellings.setdefault(by_text[text], Counter())[text] += 1
    words = sorted(spellings)
    position = {word: i for i, word in enumerate(words)}
    keys = np.array([position[by_text[text]] for text in texts], dtype=int)
    usual = [
        min(s, key=lambda text: (-s[text], len(text), text)) for s in map(spellings.get, words) if s
    ]
    vectors = unit_rows(encoder.encode(usual)) if usual else np.zeros((0, encoder.dim))
    return words, keys, vectors.astype(np.float32)
