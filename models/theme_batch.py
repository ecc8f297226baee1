"""One batch of complaints as mentions, vectors and clusters: everything the report is made from."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from models.encoders import Encoder
from models.mentions import Mention, MentionGroup, collapse, find_mentions
from models.theme_axes import AXES_FOLDER, CauseAxes, find_axes
from models.theme_background import ways_of_speaking
from models.theme_clusters import Clusters, cluster
from models.theme_guidance import Guidance
from models.theme_polarity import Polarity, judge
from models.theme_prototypes import choose_members
from models.theme_settings import ThemeSettings, default_tag
from models.theme_vectors import CauseVectors, cause_vectors

logger = logging.getLogger(__name__)
# A theme of a large batch must hold one row in so many, or there would be thousands.
_ROWS_A_THEME = 2_500


@dataclass(frozen=True)
class Batch:
    """Everything about one batch that the report is made from.

    Attributes:
        rows: Complaints in canonical order.
        mentions: What they state.
        groups: The mentions, like ones gathered.
        vectors: Of the groups, unit rows.
        clusters: Of the groups.
        least: Rows that a theme needs.
        has_axes: Whether axes of known causes belong to the encoder.
        guides: Names of the confirmed groups, in the order of their themes.
        speaking: Groups that share a way of speaking and no failing; they are rare mentions.
    """

    rows: pd.DataFrame
    mentions: list[Mention]
    groups: list[MentionGroup]
    vectors: np.ndarray
    clusters: Clusters
    least: int
    has_axes: bool = False
    guides: tuple[str, ...] = ()
    speaking: frozenset[int] = frozenset()

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

    def is_theme(self, label: int) -> bool:
        """Whether enough rows state a failing; one is enough where people vouch for the theme."""
        n_rows = len(self.row_positions(label))
        if label < self.clusters.n_confirmed:
            return n_rows >= 1
        return n_rows >= self.least and label not in self.speaking


def make_batch(
    rows: pd.DataFrame,
    encoder: Encoder,
    settings: ThemeSettings,
    guidance: Guidance | None = None,
    axes_folder: Path = AXES_FOLDER,
) -> Batch | None:
    """Find the mentions of complaints and group them.

    Args:
        rows: Complaints in canonical order.
        encoder: Embeds the mentions, each distinct phrase once.
        settings: How.
        guidance: What people decided, or None.
        axes_folder: Where the axes of known causes lie.

    Returns:
        The batch; None when no complaint states anything.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    mentions = find_mentions(list(rows["text"]), default_tag(), settings.keep_neutral)
    groups = collapse(mentions)
    if not groups:
        return None
    confirmed = _Confirmed.of(guidance, groups)
    phrases = [group.phrase for group in groups] + confirmed.phrases
    embeddings = encoder.encode(phrases)
    weights = np.ones(len(phrases))
    weights[: len(groups)] = [len({mentions[m].row for m in group.members}) for group in groups]
    least = max(settings.min_rows, len(rows) // _ROWS_A_THEME)
    n = len(groups)
    with threadpool_limits(1):
        axes = _axes_of(encoder, axes_folder)
        vectors, found = _group(phrases, embeddings, weights, settings, least, confirmed, axes, n)
        speaking = ways_of_speaking(
            found.themes[:n], weights[:n], vectors.chances[:n], embeddings[:n]
        )
    clusters = Clusters(found.themes[:n], found.cores[:n], found.scores[:n], found.n_confirmed)
    return Batch(
        rows,
        mentions,
        groups,
        vectors.rows[:n],
        clusters,
        least,
        axes is not None,
        confirmed.names,
        speaking,
    )


def _axes_of(encoder: Encoder, folder: Path) -> CauseAxes | None:
    """The encoder's axes; where there are none, say what that costs and how to make them."""
    axes = find_axes(encoder, folder)
    if axes is None:
        logger.warning(
            "themes: no axes of known causes in %s belong to this encoder, so themes will be "
            "coarser; make them: python -m pipeline.theme_axes CORPUS MODEL",
            folder.name,
        )
    return axes


@dataclass(frozen=True)
class _Confirmed:
    """Confirmed clauses as mentions beside the batch's own.

    `choices` holds, for each clause, its group and the positions that its mentions have among all
    phrases: a clause may be a whole row, of which one mention is meant.
    """

    names: tuple[str, ...]
    phrases: list[str]
    choices: list[tuple[int, list[int]]]

    @classmethod
    def of(cls, guidance: Guidance | None, groups: Sequence[MentionGroup]) -> _Confirmed:
        decided = guidance.groups() if guidance is not None else {}
        place = {group.phrase: i for i, group in enumerate(groups)}
        extra: dict[str, int] = {}
        choices = []
        for k, clauses in enumerate(decided.values()):
            for clause in clauses:
                said = [m.phrase for m in find_mentions([clause], default_tag())] or [clause]
                where = [
                    place[p] if p in place else extra.setdefault(p, len(groups) + len(extra))
                    for p in said
                ]
                choices.append((k, where))
        return cls(tuple(decided), list(extra), choices)


def _group(
    phrases: Sequence[str],
    embeddings: np.ndarray,
    weights: np.ndarray,
    settings: ThemeSettings,
    least: int,
    confirmed: _Confirmed,
    axes: CauseAxes | None,
    n_groups: int,
) -> tuple[CauseVectors, Clusters]:
    vectors = cause_vectors(
        phrases, embeddings, settings.keyword_weight, settings.dim, settings.seed, axes
    )
    meant = np.where(vectors.background[:, None], 0, vectors.detail)
    decided = choose_members(meant, confirmed.choices)
    # Background is shown among the rare; people's word counts more than the model's.
    nothing = (vectors.background & (decided < 0))[:, None]
    rows, detail = np.where(nothing, 0, vectors.rows), np.where(nothing, 0, vectors.detail)
    failing = np.array([settings.neutral_seeds or judge(p) is Polarity.FAILING for p in phrases])
    # What else a confirmed text says, if no row of the batch says it, is no mention.
    said = np.flatnonzero((np.arange(len(phrases)) < n_groups) | (decided >= 0))
    found = cluster(
        rows[said],
        weights[said],
        (failing & ~vectors.background)[said],
        least,
        settings.granularity,
        settings.floor,
        vectors.known[said],
        decided[said],
        detail[said],
    )
    return vectors, found
