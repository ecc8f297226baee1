"""What the clusterer found in a week, and what is known before it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from models.theme_polarity import strip_intensity
from pipeline.theme_likeness import Profile

_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, eq=False)
class Found:
    """What the clusterer made of a week.

    Attributes:
        rows: The feedback id of each mention.
        keys: Position of each mention's words in `words`, shape (n,).
        words: Distinct normalised clauses.
        vectors: Unit rows of `words`, shape (n_words, dim).
        labels: Cluster of each mention, -1 = none, shape (n,).
        scores: How close each is to its cluster, shape (n,).
        keywords: Of each cluster.
        guides: The theme that people vouch for in each cluster, empty for none.
    """

    rows: Sequence[str]
    keys: np.ndarray
    words: Sequence[str]
    vectors: np.ndarray
    labels: np.ndarray
    scores: np.ndarray
    keywords: Sequence[tuple[str, ...]]
    guides: Sequence[str] = ()


@dataclass(frozen=True, eq=False)
class Known:
    """What is known before the week.

    Attributes:
        leaves: Every theme with its profile, by ascending id, merged ones too.
        roots: Theme to the theme that stands for it.
        owners: Normalised clause to themes and how often they had it.
        said: Normalised clause to what people said of mentions in these words: the row, the kind
            of verdict and the theme, the oldest first.
        siblings: Theme to the themes that people split from it, or it from.
    """

    leaves: Sequence[Profile] = ()
    roots: Mapping[str, str] = field(default_factory=dict)
    owners: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    said: Mapping[str, Sequence[tuple[str, str, str]]] = field(default_factory=dict)
    siblings: Mapping[str, frozenset[str]] = field(default_factory=dict)


def phrase_key(text: str) -> str:
    """Give what two clauses share that say the same.

    Args:
        text: A clause.

    Returns:
        It without intensity, case and digits.

    Example:
        >>> phrase_key("真的太慢了") == phrase_key("慢")
        True
    """
    return _DIGITS.sub("0", strip_intensity(text).lower()) or text


def spread(found: Found, members: np.ndarray) -> np.ndarray:
    """Add up the directions of mentions; what is said often counts less than proportionally.

    Args:
        found: The week.
        members: Positions of mentions, shape (n,).

    Returns:
        A vector that profiles hold, shape (dim,).
    """
    words, counts = np.unique(found.keys[members], return_counts=True)
    total: np.ndarray = np.sqrt(counts.astype(np.float64)) @ found.vectors[words]
    return total
