"""Uploaded ledgers before they are imported: whose they are, for how long, and what is refused."""

from __future__ import annotations

import zipfile
from io import BytesIO

import openpyxl
import pytest

from pipeline.ledgers_progress import COLUMNS, PROGRESS
from serve.review import drafts
from serve.review.drafts import Drafts
from serve.review.person import Person

LI, WANG = (Person(name, "editor", "local") for name in ("李晓雯", "王建国"))


class Clock:
    """Stands still until it is told."""

    now = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@pytest.fixture(scope="module")
def sheet() -> bytes:
    """A progress sheet of one row."""
    book = openpyxl.Workbook()
    book.active.title = PROGRESS
    book.active.append(list(COLUMNS))
    book.active.append(["T0001", *("x" for _ in COLUMNS[1:])])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def test_a_draft_is_its_uploaders_alone(sheet: bytes) -> None:
    """Even for somebody who got the address."""
    kept = Drafts()
    token = kept.keep(LI, "C:\\台账\\周三.xlsx", sheet)
    draft = kept.find(LI, token)
    assert draft is not None
    assert (draft.name, draft.problem, len(draft.rows)) == ("周三.xlsx", "", 1)
    assert kept.find(WANG, token) is None
    assert kept.find(LI, token + "x") is None


def test_a_draft_is_forgotten_after_an_hour(sheet: bytes) -> None:
    """It holds what a team decided; memory is no archive."""
    clock = Clock()
    kept = Drafts(clock)
    token = kept.keep(LI, "a.xlsx", sheet)
    clock.now = 3601
    assert kept.find(LI, token) is None


def test_the_oldest_draft_makes_room(sheet: bytes) -> None:
    """Uploads without end do not fill the memory."""
    kept = Drafts()
    tokens = [kept.keep(LI, "a.xlsx", sheet) for _ in range(33)]
    assert kept.find(LI, tokens[0]) is None
    assert kept.find(LI, tokens[-1]) is not None


def test_an_archive_that_unpacks_to_too_much_is_not_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A few kilobytes can claim gigabytes."""
    monkeypatch.setattr(drafts, "_MAX_UNPACKED_BYTES", 1_000)
    file = BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", "0" * 10_000)
    kept = Drafts()
    draft = kept.find(LI, kept.keep(LI, "bomb.xlsx", file.getvalue()))
    assert draft is not None
    assert draft.problem.startswith("bomb.xlsx")
    assert not draft.rows
