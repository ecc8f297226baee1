"""Names and keywords of themes from the mentions' own words; no language model.

A name is a run of words that its theme uses often and other themes seldom (class-based TF-IDF, as
in BERTopic by Grootendorst 2022), preferably one that stands as a whole clause and says what fails
and how: 汤洒了, 送餐慢. What the parts of speech say counts: a thing first, then how it fails; no
connectives, pronouns, ordinals or times. A thing and its failing that stand apart in their clauses
(房间特别特别小) are joined.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, count, pairwise

from models.theme_polarity import Polarity, judge, strip_intensity
from models.theme_wording import as_said

MIN_NAME, MAX_NAME = 2, 12
Tag = Callable[[str], list[tuple[str, str]]]
Weighed = tuple[list[tuple[str, str]], float]
Phrases = Sequence[tuple[str, float]]
_MAX_WORDS = 5
_MAX_CANDIDATES = 400
_FREQUENCY_POWER = 0.7
# A name that less of its theme says counts the less.
_SUPPORT = 0.15
_REACH = 4
_UNFIT = re.compile(r"[0-9A-Za-z]{6,}|^[的了就还也都又而但没不]$|链接|用户")
_BAD_START = re.compile(
    "^(?:[0-9]+(?![0-9A-Za-z])|[了的着过们吗吧呢就也都又还再才把被给和与跟在从我你他她它这那说是有好因所为于个现到]|自己|什么|由于|补充|另外|"
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
_THING = ("n", "vn", "nz", "nt", "eng", "an", "l")
_NOUNS = (*_THING, "v")
_FAILS = ("a", "v", "vi", "an")
_NO = ("不", "没", "没有", "无", "未")
# Connectives, pronouns, particles, interjections, times; prepositions and classifiers only inside.
_EMPTY_TAG = re.compile("^[crytoe]")
_BAD_FIRST_TAG = re.compile("^[pqufymdi](?!n)|^[vz]$")
_NEVER_FIRST_TAG = re.compile("^(?:p|q|u|y)$")
_BAD_LAST_TAG = re.compile("^(?:c|p|d|r|u|ud|f|m|q)$")
_ORDINAL = re.compile("第[一二三四五六七八九十0-9]|[一二三四五六七八九十0-9]+[天点月日年晚]")
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
    spans = [_count_spans(theme) for theme in cut]
    totals: dict[str, float] = defaultdict(float)
    for theme in spans:
        for span, (weight, _) in theme.items():
            totals[span] += weight
    words = _keywords(cut, n_keywords)
    taken: set[str] = set()
    named = []
    for i, theme in enumerate(spans):
        ranked = _rank(theme, totals, tag)
        name = _choose((as_said(span, themes[i], MAX_NAME) for span in ranked), words[i], taken)
        taken.add(name)
        named.append(ThemeWords(name, words[i]))
    return named


def _count_spans(
    theme: Sequence[Weighed],
) -> dict[str, tuple[float, float]]:
    """For each run of words: its weight, and how complete it is as a phrase.

    Complete from 0 to 2: one for the share in which it is the whole clause, one for how seldom
    the same word goes on before or after it (屏幕 in 屏幕碎了 is no phrase of its own).
    """
    used: dict[tuple[str, ...], float] = defaultdict(float)
    whole: dict[str, float] = defaultdict(float)
    joined: dict[str, float] = defaultdict(float)
    for tagged, n in theme:
        words = tuple(word for word, _ in tagged)
        for run in _runs(words):
            used[run] += n
        whole["".join(words)] += n
        for pair in _thing_and_failing(tagged):
            joined[pair] += n
    longer: dict[tuple[str, ...], float] = defaultdict(float)
    for run, n in used.items():
        for part in (run[1:], run[:-1]):
            longer[part] = max(longer[part], n)
    found: dict[str, tuple[float, float]] = {}
    for run, n in sorted(used.items()):
        span = "".join(run)
        if len(run) <= _MAX_WORDS and _is_fit(span) and n > found.get(span, (0.0, 0.0))[0]:
            found[span] = (n, whole.get(span, 0.0) / n + 1 - min(1.0, longer[run] / n))
    for span, n in sorted(joined.items()):
        if _is_fit(span) and n > found.get(span, (0.0, 0.0))[0]:
            found[span] = (n, 1.0)
    return found


def _thing_and_failing(tagged: Sequence[tuple[str, str]]) -> set[str]:
    """A noun and how it fails a few words on, joined; only where that reads as a failing."""
    found = set()
    for i, (thing, kind) in enumerate(tagged):
        if kind not in _THING or len(thing) < MIN_NAME:
            continue
        for j in range(i + 1, min(len(tagged), i + 1 + _REACH)):
            word, how = tagged[j]
            if how in _THING:
                break
            if how not in _FAILS:
                continue
            denied = tagged[j - 1][0] if tagged[j - 1][0] in _NO else ""
            span = thing + denied + word
            if judge(span) is Polarity.FAILING and judge(denied + word) is Polarity.FAILING:
                found.add(span)
            break
    return found


def _runs(words: Sequence[str]) -> set[tuple[str, ...]]:
    """Runs of up to one word more than a name may have, to see how they go on."""
    ends = range(len(words) + 1)
    return {tuple(words[a:b]) for a in ends for b in ends[a + 1 : a + 2 + _MAX_WORDS]}


def _is_fit(span: str) -> bool:
    return (
        MIN_NAME <= len(span) <= MAX_NAME
        and not any(char.isspace() for char in span)
        and not (_UNFIT.search(span) or _BAD_START.match(span) or _BAD_END.search(span))
    )


def _rank(
    theme: dict[str, tuple[float, float]], totals: Mapping[str, float], tag: Tag
) -> list[str]:
    """Candidates, the best first; ties go to the shorter, then to the first in code order."""
    common = sorted(theme, key=lambda s: (-theme[s][0], len(s), s))[:_MAX_CANDIDATES]
    usual = _SUPPORT * max((weight for weight, _ in theme.values()), default=0.0) or 1.0

    def worth(span: str) -> float:
        weight, complete = theme[span]
        keyness: float = weight**_FREQUENCY_POWER * weight / (totals[span] + usual)
        supported = min(1.0, weight / usual)
        return round(keyness * supported * (1 + complete) * _form(span, tag), 9)

    return sorted(common, key=lambda span: (-worth(span), len(span), span))


def _form(span: str, tag: Tag) -> float:
    """How much a span looks like "what fails, and how"."""
    tagged = tag(span)
    tags = [kind for _, kind in tagged]
    fails = judge(span) is Polarity.FAILING
    praises = judge(span) in (Polarity.PRAISE, Polarity.FILLER)
    has_thing = any(kind in _NOUNS for kind in tags) and len(tags) > 1
    length = 1.3 if 3 <= len(span) <= 8 else 1.0
    shape = (2.5 if fails else 1.0) * (2.0 if has_thing else 1.0)
    shape *= 1.5 if fails and len(tags) > 1 and tags[0] in _THING else 1.0
    bare_verb = all(kind in ("d", "v", "vi") for kind in tags[:-1]) and not fails
    empty = bare_verb or not _GENERIC.sub("", span)
    hollow = bool(_ORDINAL.search(span)) or any(_EMPTY_TAG.match(kind) for kind in tags)
    cut_off = bool(_BAD_FIRST_TAG.match(tags[0])) and tagged[0][0] not in _NO and not fails
    cut_off |= bool(_NEVER_FIRST_TAG.match(tags[0]) or _BAD_LAST_TAG.match(tags[-1]))
    factor = (0.1 if praises or empty else 1.0) * (0.15 if hollow else 1.0)
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
