"""Several files as one: all columns of all files, rows counted through."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipeline.ingest_batch import RawRows
from pipeline.ingest_open import Reader, open_reader, unreadable
from pipeline.ingest_text import as_text

_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a batch stands.

    Attributes:
        file: Which file, from 0.
        rows_before: Rows of the files before it.
    """

    file: int
    rows_before: int


class ManyReader:
    """Reads files one after the other.

    Columns are matched by name; a file that lacks one has nulls in it. A column that has another
    type in another file is passed on as text, numbers of two kinds as floats.

    Args:
        paths: The files, in order.

    Attributes:
        header: Every column name of any file, in order of first appearance.
        place: Where the batch that was read last stands.
        n_rows: Rows of all files, if their footers say; else None.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._readers: list[Reader] = [open_reader(path) for path in paths]
        self._keys = [_numbered(reader.header) for reader in self._readers]
        self._union = list(dict.fromkeys(key for keys in self._keys for key in keys))
        self.header = [name for name, _ in self._union]
        self.place = Place(0, 0)
        counts = [getattr(reader, "n_rows", None) for reader in self._readers]
        known = [n for n in counts if n is not None]
        self.n_rows = sum(known) if len(known) == len(counts) else None

    def column_types(self, names: list[str]) -> dict[str, pa.DataType]:
        """Tell which type holds a column of every file.

        Args:
            names: The names given to the header's columns.

        Returns:
            Name to arrow type.
        """
        found: dict[_Key, set[pa.DataType]] = {}
        for reader, keys in zip(self._readers, self._keys, strict=True):
            local = [str(i) for i in range(len(keys))]
            typed = getattr(reader, "column_types", None)
            types = typed(local) if typed else dict.fromkeys(local, pa.string())
            for i, key in enumerate(keys):
                found.setdefault(key, set()).add(types[str(i)])
        return {n: _common(found[key]) for n, key in zip(names, self._union, strict=True)}

    def read(self, names: list[str], batch_rows: int) -> Iterator[RawRows]:
        """Read all rows of all files.

        Args:
            names: The names to give to the header's columns.
            batch_rows: Rows in a batch; none holds rows of two files.

        Yields:
            Batches of rows.

        Raises:
            DataError: If a file cannot be read; names it.
        """
        types = self.column_types(names)
        name_of = dict(zip(self._union, names, strict=True))
        n_before = 0
        for i, reader in enumerate(self._readers):
            self.place = Place(i, n_before)
            own = [name_of[key] for key in self._keys[i]]
            last = 0
            try:
                for raw in reader.read(own, batch_rows):
                    last = max(last, _last_row(raw))
                    yield self._widened(raw, names, types, n_before)
            except OSError as error:
                raise unreadable(self._paths[i], error) from error
            n_before += last

    def _widened(
        self, raw: RawRows, names: list[str], types: dict[str, pa.DataType], n_before: int
    ) -> RawRows:
        if len(self._readers) == 1:
            return raw
        n_rows = len(raw.row_numbers)
        return replace(
            raw,
            columns={
                name: _as_type(raw.columns[name], types[name])
                if name in raw.columns
                else pa.nulls(n_rows, types[name])
                for name in names
            },
            row_numbers=[number + n_before for number in raw.row_numbers],
            rejected=[replace(r, row_number=r.row_number + n_before) for r in raw.rejected],
        )


def _numbered(header: Sequence[str]) -> list[_Key]:
    """Tell columns of one name in one file apart."""
    n_seen: dict[str, int] = {}
    keys = []
    for name in header:
        n_seen[name] = n_seen.get(name, -1) + 1
        keys.append((name, n_seen[name]))
    return keys


def _common(types: set[pa.DataType]) -> pa.DataType:
    known = {type_ for type_ in types if not pa.types.is_null(type_)}
    if len(known) <= 1:
        return next(iter(known or types))
    is_number = all(pa.types.is_integer(t) or pa.types.is_floating(t) for t in known)
    return pa.float64() if is_number else pa.string()


def _as_type(values: Sequence[Any] | pa.Array, type_: pa.DataType) -> Sequence[Any] | pa.Array:
    if not isinstance(values, pa.Array) or values.type == type_:
        return values
    if type_ == pa.string():
        return pa.array([None if cell is None else as_text(cell) for cell in values.to_pylist()])
    return values.cast(type_, safe=False)


def _last_row(raw: RawRows) -> int:
    kept = raw.row_numbers[-1] if len(raw.row_numbers) else 0
    return max(kept, max((row.row_number for row in raw.rejected), default=0))
