"""What people say instead of the model."""

from __future__ import annotations

import pytest

from pipeline.store.corrections import (
    add_correction,
    add_corrections,
    list_corrections,
    settled_corrections,
    withdraw_correction,
)
from pipeline.store.failures import NoSuchRowError
from pipeline.store.feedback import get, save_scored
from pipeline.store.review import count_reviews, review_queue
from tests.store.scored_sample import MONDAY, scored_frame, scored_row


@pytest.fixture
def row(store):
    """The id of one stored row."""
    save_scored(store, scored_frame(scored_row(needs_review=True)))
    return "CF0001"


def _review(store, id_):
    found = get(store, id_)
    assert found is not None
    return found.review


def test_correction_knows_what_it_corrects(store, row):
    """Months later one must still see which model was wrong, and who said so."""
    made = add_correction(store, row, "urgency", "high", "小李", note="电话13812345678", now=MONDAY)
    assert (made.old, made.new, made.who, made.status) == ("medium", "high", "小李", "settled")
    assert (made.model_version, made.provenance, made.made_at) == ("huiyin-test", "page", MONDAY)
    assert made.note == "电话[手机号]"
    assert list_corrections(store, row) == (made,)
    assert _review(store, row) == "settled"


def test_same_correction_twice_is_one(store, row):
    """A double click must not count as two people."""
    first = add_correction(store, row, "urgency", "high", "小李")
    assert add_correction(store, row, "urgency", "high", "小李") == first
    assert len(list_corrections(store)) == 1


def test_later_word_of_the_same_person_stands(store, row):
    """Whoever changes their mind is not in conflict with themselves."""
    add_correction(store, row, "urgency", "high", "小李")
    add_correction(store, row, "urgency", "low", "小李")
    assert [c.status for c in list_corrections(store)] == ["settled", "superseded"]


def test_two_people_who_differ_send_the_row_back(store, row):
    """A disputed label must not be learnt."""
    add_correction(store, row, "urgency", "high", "小李")
    made = add_correction(store, row, "urgency", "low", "小王")
    assert made.status == "conflict"
    assert {c.status for c in list_corrections(store)} == {"conflict"}
    assert _review(store, row) == "conflict"
    assert settled_corrections(store).empty
    assert [r.feedback_id for r in review_queue(store).rows] == [row]


def test_conflict_ends_when_they_agree(store, row):
    """The second person may come round."""
    add_correction(store, row, "urgency", "high", "小李")
    add_correction(store, row, "urgency", "low", "小王")
    add_correction(store, row, "urgency", "high", "小王")
    assert _review(store, row) == "settled"
    assert settled_corrections(store).loc[0, ["urgency", "n_people"]].tolist() == ["high", 2]


def test_conflict_ends_when_somebody_decides(store, row):
    """A third person has the last word."""
    add_correction(store, row, "urgency", "high", "小李")
    add_correction(store, row, "urgency", "low", "小王")
    add_correction(store, row, "urgency", "low", "组长", decide=True)
    assert [c.status for c in list_corrections(store)] == ["settled", "superseded", "superseded"]
    assert _review(store, row) == "settled"


def test_withdrawn_correction_gives_the_row_back_to_the_queue(store, row):
    """As if nobody had looked; the record stays."""
    made = add_correction(store, row, "urgency", "high", "小李")
    assert withdraw_correction(store, made.correction_id).status == "superseded"
    assert _review(store, row) == "waiting"


def test_rescoring_keeps_what_people_said(store, row):
    """The next model must not undo the review."""
    add_correction(store, row, "urgency", "high", "小李")
    save_scored(store, scored_frame(scored_row(needs_review=True, model_version="huiyin-2")))
    assert _review(store, row) == "settled"
    assert count_reviews(store) == {"waiting": 0, "settled": 1, "conflict": 0}


def test_training_row_has_the_new_labels_and_the_model_s_others(store, row):
    """Training reads the columns of the labelled files."""
    add_corrections(
        store,
        row,
        {"type": "service", "subtype": "delay", "cause": "回复慢"},
        "小李",
        provenance="queue",
    )
    (found,) = settled_corrections(store).to_dict("records")
    assert (found["type"], found["types"], found["subtype"]) == ("service", "service", "delay")
    assert (found["intent"], found["urgency"], found["cause"]) == ("complaint", "medium", "回复慢")
    assert (found["source"], found["provenance"], found["who"]) == ("corrections", "queue", "小李")
    assert found["is_complete"]


def test_type_without_its_subtype_is_marked_incomplete(store, row):
    """The old subtype belongs to another type; guessing one would teach nonsense."""
    add_correction(store, row, "type", "quality", "小李")
    (found,) = settled_corrections(store).to_dict("records")
    assert (found["subtype"], found["is_complete"]) == ("", False)


def test_unknown_label_is_refused_by_name(store, row, taxonomy):
    """The page shows the message."""
    with pytest.raises(ValueError, match="unknown urgency 'urgent': use one of high, medium, low"):
        add_correction(store, row, "urgency", "urgent", "小李", taxonomy=taxonomy)
    with pytest.raises(ValueError, match="field must be one of intent"):
        add_correction(store, row, "text", "x", "小李")
    assert list_corrections(store) == ()


def test_correction_of_an_unknown_row_is_refused(store):
    """A typing error in an id must not make a row."""
    with pytest.raises(NoSuchRowError, match="no feedback 'CF9999'"):
        add_correction(store, "CF9999", "urgency", "high", "小李")


def test_queue_has_conflicts_first_then_the_least_sure(store):
    """A person's time goes where it helps most; pages show each row once."""
    save_scored(
        store,
        scored_frame(
            *(scored_row(i, needs_review=True, confidence=i / 10) for i in (3, 1, 2)),
            scored_row(9),
        ),
    )
    add_correction(store, "CF0003", "urgency", "high", "小李")
    add_correction(store, "CF0003", "urgency", "low", "小王")
    first = review_queue(store, limit=2)
    assert [r.feedback_id for r in first.rows] == ["CF0003", "CF0001"]
    assert [r.feedback_id for r in review_queue(store, after=first.next).rows] == ["CF0002"]
