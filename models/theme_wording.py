"""A name as customers put it.

Names are counted on clauses without intensity, so that 真的太慢了 and 很慢 count together. What
is left need not be a phrase: 不是很好 becomes 不是好, 亮得不得了 becomes 亮得不得. So the chosen
words are looked up in the clauses again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate

from models.theme_polarity import strip_intensity

# Words of intensity have at most so many characters.
_GAP = ".{0,4}?"
_DONE = "了"
# 凳子是湿 is half of 凳子是湿的.
_IS = "的"
_USUALLY = 0.5
# Clauses in which a name is looked up, at most.
_LOOKED_AT = 200


def as_said(name: str, phrases: Sequence[tuple[str, float]], longest: int) -> str:
    """Put a name in words that somebody said.

    Args:
        name: Words of the phrases, intensity stripped.
        phrases: A theme's clauses with their weights.
        longest: Characters at most.

    Returns:
        The name itself where it is said so; else the most frequent words that only intensity tells
        from it. Where most go on with 了, or after 是 with 的, so does the name. A name that nobody
        said, made of a thing and its failing, stays.

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
    for ending in (_DONE, _IS) if "是" in words else (_DONE,):
        on = sum(weight for phrase, weight in there if words + ending in phrase)
        if on > _USUALLY * sum(weight for _, weight in there) and len(words) < longest:
            return words + ending
    return words


def stands(
    name: str, phrases: Sequence[tuple[str, float]], tag: Callable[[str], list[tuple[str, str]]]
) -> bool:
    """Say whether a name begins and ends with whole words where it is said.

    Stripping intensity may take a piece of a word: 很多出租车 becomes 多出租车, 可看性 看性.

    Args:
        name: Words of the phrases.
        phrases: A theme's clauses with their weights.
        tag: Gives words with jieba's part-of-speech tags.

    Returns:
        Whether a clause has it uncut, or none has it at all (a thing and its failing, joined).
    """
    there = [phrase for phrase, _ in phrases if name in phrase][:_LOOKED_AT]
    return not there or any(_is_uncut(name, phrase, tag) for phrase in there)


def _is_uncut(name: str, phrase: str, tag: Callable[[str], list[tuple[str, str]]]) -> bool:
    borders = {0, *accumulate(len(word) for word, _ in tag(phrase))}
    start = phrase.find(name)
    while start >= 0:
        if {start, start + len(name)} <= borders:
            return True
        start = phrase.find(name, start + 1)
    return False


def _windows(name: str, phrase: str, longest: int) -> set[str]:
    """The stretches of a phrase that are the name once intensity is stripped."""
    pattern = re.compile(_GAP.join(map(re.escape, name)))
    found = {match.group() for match in pattern.finditer(phrase)}
    bare = {name, strip_intensity(name)}
    return {words for words in found if len(words) <= longest and strip_intensity(words) in bare}
