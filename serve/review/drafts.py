"""Sheets that somebody uploaded and has yet to import; kept in memory, for a while."""

from __future__ import annotations

import secrets
import time
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from models.errors import DataError
from serve.review.person import Person, clean_name

if TYPE_CHECKING:
    from pipeline.sheet_cells import Row

MAX_BYTES = 32 * 1024 * 1024
_MAX_UNPACKED_BYTES = 512 * 1024 * 1024
_MAX_DRAFTS, _LIFETIME_S = 32, 3600.0


@dataclass(frozen=True, slots=True)
class Draft:
    """An uploaded sheet.

    Attributes:
        person: Who uploaded it; nobody else sees it.
        name: The file's.
        rows: Its progress sheet; empty where that could not be read.
        problem: Why not.
        until: When it is forgotten.
    """

    person: Person
    name: str
    rows: Sequence[Row]
    problem: str
    until: float


class Drafts:
    """Keeps drafts by a name that cannot be guessed.

    Args:
        clock: Seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: dict[str, Draft] = {}

    def keep(self, person: Person, name: str, content: bytes) -> str:
        """Read an uploaded workbook and keep its progress sheet.

        Args:
            person: Who uploaded it.
            name: The file's, as the browser says.
            content: The file.

        Returns:
            The draft's name.
        """
        name = clean_name(PurePosixPath(name.replace("\\", "/")).name) or "台账.xlsx"
        rows, problem = _read(name, content)
        now = self._clock()
        living = [(key, one) for key, one in self._kept.items() if one.until > now]
        self._kept = dict(living[1 - _MAX_DRAFTS :])
        token = secrets.token_urlsafe(16)
        self._kept[token] = Draft(person, name, rows, problem, now + _LIFETIME_S)
        return token

    def find(self, person: Person, token: str) -> Draft | None:
        """Give somebody's draft; None where it is gone or another person's."""
        draft = self._kept.get(token)
        is_theirs = draft is not None and draft.person == person and draft.until > self._clock()
        return draft if is_theirs else None


def _read(name: str, content: bytes) -> tuple[Sequence[Row], str]:
    from pipeline.ledgers_plan import read_progress

    with TemporaryDirectory(prefix="huiyin-ledger-") as folder:
        path = Path(folder) / "ledger.xlsx"
        path.write_bytes(content)
        try:
            _refuse_bombs(path)
            return read_progress(path), ""
        except DataError as error:
            return (), str(error).replace(str(path), name)


def _refuse_bombs(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            n_bytes = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, OSError, ValueError):
        raise DataError(f"{path}: 不是 Excel 工作簿;请上传导出后改好的 .xlsx") from None
    if n_bytes > _MAX_UNPACKED_BYTES:
        raise DataError(f"{path}: 展开后超过 {_MAX_UNPACKED_BYTES >> 20} MB;只留进度表再上传")
