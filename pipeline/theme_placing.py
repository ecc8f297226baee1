"""Which theme each of a week's mentions belongs to, given the themes known so far.

Clusters are matched as wholes (`pipeline.theme_identity`); then single mentions are put right, the
strongest word first: what people said of the same words, the theme that had the same words before,
the nearer of two themes that people split or that one cluster covers, a known theme that is clearly
nearer than the cluster's. What the clusterer left alone joins a known theme that has no cluster
this week if it is near enough, else it stays rare.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.theme_found import Found, Known, spread
from pipeline.theme_identity import (
    IdentitySettings,
    Match,
    match_clusters,
)
from pipeline.theme_likeness import Profile, away, directions, nearest, together
from pipeline.theme_rulings import Ruling, rule

_MAJORITY = 0.5


@dataclass(frozen=True, eq=False)
class Placing:
    """Where everything goes.

    Attributes:
        themes: Theme of each mention; `new:3` for a theme born from cluster 3, None for rare.
        scores: How close each is to it, shape (n,).
        matches: What became of each cluster; a birth too small to stand is not among `born`.
        born: Clusters that become themes.
    """

    themes: list[str | None]
    scores: np.ndarray
    matches: list[Match]
    born: tuple[int, ...]


def new_id(cluster: int) -> str:
    """Name a theme that has no id yet.

    Args:
        cluster: The cluster it is born from.

    Returns:
        `new:3`.
    """
    return f"new:{cluster}"


def place_mentions(
    found: Found, known: Known, min_rows: int, settings: IdentitySettings | None = None
) -> Placing:
    """Place a week's mentions.

    Args:
        found: The week.
        known: What was known.
        min_rows: Least rows of a new theme.
        settings: None takes the defaults.

    Returns:
        Where everything goes; the same whatever the order of rows, if `found` is canonical.
    """
    return _Placer(found, known, min_rows, settings or IdentitySettings()).place()


class _Placer:
    """One week's work; holds what its steps share."""

    def __init__(
        self, found: Found, known: Known, min_rows: int, settings: IdentitySettings
    ) -> None:
        self.found, self.known, self.min_rows, self.settings = found, known, min_rows, settings
        self.families = _families(known)
        self.themes = [together(id_, leaves) for id_, leaves in sorted(self.families.items())]
        self.centre = self._centre()
        self.index = {theme.id: i for i, theme in enumerate(self.themes)}
        self.words = away(found.vectors, self.centre)
        self.axes = directions(self.themes, self.centre)
        self.nearest, self.near = nearest(self.words, self.axes)
        self.clusters = [self._cluster(k) for k in range(len(found.keywords))]
        self.own_axes = directions(self.clusters, self.centre)
        self.guided = self._guided()

    def place(self) -> Placing:
        matches = match_clusters(
            self.clusters, self.themes, self.centre, self.settings, self.guided
        )
        taken = {match.theme_id for match in matches if match.theme_id}
        places = [self._place(m, matches, taken) for m in range(len(self.found.keys))]
        born = self._born(places, matches)
        gone = {new_id(k) for k in range(len(matches))} - {new_id(k) for k in born}
        final = [self._alone(m) if p in gone else p for m, p in enumerate(places)]
        return Placing(
            [self._leaf(m, p) for m, p in enumerate(final)], self._scores(final), matches, born
        )

    def _guided(self) -> dict[int, str]:
        """The theme that people vouch for in each cluster; the first cluster where two claim it."""
        found: dict[str, int] = {}
        for k, guide in enumerate(self.found.guides):
            root = self.known.roots.get(guide)
            if root in self.index:
                found.setdefault(root, k)
        return {k: root for root, k in found.items()}

    def _centre(self) -> np.ndarray:
        """Mean direction of this week's words and of the known themes."""
        rows = [self.found.vectors]
        if self.themes:
            sums = np.stack([theme.vector for theme in self.themes])
            lengths = np.linalg.norm(sums, axis=1, keepdims=True)
            rows.append(sums / np.where(lengths > 0, lengths, 1))
        every = np.vstack(rows)
        return every.mean(axis=0) if len(every) else np.zeros(every.shape[1])

    def _cluster(self, k: int) -> Profile:
        members = np.flatnonzero(self.found.labels == k)
        phrases = Counter(self.found.words[i] for i in self.found.keys[members].tolist())
        return Profile(new_id(k), spread(self.found, members), phrases, self.found.keywords[k])

    def _place(self, m: int, matches: Sequence[Match], taken: set[str]) -> str | None:
        word, label = int(self.found.keys[m]), int(self.found.labels[m])
        text = self.found.words[word]
        said = self._said(self.found.rows[m], text)
        if said.theme_id is not None:
            return self.known.roots[said.theme_id]
        place = self._owner(text) or self._by_direction(word, label, matches, taken)
        return None if place in {self.known.roots[id_] for id_ in said.rejected} else place

    def _said(self, row: str, text: str) -> Ruling:
        """What people said of the same words elsewhere; of this very row the store decides."""
        verdicts = self.known.said.get(text, ())
        return rule(
            [(kind, id_) for other, kind, id_ in verdicts if other != row], self.known.roots
        )

    def _by_direction(
        self, word: int, label: int, matches: Sequence[Match], taken: set[str]
    ) -> str | None:
        if label < 0:
            return self._reach(word, taken)
        match = matches[label]
        if match.theme_id is None:
            born = label if match.twin is None else match.twin
            return self._kept(word, self.own_axes[label]) or new_id(born)
        rivals = {match.theme_id, *match.also, *self.known.siblings.get(match.theme_id, ())}
        place = self._nearest(word, sorted(rivals & self.index.keys()))
        if label in self.guided:
            return place
        return self._kept(word, self.axes[self.index[place]]) or place

    def _kept(self, word: int, axis: np.ndarray) -> str | None:
        """The known theme that a mention is clearly nearer to than to its cluster's, if any."""
        gain = round(float(self.near[word] - self.words[word] @ axis), 6)
        return self.themes[self.nearest[word]].id if gain >= self.settings.stay else None

    def _owner(self, text: str) -> str | None:
        """The theme that had most of these words before."""
        counts: Counter[str] = Counter()
        for leaf, n in self.known.owners.get(text, {}).items():
            counts[self.known.roots[leaf]] += n
        if not counts:
            return None
        best = min(counts, key=lambda id_: (-counts[id_], id_))
        return best if counts[best] > _MAJORITY * counts.total() else None

    def _reach(self, word: int, taken: set[str]) -> str | None:
        """The nearest known theme without a cluster, if it is near."""
        return self._close(word, [theme.id for theme in self.themes if theme.id not in taken])

    def _alone(self, m: int) -> str | None:
        """Where a mention of a cluster too small to be a theme goes by itself, if anywhere."""
        nearest = self._close(int(self.found.keys[m]), [theme.id for theme in self.themes])
        said = self._said(self.found.rows[m], self.found.words[int(self.found.keys[m])])
        return None if nearest in {self.known.roots[id_] for id_ in said.rejected} else nearest

    def _close(self, word: int, ids: Sequence[str]) -> str | None:
        if not ids:
            return None
        nearest = self._nearest(word, ids)
        close = self.words[word] @ self.axes[self.index[nearest]]
        return nearest if close >= self.settings.reach else None

    def _nearest(self, word: int, ids: Sequence[str]) -> str:
        if len(ids) == 1:
            return ids[0]
        cosines = np.round(self.axes[[self.index[id_] for id_ in ids]] @ self.words[word], 6)
        return ids[int(cosines.argmax())]

    def _born(self, places: Sequence[str | None], matches: Sequence[Match]) -> tuple[int, ...]:
        """Clusters with rows enough; what is at all like a known theme needs twice the mentions."""
        rows: dict[str, list[str]] = {}
        for m, place in enumerate(places):
            if place is not None:
                rows.setdefault(place, []).append(self.found.rows[m])
        found = []
        for k, match in enumerate(matches):
            own = rows.get(new_id(k), [])
            least = self.min_rows * (2 if match.alike >= self.settings.unlike else 1)
            if match.theme_id is None and len(set(own)) >= self.min_rows and len(own) >= least:
                found.append(k)
        return tuple(found)

    def _leaf(self, m: int, place: str | None) -> str | None:
        """Within a merged family, the theme it would belong to were the merge undone."""
        leaves = self.families.get(place or "", ())
        if len(leaves) < 2:
            return place
        word = int(self.found.keys[m])
        owners = self.known.owners.get(self.found.words[word], {})
        mine = [leaf.id for leaf in leaves if leaf.id in owners]
        if mine:
            return min(mine, key=lambda id_: (-owners[id_], id_))
        axes = directions(leaves, self.centre)
        return leaves[int(np.round(axes @ self.words[word], 6).argmax())].id

    def _scores(self, places: Sequence[str | None]) -> np.ndarray:
        """The clusterer's where it agrees, else the cosine to the theme."""
        scores = np.zeros(len(places))
        for m, place in enumerate(places):
            if place is None:
                continue
            if self.found.labels[m] >= 0:
                scores[m] = self.found.scores[m]
            elif place in self.index:
                cosine = float(self.words[self.found.keys[m]] @ self.axes[self.index[place]])
                scores[m] = round(max(0.0, cosine), 4)
        return scores


def _families(known: Known) -> dict[str, list[Profile]]:
    families: dict[str, list[Profile]] = {}
    for leaf in known.leaves:
        families.setdefault(known.roots[leaf.id], []).append(leaf)
    return families
