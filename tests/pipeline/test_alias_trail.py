"""Finding the way back from the record of who pointed an alias where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from pipeline.alias_trail import AliasChange, find_earlier, read_changes

START = datetime(2026, 11, 23, tzinfo=UTC)


def changes_of(*steps: tuple[Literal["promote", "rollback"], int, int | None]) -> list[AliasChange]:
    """Record steps of (action, version, previous), one a second."""
    return [
        AliasChange(action, "champion", version, previous, "李雷", START + timedelta(seconds=i), "")
        for i, (action, version, previous) in enumerate(steps)
    ]


def test_a_change_survives_being_written_down() -> None:
    """The tag is the only record there is."""
    change = AliasChange("promote", "champion", 2, 1, "韩梅梅", START, "召回更高")
    assert read_changes(dict([change.as_tag()]), "champion") == [change]


def test_changes_come_back_oldest_first() -> None:
    """MLflow returns tags in no order, and on a whole second the text must still sort."""
    changes = changes_of(("promote", 1, None), ("promote", 2, 1), ("promote", 3, 2))
    tags = dict(change.as_tag() for change in reversed(changes))
    assert read_changes(tags, "champion") == changes


def test_other_tags_and_aliases_are_left_alone() -> None:
    """A company puts its own tags on the model."""
    (change,) = changes_of(("promote", 1, None))
    tags = {"owner": "客服部", "champion.note": "x", "challenger.2026-11-23T00:00:00.000000Z": "{}"}
    assert read_changes(tags | dict([change.as_tag()]), "champion") == [change]


@pytest.mark.parametrize(
    ("steps", "current", "expected"),
    [
        ([], None, None),
        ([("promote", 1, None)], 1, None),
        ([("promote", 1, None), ("promote", 2, 1)], 2, 1),
        ([("promote", 1, None), ("promote", 2, 1), ("promote", 2, 2)], 2, 1),
        ([("promote", 1, None), ("promote", 2, 1), ("promote", 3, 2), ("rollback", 2, 3)], 2, 1),
        ([("promote", 1, None), ("promote", 2, 1), ("rollback", 1, 2)], 1, None),
        ([("promote", 1, None), ("promote", 2, 1), ("promote", 1, 2)], 1, 2),
        ([("promote", 2, 1)], 2, 1),
    ],
    ids=[
        "nothing recorded",
        "only one",
        "one back",
        "promoted twice",
        "second rollback goes further",
        "back at the start",
        "promoted again",
        "first was set by hand",
    ],
)
def test_the_way_back(
    steps: list[tuple[Literal["promote", "rollback"], int, int | None]],
    current: int | None,
    expected: int | None,
) -> None:
    """A second rollback must go further back, never forth and back between two versions."""
    assert find_earlier(changes_of(*steps), current, {1, 2, 3}) == expected


def test_a_deleted_version_is_passed_over() -> None:
    """An alias must not point at nothing."""
    changes = changes_of(("promote", 1, None), ("promote", 2, 1), ("promote", 3, 2))
    assert find_earlier(changes, 3, {1, 3}) == 1


def test_an_alias_moved_by_hand_goes_back_to_the_last_record() -> None:
    """Somebody promoted version 3 in MLflow's page; the last champion we know of is 2."""
    assert find_earlier(changes_of(("promote", 1, None), ("promote", 2, 1)), 3, {1, 2, 3}) == 2


def test_a_record_whose_change_failed_does_not_lead_forward() -> None:
    """The server died between record and change: version 2 never was champion."""
    assert find_earlier(changes_of(("promote", 1, None), ("promote", 2, 1)), 1, {1, 2}) is None
