"""A customer's words, short enough to read, with the telling part marked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Span = tuple[int, int]

_BEFORE, _LENGTH = 60, 200
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of characters.

    Attributes:
        text: The characters.
        is_evidence: Whether they are the telling part.
    """

    text: str
    is_evidence: bool = False


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Part of one text.

    Attributes:
        pieces: Its characters in order.
        n_chars: How long the whole text is.
        is_cut_before: Whether the text goes on before it.
        is_cut_after: Whether the text goes on behind it.
    """

    pieces: tuple[Piece, ...]
    n_chars: int
    is_cut_before: bool = False
    is_cut_after: bool = False

    @property
    def text(self) -> str:
        """The excerpt as plain text, cuts shown as …"""
        body = "".join(piece.text for piece in self.pieces)
        return f"{'…' * self.is_cut_before}{body}{'…' * self.is_cut_after}"


def plain(text: str) -> str:
    """Take out what could turn the page around the text: control and direction characters.

    Args:
        text: Anything a customer may have written.

    Returns:
        The text without them; tabs and line breaks stay.
    """
    return _CONTROLS.sub("", text)


def cut(text: str, spans: Sequence[Span] = (), length: int = _LENGTH) -> Excerpt:
    """Cut a text to what can be read at a glance.

    Args:
        text: The whole text.
        spans: Its telling parts; those outside the text are ignored.
        length: The most characters to show.

    Returns:
        The part around the first span, or the beginning; without control characters.
    """
    inside = _merged([s for s in spans if 0 <= s[0] < s[1] <= len(text)])
    start, end = _window(len(text), inside, length)
    pieces = tuple(Piece(plain(p.text), p.is_evidence) for p in _pieces(text, inside, start, end))
    shown = tuple(piece for piece in pieces if piece.text)
    return Excerpt(shown, len(text), start > 0, end < len(text))


def _window(n_chars: int, spans: list[Span], length: int) -> Span:
    if n_chars <= length or not spans:
        return 0, min(n_chars, length)
    room = max(0, length - (spans[0][1] - spans[0][0]))
    start = max(0, min(spans[0][0] - min(_BEFORE, room), n_chars - length))
    return start, start + length


def _pieces(text: str, spans: list[Span], start: int, end: int) -> list[Piece]:
    pieces, at = [], start
    for left, right in spans:
        left, right = max(left, at), min(right, end)
        if left < right:
            pieces += [Piece(text[at:left]), Piece(text[left:right], True)]
            at = right
    return [*pieces, Piece(text[at:end])]


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            start, end = merged[-1][0], max(end, merged.pop()[1])
        merged.append((start, end))
    return merged
