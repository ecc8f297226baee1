"""Root-cause themes of one batch of complaints: mentions, vectors, clusters, names, quotes.

Pure and deterministic: the same rows in any order give the same report. Ids are those of this
batch, the largest theme first; identity from week to week is the store's matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from models.encoders import Encoder, unit_rows
from models.mentions import Mention, MentionGroup, Tag, collapse, find_mentions
from models.theme_clusters import Clusters, cluster
from models.theme_names import ThemeWords, name_themes
from models.theme_polarity import Polarity, judge
from models.theme_quotes import diverse
from models.theme_report import MENTION_COLUMNS, RARE_COLUMNS, Quote, Theme, ThemeReport
from models.theme_vectors import cause_vectors

COMPLAINT = "complaint"
PRODUCT, PROCESS, SERVICE = "产品缺陷", "流程漏洞", "服务失误"
_KINDS = {"product": PRODUCT, "quality": PRODUCT, "service": SERVICE, "account": PROCESS}
_SUBTYPE_KINDS = {"delivery": PROCESS, "process": PROCESS}
_LONGEST_SHOWN = 200


@dataclass(frozen=True)
class ThemeSettings:
    """What changes the themes.

    Attributes:
        granularity: From 0 (few broad themes) to 1 (many narrow ones).
        min_rows: Least rows of a theme; smaller groups are listed as rare.
        floor: Least cosine to a theme's centre to be taken in, in [0, 1].
        keyword_weight: Weight of the keyword view beside the encoder's.
        dim: Width of the reduced vectors.
        keep_neutral: Whether clauses without a failing word count at all.
        neutral_seeds: Whether such clauses may found a theme, or only join one.
        n_quotes: Quotes a theme at most.
        seed: Of the reduction.
    """

    granularity: float = 0.5
    min_rows: int = 4
    floor: float = 0.4
    keyword_weight: float = 0.6
    dim: int = 80
    keep_neutral: bool = True
    neutral_seeds: bool = False
    n_quotes: int = 5
    seed: int = 0


@dataclass(frozen=True)
class _Batch:
    """Everything about one batch that the report is made from."""

    rows: pd.DataFrame
    mentions: list[Mention]
    groups: list[MentionGroup]
    vectors: np.ndarray
    clusters: Clusters

    def members(self, label: int) -> list[int]:
        """Positions of a theme's groups."""
        return [int(i) for i in np.flatnonzero(self.clusters.themes == label)]

    def weighed(self, label: int) -> list[tuple[str, float]]:
        """A theme's phrases by their mentions and how central they are."""
        scores = np.round(self.clusters.scores, 4) ** 2
        return [
            (self.groups[g].phrase, len(self.groups[g].members) * float(scores[g]))
            for g in self.members(label)
        ]

    def row_positions(self, label: int) -> list[int]:
        """Distinct rows of a theme, ascending."""
        groups = self.members(label)
        return sorted({self.mentions[m].row for g in groups for m in self.groups[g].members})


def fit_themes(
    rows: pd.DataFrame, encoder: Encoder, params: ThemeSettings | None = None
) -> ThemeReport:
    """Find the themes of a batch; a missing column or a repeated id is a `ValueError`.

    Args:
        rows: Scored rows with columns feedback_id (unique), text and, where known, intent, type,
            subtype and department; without `intent` every row is a complaint.
        encoder: Embeds the mentions, each distinct phrase once.
        params: None takes the defaults.

    Returns:
        The report; empty when there is no complaint.
    """
    params = params or ThemeSettings()
    complaints = _complaints(rows)
    mentions = find_mentions(list(complaints["text"]), default_tag(), params.keep_neutral)
    groups = collapse(mentions)
    if not groups:
        return ThemeReport(
            (), _table([], MENTION_COLUMNS), _table([], RARE_COLUMNS), len(complaints)
        )
    batch = _cluster(complaints, mentions, groups, encoder, params)
    return _report(batch, params)


@cache
def default_tag() -> Tag:
    """Give the word tagger, with jieba's own dictionary."""
    import rjieba

    tag: Tag = rjieba.Jieba().tag
    return tag


def root_cause_kind(types: Sequence[str], subtypes: Sequence[str]) -> str:
    """Say what kind of cause most rows point to.

    Args:
        types: Main type of each row.
        subtypes: Subtype of each row.

    Returns:
        产品缺陷, 流程漏洞 or 服务失误; 产品缺陷 when no row tells.
    """
    kinds = [
        _SUBTYPE_KINDS.get(subtype) or _KINDS.get(type_)
        for type_, subtype in zip(types, subtypes, strict=True)
    ]
    return _majority([kind for kind in kinds if kind]) or PRODUCT


