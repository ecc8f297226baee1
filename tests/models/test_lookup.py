"""The table of keys: a dict, many keys at a time."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.lookup import MISSING, KeyTable, known

KEYS = st.integers(0, 40) | st.integers(0, 2**64 - 1)


@given(st.dictionaries(KEYS, st.integers(0, 10**6)), st.lists(KEYS))
def test_it_gives_what_a_dict_gives(mapping: dict[int, int], asked: list[int]) -> None:
    """Clashing keys and the key 0 included."""
    table = KeyTable(np.array([*mapping], np.uint64), np.array([*mapping.values()], np.int64))
    keys = [*mapping, *asked]
    expected = [mapping.get(key, MISSING) for key in keys]
    assert table.get(np.array(keys, np.uint64)).tolist() == expected


def test_a_thousand_neighbours_are_all_found() -> None:
    """Runs of like keys are what code points look like."""
    keys = np.arange(1000, dtype=np.uint64) << np.uint64(21)
    assert KeyTable(keys, np.arange(1000)).get(keys).tolist() == list(range(1000))


def test_what_was_looked_up_in_vain_is_left_out() -> None:
    """Most n-grams are unknown."""
    rows, columns = known(np.array([0, 0, 1]), np.array([5, MISSING, 7]))
    assert (rows.tolist(), columns.tolist()) == ([0, 1], [5, 7])
