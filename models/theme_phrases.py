"""Phrases that a theme could be called by: runs of words that stand on their own, whole clauses.

What begins or ends in the middle of a phrase is no name: 床单要求赔偿 where the front desk did so
for 毛巾和床单. So each place where a run is said tells, by the parts of speech on either side,
whether the run is cut off there.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from models.theme_polarity import Polarity, judge

Tag = Callable[[str], list[tuple[str, str]]]
Tagged = Sequence[tuple[str, str]]
THING = ("n", "vn", "nz", "nt", "eng", "an", "l")
NO = ("不", "没", "没有", "无", "未", "不能", "不会", "无法", "不是")
_FAILS = ("a", "v", "vi", "an")
_MAX_WORDS = 6
_REACH = 4
# A joined pair was never said in one piece.
_JOINED = 0.6
_CONTENT = re.compile("^(?:n|v|a|i|l|z|eng|j)")
_NOUN = re.compile("^(?:n|s|f|eng|j|vn|an)")
_DENIES = re.compile("^[不没无未](?!仅|但|只|过)")
_AND = frozenset("和与及或跟、")
_OPENS = re.compile("^(?:c|r|t|y|e|o|uj|q)")
_CLOSES = re.compile("^(?:c|y|e|o|r|t)")
# Of a failing: 扣三十, 碰一下, 坏的那个.
_GOES_ON = re.compile("^(?:uj|m|q|n|v|r)")


@dataclass
class Candidate:
    """A phrase and how it is used in one theme.

    Attributes:
        tagged: Its words with their parts of speech.
        weight: Of the mentions that say it.
        whole: Of those in which it stands uncut, in [0, weight].
    """

    tagged: tuple[tuple[str, str], ...]
    weight: float = 0.0
    whole: float = 0.0


def find_candidates(
    theme: Sequence[tuple[Tagged, float]], is_fit: Callable[[str], bool]
) -> dict[str, Candidate]:
    """Find a theme's candidates.

    Args:
        theme: Its clauses' words with their parts of speech, and their weights.
        is_fit: Whether characters may be a name at all.

    Returns:
        Candidates by their characters, in order of first use.
    """
    found: dict[str, Candidate] = {}
    for tagged, weight in theme:
        for span, (words, whole) in _uses(tagged).items():
            if not is_fit(span):
                continue
            candidate = found.setdefault(span, Candidate(words))
            candidate.weight += weight
            candidate.whole += weight * whole
    return found


def content_words(tagged: Tagged) -> frozenset[str]:
    """Give the words that say something, denied ones with their denial.

    Args:
        tagged: Words with their parts of speech.

    Returns:
        Words such as 房间, 不凉.
    """
    found = set()
    for i, (word, kind) in enumerate(tagged):
        if word in NO or not _CONTENT.match(kind):
            continue
        denial = tagged[i - 1][0] if i and _DENIES.match(tagged[i - 1][0]) else ""
        found.add(denial + word)
        # No camera is about cameras; not good is not about good.
        if _NOUN.match(kind):
            found.add(word)
    return frozenset(found)


def salience(
    theme: Mapping[str, float], size: float, totals: Mapping[str, float]
) -> dict[str, float]:
    """Say how much each word is the theme's own.

    Args:
        theme: Word to weight of the theme's mentions that have it.
        size: Weight of all its mentions.
        totals: Word to weight of all themes' mentions that have it.

    Returns:
        Share of the theme's mentions, times the fourth root of the share of the word's mentions
        that are the theme's: many things are slow.
    """
    usual = max(size, 1e-9)
    return {w: n / usual * (n / max(totals[w], n, 1e-9)) ** 0.25 for w, n in theme.items()}


def count_words(theme: Sequence[tuple[Tagged, float]]) -> dict[str, float]:
    """Add up the weights of the mentions that have each content word.

    Args:
        theme: Clauses' words with their parts of speech, and their weights.

    Returns:
        Word to weight.
    """
    found: dict[str, float] = defaultdict(float)
    for tagged, weight in theme:
        for word in sorted(content_words(tagged)):
            found[word] += weight
    return found


def _uses(tagged: Tagged) -> dict[str, tuple[tuple[tuple[str, str], ...], float]]:
    """Runs of a clause's words, the clause itself, and joined pairs; how uncut each is, 0 to 1."""
    found: dict[str, tuple[tuple[tuple[str, str], ...], float]] = {}
    n = len(tagged)
    for pair in _thing_and_failing(tagged):
        found["".join(word for word, _ in pair)] = (pair, _JOINED)
    for a in range(n):
        opens = _begins(tagged, a)
        for b in range(a + 1, min(n, a + _MAX_WORDS) + 1):
            words = tuple(tagged[a:b])
            whole = min(opens, _ends(tagged, a, b))
            span = "".join(word for word, _ in words)
            if span not in found or found[span][1] < whole:
                found[span] = (words, whole)
    words = tuple(tagged)
    found["".join(word for word, _ in words)] = (words, 1.0)
    return found


def _begins(tagged: Tagged, a: int) -> float:
    """Whether a phrase may begin at a word: half where a thing's own words are left of it."""
    if a == 0:
        return 1.0
    word, kind = tagged[a]
    before, left = tagged[a - 1]
    if before in _AND or word in _AND:
        return 0.0
    if _OPENS.match(left):
        return 0.8 if _NOUN.match(kind) or left != "uj" else 0.0
    if _NOUN.match(kind):
        return 0.5 if left.startswith(("v", "d", "p")) and left != "vn" else 0.0
    return 0.5 if _NOUN.match(left) else 0.0


def _ends(tagged: Tagged, a: int, b: int) -> float:
    """Whether a phrase may end before a word."""
    if b == len(tagged):
        return 1.0
    kind = tagged[b - 1][1]
    after, right = tagged[b]
    if after in _AND or right == "uj":
        return 0.0
    if _CLOSES.match(right) or (right == "ul" and b + 1 == len(tagged)):
        return 0.9
    if kind in ("a", "z", "an"):
        return 0.0 if _NOUN.match(right) else 0.7
    if _NOUN.match(kind) and b - a > 1 and not _NOUN.match(right):
        return 0.3
    return 0.0


def _thing_and_failing(tagged: Tagged) -> list[tuple[tuple[str, str], ...]]:
    """A noun and how it fails a few words on, joined; only where that reads as a failing."""
    found = []
    for i, (thing, kind) in enumerate(tagged):
        if kind not in THING or len(thing) < 2 or (i and tagged[i - 1][0] in _AND):
            continue
        for j in range(i + 1, min(len(tagged), i + 1 + _REACH)):
            word, how = tagged[j]
            if how in THING:
                break
            if how not in _FAILS or (j + 1 < len(tagged) and _GOES_ON.match(tagged[j + 1][1])):
                continue
            denied = (tagged[j - 1],) if tagged[j - 1][0] in NO else ()
            failing = "".join(w for w, _ in denied) + word
            if judge(thing + failing) is judge(failing) is Polarity.FAILING:
                found.append((tagged[i], *denied, tagged[j]))
            break
    return found
