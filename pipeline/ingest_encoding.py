"""Which encoding a text file is in, told from all of it and not from its beginning."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from models.errors import DataError
from pipeline.ingest_bytes import read_lines_of

Encoding = Literal["utf-8", "gb18030"]

_BOMS: dict[bytes, Encoding] = {codecs.BOM_UTF8: "utf-8", b"\x84\x31\x95\x33": "gb18030"}
_SAMPLE_BYTES = 65_536
_BIG5_SHARE, _GB_SHARE, _LEAST_CHARS = 0.9, 0.6, 8
_PUNCTUATION = range(0xA1, 0xA4)  # the first byte, in both
_WIDE_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


@dataclass(frozen=True, slots=True)
class Line:
    """One physical line; `problem` says why its text is not to be trusted."""

    number: int
    raw: bytes
    text: str
    problem: str | None


def detect_encoding(path: Path) -> Encoding:
    """Tell UTF-8 from GB18030 by what most lines can only be.

    A line counts for UTF-8 if it decodes as such and holds characters of three bytes or more
    (Chinese): GB18030 text does that only by an unlikely accident, while the accident with two-byte
    characters is common ("一" is one). A line counts for GB18030 if only that decodes it.

    Args:
        path: A CSV or JSONL file.

    Returns:
        The encoding of the file; UTF-8 where nothing speaks for either.

    Raises:
        DataError: If the file is in UTF-16, UTF-32 or Big5.
    """
    n_utf8 = n_gb = 0
    sample = bytearray()
    for number, raw in enumerate(read_lines_of(path)):
        if number == 0:
            _refuse_wide(path, raw)
            for bom, encoding in _BOMS.items():
                if raw.startswith(bom):
                    return encoding
        if raw.isascii():
            continue
        text = _decoded(raw, "utf-8")
        if text is None:
            if len(sample) < _SAMPLE_BYTES:
                sample += raw
            n_gb += _decoded(raw, "gb18030") is not None
        else:
            n_utf8 += _is_chinese(text)
    if n_gb <= n_utf8:
        return "utf-8"
    _refuse_big5(path, bytes(sample))
    return "gb18030"


def read_lines(path: Path, encoding: Encoding) -> Iterator[Line]:
    """Read physical lines; none is lost, whatever bytes it holds.

    Args:
        path: A CSV or JSONL file.
        encoding: What `detect_encoding` said.

    Yields:
        Lines with their line end; a byte order mark is taken off the first.
    """
    for number, raw in enumerate(read_lines_of(path), 1):
        if number == 1:
            for bom in _BOMS:
                raw = raw.removeprefix(bom)
        yield decode_line(number, raw, encoding)


def decode_line(number: int, raw: bytes, encoding: Encoding) -> Line:
    """Decode one line, noting whether it is in the file's encoding at all.

    Args:
        number: Its number in the file, from 1.
        raw: Its bytes.
        encoding: The encoding of the file.

    Returns:
        The line; one with a problem has its raw bytes escaped in `text`.
    """
    text = _decoded(raw, encoding)
    if text is None:
        problem = f"is not in the file's encoding, {encoding}"
        return Line(number, raw, raw.decode("ascii", "backslashreplace"), problem)
    if encoding == "gb18030" and not raw.isascii():
        other = _decoded(raw, "utf-8")
        if other is not None and _is_chinese(other):
            problem = "is UTF-8 in a file that is otherwise GB18030"
            return Line(number, raw, raw.decode("ascii", "backslashreplace"), problem)
    return Line(number, raw, text, None)


def _decoded(raw: bytes, encoding: Encoding) -> str | None:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _is_chinese(text: str) -> bool:
    return max(text) >= "\u0800"


def _refuse_wide(path: Path, first: bytes) -> None:
    if first.startswith(_WIDE_BOMS) or first[1:2] == b"\0" or first[:1] == b"\0":
        raise DataError(
            f"{path}: line 1: is in UTF-16 or UTF-32, expected UTF-8 or GB18030; "
            'in Excel save it as "CSV UTF-8"'
        )


def _refuse_big5(path: Path, sample: bytes) -> None:
    """Refuse what Excel saves in Taiwan: as GB18030 it would be read without an error, as nonsense.

    Nine tenths of its characters are among the frequent ones of Big5, and fewer than six tenths
    among those of GB 2312. Texts of a few characters can be both, so they are left alone.
    """
    big5 = _share(sample, "cp950", range(0xA4, 0xC7), range(0x40, 0x100))
    gb = _share(sample, "gb18030", range(0xB0, 0xD8), range(0xA1, 0x100))
    if big5 >= _BIG5_SHARE and gb < _GB_SHARE:
        raise DataError(
            f'{path}: looks like Big5, expected UTF-8 or GB18030; in Excel save it as "CSV UTF-8"'
        )


def _share(sample: bytes, encoding: str, leads: range, trails: range) -> float:
    """Share of the characters beyond ASCII and punctuation whose two bytes are among these.

    Unknown, and so 0 for Big5, where there are too few.
    """
    text = sample.decode(encoding, "replace")
    codes = [c.encode(encoding, "replace") for c in text if not c.isascii()]
    words = [code for code in codes if not (len(code) == 2 and code[0] in _PUNCTUATION)]
    if len(words) < _LEAST_CHARS:
        return 0.0
    n = sum(len(code) == 2 and code[0] in leads and code[1] in trails for code in words)
    return n / len(words)
