"""Complaints into mentions: one clause about one failing each, with its place in the row's text."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from models.clauses import Clause, split_clauses
from models.theme_polarity import Polarity, judge, strip_intensity

Tag = Callable[[str], list[tuple[str, str]]]
_MIN_PIECE = 3
_CONNECTIVE = re.compile(
    "(?<![里上中下内面边])还有(?!什么|点|些)|而且|并且|但是|可是|不过|然后|另外|结果|虽然|(?<![要也本真的])就是(?!说)|"
    "再加上|关键是|最后|(?<!不)只是|外加|[①-⑳]|(?<=[了差慢坏])(?=[服态质味包送客物屏电])"
)
_DIGITS = re.compile(r"\d+")
_NEEDS_SUBJECT = re.compile(
    "^(?:[太很挺好真超都也还又更最再就才只不没未]|特别|非常|实在|真的|根本|居然|竟然|完全|有点|有些|一点|难[吃喝用看闻]|"
    "[差慢坏破漏洒凉冷咸辣油酸硬贵小少脏臭烂]{1,2}(?:了|的|死|得|$))"
)
_NO_SUBJECT = re.compile("小时|时间|分钟|感觉|基本|根本|坑爹|无语|时候|情况|问题|结果|第.次|下单")
_SUBJECT_TAGS = ("n", "nz", "vn", "eng", "nt", "nrt")
_MAX_SUBJECT = 6
_NEEDY_LENGTH = 7


@dataclass(frozen=True, slots=True, order=True)
class Mention:
    """One failing that one row states.

    Attributes:
        row: Position of the row.
        start: Index of the clause's first character in the row's text.
        end: Index past its last character.
        text: The clause's characters.
        subject: What the clause is about when only the clause before says so, else empty.
    """

    row: int
    start: int
    end: int
    text: str
    subject: str = ""

    @property
    def phrase(self) -> str:
        """The clause with its subject."""
        return self.subject + self.text


@dataclass(frozen=True, slots=True)
class MentionGroup:
    """Mentions that say the same but for case, digits and intensity.

    Attributes:
        phrase: The spelling that stands for all: the most frequent, then the shortest.
        members: Positions in the list of mentions, ascending.
    """

    phrase: str
    members: tuple[int, ...]


def find_mentions(texts: Sequence[str], tag: Tag, keep_neutral: bool = True) -> list[Mention]:
    """Find the failings that complaints state.

    Args:
        texts: Normalised complaints.
        tag: Gives words with jieba's part-of-speech tags, to find the nouns for lost subjects.
        keep_neutral: Whether clauses that the lexicon cannot judge count as failings; a row
            whose clauses are all neutral keeps them in any case.

    Returns:
        Mentions in row order, offsets pointing into the row's text.
    """
    return [
        mention
        for row, text in enumerate(texts)
        for mention in _row_mentions(row, text, tag, keep_neutral)
    ]


def split_mentions(text: str) -> list[Clause]:
    """Cut a text into pieces that state one thing: at punctuation, then at connectives.

    Args:
        text: Normalised text.

    Returns:
        Pieces in order.

    Example:
        >>> [piece.text for piece in split_mentions("送得慢而且态度差还有汤都洒了")]
        ['送得慢', '而且态度差', '还有汤都洒了']
    """
    return [piece for clause in split_clauses(text) for piece in _split_clause(clause)]


def collapse(mentions: Sequence[Mention]) -> list[MentionGroup]:
    """Gather exact and near duplicates, whatever order the mentions come in.

    Args:
        mentions: Mentions of any rows.

    Returns:
        Groups sorted by phrase; every mention is in exactly one.
    """
    groups: dict[str, list[int]] = {}
    for i, mention in enumerate(mentions):
        groups.setdefault(_key(mention.phrase), []).append(i)
    found = [
        MentionGroup(_spelling(mentions, members), tuple(members)) for members in groups.values()
    ]
    return sorted(found, key=lambda group: group.phrase)


def _row_mentions(row: int, text: str, tag: Tag, keep_neutral: bool) -> list[Mention]:
    pieces = split_mentions(text)
    judged = [judge(piece.text) for piece in pieces]
    wanted = {Polarity.FAILING, Polarity.NEUTRAL}
    if not keep_neutral and Polarity.FAILING in judged:
        wanted = {Polarity.FAILING}
    found = []
    before = ""
    for piece, polarity in zip(pieces, judged, strict=True):
        needy = _is_needy(piece.text, tag)
        if polarity in wanted:
            found.append(Mention(row, piece.start, piece.end, piece.text, before if needy else ""))
        before = before if needy else _subject(piece.text, tag)
    return found


def _split_clause(clause: Clause) -> list[Clause]:
    cuts = [0]
    for match in _CONNECTIVE.finditer(clause.text):
        far = match.start() - cuts[-1] >= _MIN_PIECE
        if far and len(clause.text) - match.end() >= _MIN_PIECE - 1:
            cuts.append(match.start())
    return [
        Clause(clause.text[a:b], clause.start + a, clause.start + b)
        for a, b in pairwise([*cuts, len(clause.text)])
    ]


def _is_needy(text: str, tag: Tag) -> bool:
    """Say whether a clause lacks its subject: short, opening with a predicate, no noun inside."""
    if len(text) > _NEEDY_LENGTH or not _NEEDS_SUBJECT.match(text):
        return False
    return not any(kind in _SUBJECT_TAGS for _, kind in tag(text))


def _subject(text: str, tag: Tag) -> str:
    """The first run of nouns, or nothing."""
    found = ""
    for word, kind in tag(text):
        if (
            kind in _SUBJECT_TAGS
            and not _NO_SUBJECT.match(word)
            and len(found + word) <= _MAX_SUBJECT
        ):
            found += word
        elif found:
            break
    return found


def _key(phrase: str) -> str:
    return _DIGITS.sub("0", strip_intensity(phrase).lower()) or phrase


def _spelling(mentions: Sequence[Mention], members: Sequence[int]) -> str:
    counts: dict[str, int] = {}
    for i in members:
        counts[mentions[i].phrase] = counts.get(mentions[i].phrase, 0) + 1
    return min(counts, key=lambda phrase: (-counts[phrase], len(phrase), phrase))
