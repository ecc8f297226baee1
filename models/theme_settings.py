"""What changes the themes of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from models.mentions import Tag


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

    granularity: float = 0.6
    min_rows: int = 4
    floor: float = 0.5
    keyword_weight: float = 0.6
    dim: int = 80
    keep_neutral: bool = True
    neutral_seeds: bool = False
    n_quotes: int = 5
    seed: int = 0


@cache
def default_tag() -> Tag:
    """Give the word tagger, with jieba's own dictionary."""
    import rjieba

    tag: Tag = rjieba.Jieba().tag
    return tag
