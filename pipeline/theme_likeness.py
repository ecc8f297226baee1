"""How alike two groups of mentions are: by direction, by the same words, by keywords."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.encoders import unit_rows

_KEYWORD_TRUST = 0.3
_CENTRING = 0.9
_CHUNK = 8_192


@dataclass(frozen=True, eq=False)
class Profile:
    """What a group of mentions looks like.

    Attributes:
        id: Of a known theme; of a cluster whatever the caller likes.
        vector: Sum of the mentions' unit vectors, shape (dim,).
        phrases: Normalised clause to mentions.
        keywords: Telling words.
        weekly: Mentions in its largest week; 0 where that is not known.
    """

    id: str
    vector: np.ndarray
    phrases: Mapping[str, int] = field(default_factory=dict)
    keywords: tuple[str, ...] = ()
    weekly: float = 0.0

    @property
    def size(self) -> int:
        """Mentions that the phrases stand for."""
        return sum(self.phrases.values())


def likeness(
    groups: Sequence[Profile], themes: Sequence[Profile], centre: np.ndarray
) -> np.ndarray:
    """Say how alike groups and themes are.

    Any one of three kinds of evidence may suffice: direction, the share of mentions that were
    said before in the same words, and keywords (trusted least).

    Args:
        groups: This week's clusters.
        themes: Known themes, or the clusters again.
        centre: Mean of all vectors, shape (dim,); every encoder leans one way, which says nothing.

    Returns:
        Values in [0, 1], shape (n_groups, n_themes).
    """
    if not groups or not themes:
        return np.zeros((len(groups), len(themes)))
    cosine = np.clip(directions(groups, centre) @ directions(themes, centre).T, 0, 1)
    doubt = (1 - cosine) * (1 - known_share(groups, themes))
    found: np.ndarray = 1 - doubt * (1 - _KEYWORD_TRUST * _keyword_share(groups, themes))
    return np.round(found, 6)


def together(root: str, leaves: Sequence[Profile]) -> Profile:
    """Put a family of merged themes together.

    Args:
        root: The theme that stands for them.
        leaves: Its members, itself among them.

    Returns:
        One profile.
    """
    phrases: Counter[str] = Counter()
    for leaf in leaves:
        phrases.update(leaf.phrases)
    own = sorted(leaves, key=lambda leaf: (leaf.id != root, leaf.id))
    keywords = tuple(dict.fromkeys(word for leaf in own for word in leaf.keywords))
    vector = np.sum([leaf.vector for leaf in leaves], axis=0)
    return Profile(root, vector, phrases, keywords, sum(leaf.weekly for leaf in leaves))


def directions(profiles: Sequence[Profile], centre: np.ndarray) -> np.ndarray:
    """Give each profile's direction away from the common one.

    Args:
        profiles: Any number.
        centre: Mean of all vectors, shape (dim,).

    Returns:
        Unit rows, shape (n_profiles, dim).
    """
    if not profiles:
        return np.zeros((0, len(centre)))
    return away(np.stack([profile.vector for profile in profiles]), centre)


def away(vectors: np.ndarray, centre: np.ndarray) -> np.ndarray:
    """Take most of the common direction out of vectors.

    Args:
        vectors: Of any length, shape (n, dim).
        centre: Mean of all vectors, shape (dim,).

    Returns:
        Unit rows, shape (n, dim).
    """
    return unit_rows(unit_rows(vectors.astype(np.float64)) - _CENTRING * centre)


def nearest(words: np.ndarray, axes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the nearest theme of each word.

    Args:
        words: Unit rows, shape (n, dim).
        axes: The themes' directions, shape (n_themes, dim).

    Returns:
        Positions, the first of equals, and cosines, shape (n,); -1 and -1 without themes.
    """
    found, near = np.full(len(words), -1), np.full(len(words), -1.0)
    for start in range(0, len(words) if len(axes) else 0, _CHUNK):
        part = slice(start, start + _CHUNK)
        cosines = np.round(words[part] @ axes.T, 6)
        found[part], near[part] = cosines.argmax(axis=1), cosines.max(axis=1)
    return found, near


def known_share(groups: Sequence[Profile], themes: Sequence[Profile]) -> np.ndarray:
    """Say what share of each group's mentions each theme has had in the same words.

    Args:
        groups: This week's clusters.
        themes: Known themes.

    Returns:
        Values in [0, 1], shape (n_groups, n_themes).
    """
    share = np.zeros((len(groups), len(themes)))
    where: dict[str, list[tuple[int, int]]] = {}
    for j, theme in enumerate(themes):
        for phrase, n in theme.phrases.items():
            where.setdefault(phrase, []).append((j, n))
    for i, group in enumerate(groups):
        for phrase, n in group.phrases.items():
            owners = where.get(phrase, ())
            total = sum(n_theme for _, n_theme in owners)
            for j, n_theme in owners:
                share[i, j] += n * n_theme / total / max(1, group.size)
    return share


def _keyword_share(groups: Sequence[Profile], themes: Sequence[Profile]) -> np.ndarray:
    share = np.zeros((len(groups), len(themes)))
    sets = [frozenset(theme.keywords) for theme in themes]
    for i, group in enumerate(groups):
        words = frozenset(group.keywords)
        for j, others in enumerate(sets):
            least = min(len(words), len(others))
            share[i, j] = len(words & others) / least if least else 0.0
    return share
