"""Which words must stand in a text for a regular expression to match at all.

`required_words` reads them out of a pattern, as RE2's FilteredRE2 does. What it does not understand
counts as "nothing known", which only costs time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import product
from math import prod
from typing import Any

Words = frozenset[str]
_MAX_WORDS = 96
_MAX_CLASS = 24
_NOTHING = frozenset([""])
# How much rarer a word is with each character more, roughly.
_RARER, _RARER_IF_COMMON = 30.0, 5.0
_COMMON = frozenset(
    "的一不是了我有这在人就也都到说要没还他你给个好上看店能多天去住错家面出买次开发打"
)
# Feedback speaks of these far oftener than their length tells.
_COMMON_WORDS = {
    "客服",
    "商家",
    "老板",
    "电话",
    "手机",
    "电脑",
    "服务员",
    "前台",
    "孩子",
    "系统",
    "里面",
    "发现",
    "东西",
    "知道",
}


@dataclass(frozen=True)
class _Found:
    """What a part of a pattern matches: `exact` words if they can be listed, and what it needs."""

    exact: Words | None
    needed: tuple[Words, ...] = ()

    def sets(self) -> tuple[Words, ...]:
        return (*self.needed, *_telling(self.exact))


def required_words(pattern: str) -> list[Words]:
    """Find sets of words of which every match holds at least one.

    Args:
        pattern: A regular expression without flags.

    Returns:
        The sets, the rarest first, none with an empty word; empty if nothing is known.

    Raises:
        re.error: If the pattern is wrong.

    Example:
        >>> [sorted(words) for words in required_words("(?:打|骂)了?人.{0,4}(?:伤|残)")]
        [['打了人', '打人', '骂了人', '骂人'], ['伤', '残']]
    """
    # Python's own parser knows every construct; it has no public name since 3.11.
    found = _sequence(import_module("re._parser").parse(pattern))
    return sorted({_shortest(words) for words in found.sets()}, key=_commonness)


def _sequence(parts: Iterable[tuple[Any, Any]]) -> _Found:
    """Join neighbours into longer words for as long as these can be listed."""
    needed: list[Words] = []
    run: Words = _NOTHING
    is_whole = True
    for operator, argument in parts:
        part = _part(str(operator), argument)
        needed += part.needed
        if part.exact is not None and len(run) * len(part.exact) <= _MAX_WORDS:
            run = frozenset(a + b for a, b in product(run, part.exact))
        else:
            is_whole = False
            needed += _telling(run)
            run = part.exact or _NOTHING
    if is_whole:
        return _Found(run, tuple(needed))
    return _Found(None, (*needed, *_telling(run)))


def _part(operator: str, argument: Any) -> _Found:
    match operator:
        case "LITERAL":
            return _Found(frozenset([chr(argument)]))
        case "IN":
            return _Found(_listed(argument))
        case "BRANCH":
            return _either([_sequence(branch) for branch in argument[1]])
        case "SUBPATTERN" if not argument[1]:
            return _sequence(argument[3])
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeated(*argument)
        case "ASSERT":
            return _Found(_NOTHING, _sequence(argument[1]).sets())
        case "ASSERT_NOT" | "AT":
            return _Found(_NOTHING)
    return _Found(None)


def _listed(members: Sequence[tuple[Any, Any]]) -> Words | None:
    chars: set[str] = set()
    for operator, argument in members:
        if str(operator) == "LITERAL":
            chars.add(chr(argument))
        elif str(operator) == "RANGE" and argument[1] - argument[0] < _MAX_CLASS:
            chars.update(map(chr, range(argument[0], argument[1] + 1)))
        else:
            return None
    return frozenset(chars) if len(chars) <= _MAX_CLASS else None


def _either(branches: Sequence[_Found]) -> _Found:
    exacts = [branch.exact for branch in branches if branch.exact is not None]
    if len(exacts) == len(branches):
        return _Found(frozenset[str]().union(*exacts))
    if not all(branch.sets() for branch in branches):
        return _Found(None)
    rarest = [min(branch.sets(), key=_commonness) for branch in branches]
    return _Found(None, (frozenset[str]().union(*rarest),))


def _repeated(least: int, most: int, parts: Iterable[tuple[Any, Any]]) -> _Found:
    inside = _sequence(parts)
    if (least, most) == (1, 1):
        return inside
    if least > 0:
        return _Found(None, inside.sets())
    if most == 1 and inside.exact is not None:
        return _Found(inside.exact | _NOTHING)
    return _Found(None)


def _telling(words: Words | None) -> tuple[Words, ...]:
    return (words,) if words and "" not in words else ()


def _shortest(words: Words) -> Words:
    """Leave out words that hold another of the set."""
    return frozenset(w for w in words if not any(o != w and o in w for o in words))


def _commonness(words: Words) -> tuple[float, list[str]]:
    """Rank by how often one of the words must be expected; the list makes the order certain."""
    return round(sum(map(_chance, words)), 9), sorted(words)


def _chance(word: str) -> float:
    if word in _COMMON_WORDS:
        return 1 / _RARER
    return prod(1 / (_RARER_IF_COMMON if char in _COMMON else _RARER) for char in word)
