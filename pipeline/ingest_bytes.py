"""A text file's bytes, taken out of gzip or zstd on the way."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa

from models.errors import DataError

COMPRESSED = (".gz", ".zst")
_BUFFER_BYTES = 1 << 20


def plain_suffix(path: Path) -> str:
    """Tell a file's format by its name, whether compressed or not.

    Args:
        path: Such as `a.csv` or `a.csv.gz`.

    Returns:
        Such as `.csv`, in lower case.
    """
    suffix = path.suffix.lower()
    return Path(path.stem).suffix.lower() if suffix in COMPRESSED else suffix


@contextmanager
def open_bytes(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading what it holds.

    Args:
        path: A file; `.gz` and `.zst` are decompressed as they are read.

    Yields:
        A binary stream.
    """
    suffix = path.suffix.lower()
    with path.open("rb") as file:
        if suffix == ".gz":
            with gzip.open(file, "rb") as plain:
                yield cast(BinaryIO, plain)
        elif suffix == ".zst":
            with pa.CompressedInputStream(pa.PythonFile(file, "r"), "zstd") as stream:
                yield cast(BinaryIO, io.BufferedReader(stream, _BUFFER_BYTES))
        else:
            yield file


def read_lines_of(path: Path) -> Iterator[bytes]:
    """Read physical lines.

    Args:
        path: As for `open_bytes`.

    Yields:
        Lines with their line end.

    Raises:
        DataError: If a compressed file is damaged or ends early; says after which line.
    """
    n_lines = 0
    with open_bytes(path) as file:
        try:
            for line in file:
                n_lines += 1
                yield line
        except (EOFError, zlib.error, gzip.BadGzipFile, pa.ArrowException, OSError) as error:
            if path.suffix.lower() not in COMPRESSED:
                raise
            detail = " ".join(str(error).split())[:120]
            raise DataError(
                f"{path}: the compressed file is damaged or ends early after line {n_lines} "
                f"({detail}); copy or export it again"
            ) from error
