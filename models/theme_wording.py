"""A name as customers put it.

Names are counted on clauses without intensity, so that 真的太慢了 and 很慢 count together. What
is left need not be a phrase: 不是很好 becomes 不是好, 亮得不得了 becomes 亮得不得. So the chosen
words are looked up in the clauses again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from models.theme_polarity import strip_intensity

# Words of intensity have at most so many characters.
_GAP = ".{0,4}?"
_DONE = "了"
_USUALLY = 0.5


def as_said(name: str, phrases: Sequence[tuple[str, float]], longest: int) -> str:
    """Put a name in words that somebody said.

    Args:
        name: Words of the phrases, intensity stripped.
        phrases: A theme's clauses with their weights.
        longest: Characters at most.

    Returns:
        The name itself where it is said so; else the most frequent words that only intensity tells
        from it. Where most go on with 了, so does the name. A name that nobody said, made of a
        thing and its failing, stays.

    Example:
        >>> as_said("不是好", [("不是很好", 2.0)], 12), as_said("汤洒", [("汤全洒了", 1.0)], 12)
        ('不是很好', '汤洒')
    """
    said: dict[str, float] = defaultdict(float)
    for phrase, weight in phrases:
        for words in {name} if name in phrase else _windows(name, phrase, longest):
            said[words] += weight
    if not said:
        return name
    words = name if name in said else min(said, key=lambda w: (-round(said[w], 9), len(w), w))
    there = [(phrase, weight) for phrase, weight in phrases if words in phrase]
    done = sum(weight for phrase, weight in there if words + _DONE in phrase)
    goes_on = done > _USUALLY * sum(weight for _, weight in there)
    return words + _DONE if goes_on and len(words) < longest else words


def _windows(name: str, phrase: str, longest: int) -> set[str]:
    """The stretches of a phrase that are the name once intensity is stripped."""
    pattern = re.compile(_GAP.join(map(re.escape, name)))
    found = {match.group() for match in pattern.finditer(phrase)}
    bare = {name, strip_intensity(name)}
    return {words for words in found if len(words) <= longest and strip_intensity(words) in bare}