def _complaints(rows: pd.DataFrame) -> pd.DataFrame:
    """Complaints in canonical order; all that follows is independent of the order of rows."""
    missing = {"feedback_id", "text"} - set(rows.columns)
    if missing:
        raise ValueError(f"columns {sorted(missing)} are missing: found {list(rows.columns)}")
    if rows["feedback_id"].duplicated().any():
        raise ValueError("feedback_id must be unique: drop or rename repeated rows")
    if "intent" in rows.columns:
        rows = rows[rows["intent"] == COMPLAINT]
    filled = {c: "" for c in ("type", "subtype", "department") if c not in rows.columns}
    return rows.assign(**filled).sort_values("feedback_id", ignore_index=True)


def _cluster(
    rows: pd.DataFrame,
    mentions: list[Mention],
    groups: list[MentionGroup],
    encoder: Encoder,
    params: ThemeSettings,
) -> _Batch:
    phrases = [group.phrase for group in groups]
    vectors = cause_vectors(
        phrases, encoder.encode(phrases), params.keyword_weight, params.dim, params.seed
    )
    weights = np.array([len({mentions[m].row for m in group.members}) for group in groups])
    seeds = np.array([params.neutral_seeds or judge(p) is Polarity.FAILING for p in phrases])
    found = cluster(vectors, weights, seeds, params.min_rows, params.granularity, params.floor)
    return _Batch(rows, mentions, groups, vectors, found)


def _report(batch: _Batch, params: ThemeSettings) -> ThemeReport:
    labels = range(batch.clusters.themes.max(initial=-1) + 1)
    order = sorted(
        labels,
        key=lambda k: (-len(batch.row_positions(k)), batch.groups[batch.members(k)[0]].phrase),
    )
    order = [k for k in order if len(batch.row_positions(k)) >= params.min_rows]
    words = name_themes([batch.weighed(k) for k in order], default_tag())
    themes = tuple(
        _theme(batch, k, f"T{i:04d}", w, params.n_quotes)
        for i, (k, w) in enumerate(zip(order, words, strict=True), start=1)
    )
    mentions, rare = _tables(batch, dict(zip(order, themes, strict=True)))
    return ThemeReport(themes, mentions, rare, len(batch.rows))


def _theme(batch: _Batch, label: int, id_: str, words: ThemeWords, n_quotes: int) -> Theme:
    rows = batch.rows.iloc[batch.row_positions(label)]
    cores = batch.clusters.cores[batch.members(label)]
    return Theme(
        id=id_,
        name=words.name,
        keywords=words.keywords,
        quotes=_quotes(batch, label, n_quotes),
        size=len(rows),
        share=len(rows) / len(batch.rows),
        department=_majority([d for d in rows["department"] if d]),
        root_cause_kind=root_cause_kind(list(rows["type"]), list(rows["subtype"])),
        by_type=dict(sorted(Counter(str(t) for t in rows["type"] if t).items())),
        subthemes=max(1, len(set(cores.tolist()) - {-1})),
    )


def _quotes(batch: _Batch, label: int, n: int) -> tuple[Quote, ...]:
    groups = batch.members(label)
    vectors = batch.vectors[groups]
    centre = unit_rows(vectors.sum(axis=0, keepdims=True))[0]
    quotes: dict[str, Quote] = {}
    for i in diverse(vectors, centre, 3 * n):
        quote = _quote(batch, batch.mentions[batch.groups[groups[i]].members[0]])
        quotes.setdefault(quote.feedback_id, quote)
    return tuple(quotes.values())[:n]


def _quote(batch: _Batch, mention: Mention) -> Quote:
    feedback_id = str(batch.rows["feedback_id"].iloc[mention.row])
    text = mention.text[:_LONGEST_SHOWN]
    return Quote(feedback_id, text, mention.start, mention.start + len(text))


def _tables(batch: _Batch, themes: dict[int, Theme]) -> tuple[pd.DataFrame, pd.DataFrame]:
    found: list[tuple[Any, ...]] = []
    rare: list[tuple[Any, ...]] = []
    for i, group in enumerate(batch.groups):
        theme = themes.get(int(batch.clusters.themes[i]))
        score = round(float(batch.clusters.scores[i]), 4)
        for m in group.members:
            quote = _quote(batch, batch.mentions[m])
            end = batch.mentions[m].end
            if theme is None:
                rare.append((quote.feedback_id, quote.text, quote.start, quote.end))
            else:
                found.append((quote.feedback_id, theme.id, theme.name, quote.start, end, score))
    return _table(found, MENTION_COLUMNS), _table(rare, RARE_COLUMNS)


def _table(found: list[tuple[Any, ...]], columns: tuple[str, ...]) -> pd.DataFrame:
    table = pd.DataFrame(found, columns=list(columns))
    return table.sort_values(["feedback_id", "start"], ignore_index=True)


def _majority(values: Sequence[str]) -> str:
    """The most frequent value, the first in code order on a tie, empty when there is none."""
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value), default="")
