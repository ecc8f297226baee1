"""A repeated request is answered as the first time."""

from __future__ import annotations

from datetime import timedelta

import pytest

from pipeline.store.idempotency import (
    InProgressError,
    KeyReusedError,
    Replay,
    abandon,
    begin,
    finish,
    prune,
)
from tests.store.scored_sample import MONDAY


def test_repetition_has_the_first_answer(store):
    """A client whose line broke sends again, and nothing is done twice."""
    assert begin(store, "client", "k", "hash", MONDAY) is None
    finish(store, "client", "k", 201, '{"好": 1}', MONDAY)
    assert begin(store, "client", "k", "hash", MONDAY) == Replay(201, '{"好": 1}')


def test_repetition_while_the_first_runs_must_wait(store):
    """Two at once would do the work twice."""
    begin(store, "client", "k", "hash", MONDAY)
    with pytest.raises(InProgressError):
        begin(store, "client", "k", "hash", MONDAY + timedelta(seconds=5))


def test_key_of_another_request_is_refused(store):
    """Giving the old answer would hide a client's mistake."""
    begin(store, "client", "k", "hash", MONDAY)
    with pytest.raises(KeyReusedError):
        begin(store, "client", "k", "other", MONDAY)


def test_clients_do_not_share_keys(store):
    """One client must never get another's answer."""
    begin(store, "client", "k", "hash", MONDAY)
    assert begin(store, "another", "k", "hash", MONDAY) is None


def test_abandoned_or_stale_request_can_be_tried_again(store):
    """A worker that died must not block its key for ever."""
    begin(store, "client", "k", "hash", MONDAY)
    abandon(store, "client", "k")
    assert begin(store, "client", "k", "hash", MONDAY) is None
    assert begin(store, "client", "k", "hash", MONDAY + timedelta(minutes=3)) is None


def test_old_keys_are_forgotten(store):
    """A day is enough for any client to ask again."""
    begin(store, "client", "k", "hash", MONDAY)
    finish(store, "client", "k", 200, "", MONDAY)
    assert begin(store, "client", "k", "other", MONDAY + timedelta(days=2)) is None
    assert prune(store, MONDAY + timedelta(days=4)) == 1
