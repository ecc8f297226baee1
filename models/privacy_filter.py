"""Tell in a few passes over a batch's code points which texts may hold personal data at all.

The finders' own regular expressions then run on one text in eight. What is marked here is more than
what they find, never less; `tests/models/test_privacy_filter.py` says so for texts of all shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache

import numpy as np

from models.codepoints import LIMIT, code_points, first_positions, marked
from models.privacy_names import BEFORE_NAME, HINT_WORDS, SURNAMES
from models.privacy_numbers import PROVINCES

# One bit a kind of character.
_DIGIT, _LETTER, _TIE, _PROVINCE, _DOOR, _COUNT, _BLANK, _HINT, _CUE, _SURNAME = (
    1 << i for i in range(10)
)
_CLASSES = {
    _DIGIT: r"\d",
    _LETTER: "[a-z]",
    _TIE: "[_-]",
    _PROVINCE: f"[{PROVINCES}]",
    _DOOR: "[号栋幢座单弄#]",
    _COUNT: "[一二三四五六七八九十]",
    _BLANK: r"\s",
    _HINT: f"[{''.join(sorted({word[0] for word in HINT_WORDS}))}]",
    _CUE: f"[{''.join(cue[-1] for cue in BEFORE_NAME)},]",
    _SURNAME: f"[{SURNAMES}]",
}
_SPACE, _DASH, _AT, _DAY = (np.uint32(ord(char)) for char in " -@日")
_WIDE_FIRST, _WIDE_LAST, _WIDE_STEP = np.uint32(0xFF01), np.uint32(0xFF5E), np.uint32(0xFEE0)
_DIGITS, _NAME = 5, 6
_CHAT = ("vx", "wx", "we", "加v", "v:", "v信")
_SLOTS, _MIX, _SHIFT = 1 << 18, np.uint32(0x9E3779B1), np.uint32(14)


def may_hold(texts: Sequence[str]) -> np.ndarray:
    """Leave out what a finder finds nothing in.

    Args:
        texts: Any texts.

    Returns:
        For each text whether `find_numbers`, `find_addresses` and `find_names` may find something
        before anything is masked, shape (n_texts, 3), bool; more often True than they do.
    """
    found = np.zeros((len(texts), 3), dtype=bool)
    if not texts:
        return found
    # Two line breaks around, so that each character has neighbours.
    codes = _narrow(code_points("\n".join(["", *texts, "", ""])))
    begins = first_positions(texts) + 1
    kinds = _kinds()[np.minimum(codes, LIMIT)]
    found[_rows(begins, _numbers(codes, kinds)), 0] = True
    found[_accounts(codes, kinds, begins), 0] = True
    found[_rows(begins, _doors(codes, kinds)), 1] = True
    found[_rows(begins, _names(codes, kinds)), 2] = True
    found[_dated(codes, kinds, begins), 2] = True
    return found


def _rows(begins: np.ndarray, places: np.ndarray) -> np.ndarray:
    rows: np.ndarray = np.searchsorted(begins, places, side="right") - 1
    return rows


def _narrow(codes: np.ndarray) -> np.ndarray:
    """Full-width forms as their half-width ones, as the finders read them."""
    is_wide = (codes >= _WIDE_FIRST) & (codes <= _WIDE_LAST)
    return np.where(is_wide, codes - _WIDE_STEP, codes)


def _numbers(codes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """An @, a province with a letter, or five digits that at most blanks and dashes part."""
    dense = np.flatnonzero((codes != _SPACE) & (codes != _DASH))
    runs = dense[_run_starts(kinds[dense] & _DIGIT > 0, _DIGITS)]
    plates = np.flatnonzero((kinds[:-1] & _PROVINCE > 0) & (kinds[1:] & _LETTER > 0))
    return np.concatenate([runs, plates, np.flatnonzero(codes == _AT)])


def _accounts(codes: np.ndarray, kinds: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """Rows with something like the name of an account, and with a chat or four digits, too."""
    names = _run_starts(kinds & (_DIGIT | _LETTER | _TIE) > 0, _NAME)
    if not len(names):
        return names
    lower = np.where((codes >= ord("A")) & (codes <= ord("Z")), codes | np.uint32(32), codes)
    is_other = codes == np.uint32(ord("信"))
    is_other[:-1] |= _chat_pairs()[_slots(lower[:-1], lower[1:])]
    is_other[_run_starts(kinds & _DIGIT > 0, _DIGITS - 1)] = True
    return np.intersect1d(_rows(begins, names), _rows(begins, np.flatnonzero(is_other)))


def _doors(codes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """A number before 号, 栋 …, or digits tied by two dashes."""
    is_number = kinds & (_DIGIT | _LETTER | _COUNT) > 0
    marks = np.flatnonzero(kinds & _DOOR)
    is_spaced = (codes[marks - 1] == _SPACE) & is_number[marks - 2]
    dashes = np.flatnonzero(codes == _DASH)
    gaps = np.diff(dashes)
    return np.concatenate(
        [marks[is_number[marks - 1] | is_spaced], dashes[:-1][(gaps == 2) | (gaps == 3)]]
    )


def _names(codes: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """What announces a name, and a surname right behind a role or a greeting."""
    places = np.flatnonzero(kinds[:-2] & _HINT)
    pairs = _slots(codes[places], codes[places + 1])
    is_hint = _marks(2)[pairs] | _marks(3)[_slots(pairs, codes[places + 2])]
    surnames = np.flatnonzero((kinds[1:-1] & _CUE > 0) & (kinds[2:] & _SURNAME > 0))
    cues = _slots(codes[surnames], codes[surnames + 1])
    is_called = _cues()[cues] | _single_cues()[np.minimum(codes[surnames + 1], LIMIT)]
    return np.concatenate([places[is_hint], surnames[is_called] + 2])


def _dated(codes: np.ndarray, kinds: np.ndarray, begins: np.ndarray) -> np.ndarray:
    """Rows that end with a digit or a day, or with white space behind who knows what."""
    last = np.append(begins[1:] - 2, len(codes) - 3)
    is_day = (codes[last] == _DAY) & (kinds[last - 1] & _DIGIT > 0)
    is_filled = last >= begins
    found: np.ndarray = np.flatnonzero(is_filled & ((kinds[last] & (_DIGIT | _BLANK) > 0) | is_day))
    return found


def _run_starts(is_in: np.ndarray, n: int) -> np.ndarray:
    """Where n neighbours in a row are in."""
    edges = np.diff(is_in.astype(np.int8), prepend=0, append=0)
    firsts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    return firsts[ends - firsts >= n]


def _slots(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    slots: np.ndarray = ((left * _MIX ^ right) * _MIX) >> _SHIFT
    return slots


@cache
def _kinds() -> np.ndarray:
    kinds = np.zeros(LIMIT + 1, dtype=np.uint16)
    for kind, pattern in _CLASSES.items():
        kinds[marked(re.compile(pattern, re.IGNORECASE))] |= kind
    return kinds


@cache
def _marks(n: int) -> np.ndarray:
    """Slots of the words that announce a name: of two characters, or the first three of more."""
    return _marked({word[:3] for word in HINT_WORDS if (len(word) > 2) == (n > 2)}, n)


@cache
def _cues() -> np.ndarray:
    return _marked([cue for cue in BEFORE_NAME if len(cue) > 1], 2)


@cache
def _single_cues() -> np.ndarray:
    return marked(re.compile(f"[{''.join(cue for cue in BEFORE_NAME if len(cue) == 1)}]"))


@cache
def _chat_pairs() -> np.ndarray:
    return _marked(_CHAT, 2)


def _marked(words: Iterable[str], n: int) -> np.ndarray:
    marks = np.zeros(_SLOTS, dtype=bool)
    codes = _narrow(code_points("".join(words))).reshape(-1, n).T
    slots = codes[0]
    for following in codes[1:]:
        slots = _slots(slots, following)
    marks[slots] = True
    return marks
