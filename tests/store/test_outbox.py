"""Messages to other programs: at least once, never lost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from models.errors import StoreError
from pipeline.store.outbox import (
    claim,
    count_messages,
    enqueue,
    mark_failed,
    mark_sent,
    prune_sent,
    revive,
)
from tests.store.scored_sample import MONDAY

MINUTE = timedelta(minutes=1)


def _enqueue(store, *keys):
    with store.begin() as connection:
        return [enqueue(connection, "theme.new", key, {"主题": key}, MONDAY) for key in keys]


def test_message_is_claimed_once_and_sent(store):
    """Two workers must not both send it."""
    _enqueue(store, "a", "b")
    messages = claim(store, MONDAY)
    assert [(m.key, m.payload) for m in messages] == [("a", {"主题": "a"}), ("b", {"主题": "b"})]
    assert claim(store, MONDAY) == ()
    mark_sent(store, messages[0], MONDAY)
    assert count_messages(store) == {"sent": 1, "sending": 1}


def test_message_of_a_failed_change_does_not_exist(store):
    """Nobody is told of what did not happen."""
    with pytest.raises(RuntimeError), store.begin() as connection:
        enqueue(connection, "theme.new", "a", {}, MONDAY)
        raise RuntimeError
    assert claim(store, MONDAY) == ()


def test_same_key_is_written_once(store):
    """A job that is run again tells nobody twice."""
    assert _enqueue(store, "a", "a") == [True, False]


def test_claim_of_a_dead_worker_runs_out(store):
    """A crash between claim and send must not lose the message; the late worker changes nothing."""
    _enqueue(store, "a")
    (lost,) = claim(store, MONDAY)
    (again,) = claim(store, MONDAY + 6 * MINUTE)
    assert (again.key, again.n_attempts) == ("a", 2)
    mark_failed(store, lost, "too late", MONDAY + 6 * MINUTE)
    assert count_messages(store) == {"sending": 1}


def test_failed_message_waits_longer_each_time_and_dies(store):
    """A receiver that is down is not hammered, and does not block the others for ever."""
    _enqueue(store, "a")
    now, waits = MONDAY, []
    for _ in range(3):
        (message,) = claim(store, now)
        due = mark_failed(store, message, "refused", now, max_attempts=3)
        waits.append(due and (due - now).total_seconds())
        now = due or now
    assert waits == [30, 60, None]
    assert count_messages(store) == {"dead": 1}
    assert revive(store, now) == 1
    assert claim(store, now)[0].last_error == "refused"


def test_sent_messages_are_pruned(store):
    """The table does not grow for ever."""
    _enqueue(store, "a", "b")
    mark_sent(store, claim(store, MONDAY, limit=1)[0], MONDAY)
    assert prune_sent(store, MONDAY + MINUTE) == 1
    assert count_messages(store) == {"waiting": 1}


def test_unknown_message_is_refused(store):
    """Marking what is not there is a mistake of the program."""
    _enqueue(store, "a")
    (message,) = claim(store, MONDAY)
    mark_sent(store, message, MONDAY)
    prune_sent(store, MONDAY + MINUTE)
    with pytest.raises(StoreError, match="no message"):
        mark_sent(store, message, MONDAY)
