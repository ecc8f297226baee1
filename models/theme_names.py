"""Names and keywords of themes from the mentions' own words; no language model.

A name is a phrase of the clauses (`models.theme_phrases`) whose words this theme uses often and
other themes seldom, that is not cut off where it is said, and that says what fails and how: 汤洒了,
送餐慢. What the parts of speech say counts: a thing first, then how it fails; no connectives,
ordinals or times; a bare noun only where no clause says more. A thing and its failing that stand
apart in their clauses (房间特别特别小) are joined.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, pairwise

from models.theme_phrases import (
    NO,
    THING,
    Tag,
    content_words,
    count_words,
    find_candidates,
    salience,
)
from models.theme_polarity import Polarity, judge, strip_intensity
from models.theme_wording import as_said, stands

MIN_NAME, MAX_NAME = 2, 12
Weighed = tuple[list[tuple[str, str]], float]
Phrases = Sequence[tuple[str, float]]
_MAX_CANDIDATES = 400
# What is said again and again in the same words counts beside how telling its words are.
_REPEATED = 4.0
# More telling words tell more.
_BREADTH = 0.4
# What is said less, or is less typical, than a theme's strongest words counts less.
_FREQUENCY = 0.5
# Each word beyond those that say something.
_SPARE = 0.85
# What little is left of a phrase that is always cut off.
_CUT = 0.05
_UNFIT = re.compile(r"[0-9A-Za-z]{6,}|^[的了就还也都又而但没不]$|链接|用户|[\"“”‘’「」()\[\]【】]")
_BAD_START = re.compile(
    "^(?:[0-9]+(?![0-9A-Za-z])|[了的着过们吗吧呢就也都又还再才把被给和与跟在从我你他她它这那说是有好因所为于个现到]|自己|什么|时候|小时|分钟|由于|补充|另外|"
    "以(?!为)|当时|导致|原本|否则|难道|只有|第[一二三]次|点评|评价|反馈|"
    "今天|昨天|已经|其实|后来|之后|一个|上次|每次|如果|要是|虽然|但是|而且|然后|不过|居然|竟然|[并但而且却])"
)
_BAD_END = re.compile(
    "(?:[的很太都就也还又把被给和与跟在从我你他她它这那不没是说但而要会去想有]|(?<!不)到$|(?<!小)时$|因为|所以|居然|时候|一个|一点|非常|比较)$"
)
# Words that any failing may be told with: a name made of them alone says nothing.
_GENERIC = re.compile(
    "没有?办法|没什么|没有|不知道?|为什么|怎么回事|怎么|什么|小时|半天|时候|有时|问题|情况|麻烦|东西|地方|感觉|觉得|自己|本人|朋友|大家|"
    "运气|失望|推荐|建议|满意|喜欢|不会再?|不要|再也|第[一二三]次|上次|已经|可以|接受|只有|只是|就是|导致|原本|否则|要不|难道|毫不犹豫|"
    "还没|一个|一晚|差不多|不怎么样|无奈|[我你他她们您了的是在有也都就又很太不没会要能让令过被]"
)
# Connectives, pronouns, particles, interjections, times; prepositions and classifiers only inside.
_EMPTY_TAG = re.compile("^[cytoe]")
_BAD_FIRST_TAG = re.compile("^[pqufymdi](?!n)|^[vz]$")
_NEVER_FIRST_TAG = re.compile("^(?:p|q|u.?|y|m|f|.g)$")
_BAD_LAST_TAG = re.compile("^(?:c|p|d|r|u|ud|f|m|q)$")
_ORDINAL = re.compile(
    "[0-9](?![A-Za-z])|的时候|第[一二三四五六七八九十0-9]|[一二三四五六七八九十0-9]+[天点月日年晚]"
)
# Failings that jieba takes for nouns: 漏水, 断电.
_VERBAL = re.compile("^[漏断掉裂碎破洒撒死跳闪误失泄扣骗晚].")
_NO_KEYWORD_TAG = re.compile("^[rpcuymqdfxteo]|^zg$")


@dataclass(frozen=True)
class ThemeWords:
    """How a theme is called.

    Attributes:
        name: Unique among the themes named together, 2 to 12 characters.
        keywords: Telling words, the most telling first.
    """

    name: str
    keywords: tuple[str, ...]


def name_themes(themes: Sequence[Phrases], tag: Tag, n_keywords: int = 6) -> list[ThemeWords]:
    """Name themes so that no two share a name; earlier themes choose first.

    Args:
        themes: For each theme its phrases with their weights (rows, times how typical they are).
        tag: Gives words with jieba's part-of-speech tags.
        n_keywords: How many keywords at most.

    Returns:
        Names and keywords, one a theme.
    """
    cut = [[(tag(strip_intensity(phrase) or phrase), n) for phrase, n in theme] for theme in themes]
    counts = [count_words(theme) for theme in cut]
    totals: dict[str, float] = defaultdict(float)
    for own in counts:
        for word, weight in own.items():
            totals[word] += weight
    words = _keywords(cut, n_keywords)
    taken: set[str] = set()
    named = []
    for i, theme in enumerate(cut):
        ranked = _rank(theme, counts[i], totals)
        said = (as_said(span, themes[i], MAX_NAME) for span in ranked)
        uncut = (name for name in said if stands(name, themes[i], tag))
        name = _choose(uncut, words[i], taken)
        taken.add(name)
        named.append(ThemeWords(name, words[i]))
    return named


def _is_fit(span: str) -> bool:
    return (
        MIN_NAME <= len(span) <= MAX_NAME
        and not any(char.isspace() for char in span)
        and not (_UNFIT.search(span) or _BAD_START.match(span) or _BAD_END.search(span))
    )


def _rank(
    theme: Sequence[Weighed], own: Mapping[str, float], totals: Mapping[str, float]
) -> list[str]:
    """Candidates, the best first; ties go to the shorter, then to the first in code order."""
    size = sum(n for _, n in theme)
    telling = salience(own, size, totals)
    found = find_candidates(theme, _is_fit)
    most = max((candidate.weight for candidate in found.values()), default=0.0) or 1.0
    strongest = max((n for _, n in theme), default=0.0) or 1.0

    def central(span: str) -> float:
        candidate = found[span]
        words = content_words(candidate.tagged)
        roots = [telling.get(word, 0.0) ** 0.5 for word in sorted(words)]
        # A word that the theme hardly uses pulls the mean down: the thing and its failing count.
        meaning = (sum(roots) / max(1, len(roots))) ** 2 * len(roots) ** _BREADTH
        said = candidate.weight / max(size, 1e-9)
        uncut = candidate.whole / max(candidate.weight, 1e-9)
        typical = min(1.0, candidate.weight / strongest)
        support = (typical * candidate.weight / most) ** _FREQUENCY
        spare = _SPARE ** (len(candidate.tagged) - len(words))
        worth: float = round((meaning + _REPEATED * said) * (_CUT + uncut**2) * spare * support, 9)
        return worth

    common = sorted(found, key=lambda s: (-central(s), len(s), s))[:_MAX_CANDIDATES]
    worths = {span: round(central(span) * _form(span, found[span].tagged), 9) for span in common}
    return sorted(common, key=lambda span: (-worths[span], len(span), span))


def _form(span: str, tagged: Sequence[tuple[str, str]]) -> float:
    """How much a phrase looks like "what fails, and how"."""
    tags = [kind for _, kind in tagged]
    how = "".join(word for word, kind in tagged if kind not in THING or _VERBAL.match(word))
    fails = judge(how) is Polarity.FAILING
    praises = judge(span) in (Polarity.PRAISE, Polarity.FILLER)
    has_thing = any(kind in THING and _GENERIC.sub("", word) for word, kind in tagged)
    says = any(kind.startswith(("v", "a", "z", "i")) and kind not in THING for kind in tags)
    says &= tags[-2:-1] != ["uj"] or tags[-1] not in THING
    if fails:
        shape = (2.8 if tags[0] in THING else 2.3) if has_thing else 1.2
    else:
        shape = (0.8 if has_thing else 0.3) if says else 0.05
    length = 1.3 if 3 <= len(span) <= 8 else 1.0
    hollow = bool(_ORDINAL.search(span)) or any(_EMPTY_TAG.match(kind) for kind in tags)
    told = 0.5 if any(kind == "r" for kind in tags) else 1.0
    cut_off = bool(_BAD_FIRST_TAG.match(tags[0])) and tagged[0][0] not in NO and not fails
    cut_off |= bool(_NEVER_FIRST_TAG.match(tags[0]) or _BAD_LAST_TAG.match(tags[-1]))
    factor = (0.1 if praises or not _GENERIC.sub("", span) else 1.0) * (0.15 if hollow else told)
    return length * shape * factor * (0.2 if cut_off else 1.0)


def _keywords(themes: Sequence[Sequence[Weighed]], n_keywords: int) -> list[tuple[str, ...]]:
    counts = [_count_words(theme) for theme in themes]
    totals: dict[str, float] = defaultdict(float)
    for words in counts:
        for word, weight in words.items():
            totals[word] += weight
    mean = sum(totals.values()) / max(1, len(counts))
    found = []
    for words in counts:
        size = sum(words.values())
        keyness = [
            (-round(weight / size * math.log(1 + mean / totals[word]), 9), word)
            for word, weight in words.items()
        ]
        found.append(tuple(word for _, word in sorted(keyness)[:n_keywords]))
    return found


def _count_words(theme: Sequence[Weighed]) -> dict[str, float]:
    words: dict[str, float] = defaultdict(float)
    for tagged, n in theme:
        for word, kind in tagged:
            if len(word) > 1 and not _NO_KEYWORD_TAG.match(kind):
                words[word] += n
        for (first, _), (second, _) in pairwise(tagged):
            if first in ("不", "没", "没有") and len(second) <= 2:
                words[first + second] += n
    return words


def _choose(ranked: Iterable[str], keywords: Sequence[str], taken: set[str]) -> str:
    for name in ranked:
        if name not in taken:
            return name
    stem = "".join(keywords[:2])[: MAX_NAME - 4] or "其他问题"
    numbered = chain([stem], (f"{stem}{i}" for i in count(2)))
    return next(name for name in numbered if len(name) >= MIN_NAME and name not in taken)
