"""CSV, taken apart without losing a row to a broken quote, a ragged line or a wrong byte.

Python's csv in strict mode does the parsing. `pyarrow.csv` would be several times as fast, but
has no line numbers, stops at the first ragged or undecodable row, and reads stray quotes another
way; scoring a row costs far more than reading it, so there is one reader and no second truth.
"""

from __future__ import annotations

import csv
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from models.errors import DataError
from pipeline.ingest_batch import RawRows, Reason, Rejected
from pipeline.ingest_encoding import Encoding, Line, detect_encoding, read_lines

# A quote that is never closed is given up after so many bytes, so that memory stays bounded.
MAX_RECORD_BYTES = 16 * 1024 * 1024

_FIELD = r'(?:"(?:[^"]|"")*+"|[^",\r\n]*+)'
_WELL_QUOTED = re.compile(rf"{_FIELD}(?:,{_FIELD})*+[\r\n]*")


class _OpenQuoteError(Exception):
    """A record ran on past `MAX_RECORD_BYTES`: its quote was left open."""


class _Lines:
    """Feeds csv.reader, remembers what it took for the record in hand, and can take lines back."""

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._returned: deque[Line] = deque()
        self._n_bytes = 0
        self.taken: list[Line] = []

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._returned.popleft() if self._returned else next(self._lines)
        self.taken.append(line)
        self._n_bytes += len(line.raw)
        if self._n_bytes > MAX_RECORD_BYTES and len(self.taken) > 1:
            raise _OpenQuoteError
        return line.text

    def start_record(self) -> None:
        self.taken = []
        self._n_bytes = 0

    def give_back(self, n_kept: int) -> None:
        self._returned.extendleft(reversed(self.taken[n_kept:]))
        del self.taken[n_kept:]


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a CSV file: its cells, or why it has none.

    Attributes:
        line_number: The line it starts on.
        raw: The lines it stands on, without the last line end.
        cells: As many as the header has columns; None for a rejected record.
        code: The reason for a program.
        reason: The reason for a person.
    """

    line_number: int
    raw: str
    cells: list[str] | None
    code: Reason = "ragged"
    reason: str = ""


class CsvReader:
    """Reads one CSV file.

    Args:
        path: The file.

    Attributes:
        header: Its column names as written.

    Raises:
        DataError: If there is no header that can be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encoding: Encoding = detect_encoding(path)
        # Process-wide in csv, and 128 kB by default: too little to show a long cell as a bad row.
        csv.field_size_limit(max(csv.field_size_limit(), 2 * MAX_RECORD_BYTES))
        self._header_line, self.header = self._read_header()

    def read(self, names: list[str], batch_rows: int) -> Iterator[RawRows]:
        """Read all records.

        Args:
            names: The names to give to the header's columns.
            batch_rows: Records in a batch.

        Yields:
            Batches of rows, rejected records among them.
        """
        batch: list[Record] = []
        first_row = 1
        for record in self.records():
            batch.append(record)
            if len(batch) == batch_rows:
                yield _raw_rows(batch, first_row, names)
                first_row += len(batch)
                batch = []
        if batch:
            yield _raw_rows(batch, first_row, names)

    def records(self) -> Iterator[Record]:
        """Take the file apart.

        Yields:
            Every record after the header; blank lines are none.
        """
        lines = read_lines(self._path, self._encoding)
        source = _Lines(line for line in lines if line.number > self._header_line)
        reader = csv.reader(source, strict=True)
        n_columns = len(self.header)
        while True:
            source.start_record()
            try:
                cells = next(reader)
            except StopIteration:
                return
            except (csv.Error, _OpenQuoteError) as error:
                yield _reject_broken(source, n_columns, error)
                continue
            taken = source.taken
            if len(taken) == 1 and not taken[0].text.strip():
                continue
            if len(cells) != n_columns:
                yield _reject_ragged(source, n_columns, len(cells))
            elif any(line.problem for line in taken):
                yield _reject_undecoded(taken)
            else:
                yield Record(taken[0].number, _raw(taken), cells)

    def _read_header(self) -> tuple[int, list[str]]:
        source = _Lines(read_lines(self._path, self._encoding))
        reader = csv.reader(source, strict=True)
        try:
            for header in reader:
                if any(cell.strip() for cell in header):
                    break
            else:
                raise DataError(f"{self._path}: is empty; expected a header and rows below it")
        except (csv.Error, _OpenQuoteError) as error:
            raise DataError(
                f"{self._path}: line 1: the header cannot be read ({error or 'open quote'}); "
                "expected column names separated by commas"
            ) from error
        last = source.taken[-1]
        if last.problem:
            raise DataError(f"{self._path}: line {last.number}: the header {last.problem}")
        return last.number, header


def _raw_rows(batch: list[Record], first_row: int, names: list[str]) -> RawRows:
    numbered = list(enumerate(batch, first_row))
    kept = [(number, record) for number, record in numbered if record.cells is not None]
    columns = list(zip(*(record.cells for _, record in kept if record.cells), strict=True))
    return RawRows(
        columns=dict(zip(names, columns or [()] * len(names), strict=True)),
        row_numbers=[number for number, _ in kept],
        line_numbers=[record.line_number for _, record in kept],
        raw_of=lambda i: kept[i][1].raw,
        rejected=[
            Rejected(number, record.raw, record.reason, record.code, None, record.line_number)
            for number, record in numbered
            if record.cells is None
        ],
    )


def _reject_broken(source: _Lines, n_columns: int, error: Exception) -> Record:
    detail = str(error) or "it is never closed"
    _give_back_clean(source, n_columns)
    reason = f"broken quote or line end ({detail}); expected quotes in a cell to be doubled"
    return _rejected(source.taken, "broken_quote", reason)


def _reject_ragged(source: _Lines, n_columns: int, n_cells: int) -> Record:
    _give_back_clean(source, n_columns)
    reason = f"{n_cells} cells, expected {n_columns} as in the header"
    return _rejected(source.taken, "ragged", reason)


def _reject_undecoded(taken: list[Line]) -> Record:
    problem = next(line.problem for line in taken if line.problem)
    return _rejected(taken, "encoding", f"the row {problem}; save the file in one encoding")


def _rejected(taken: list[Line], code: Reason, reason: str) -> Record:
    return Record(taken[0].number, _raw(taken), None, code, reason)


def _give_back_clean(source: _Lines, n_columns: int) -> None:
    """Keep a bad record to the lines that are bad: a later line that is a row is read again."""
    for n_kept, line in enumerate(source.taken[1:], 1):
        if _WELL_QUOTED.fullmatch(line.text) and _n_cells(line.text) == n_columns:
            source.give_back(n_kept)
            return


def _n_cells(text: str) -> int:
    return len(next(csv.reader([text]), []))


def _raw(taken: list[Line]) -> str:
    return "".join(line.text for line in taken).rstrip("\r\n")
