"""Where a text is cut, and that nothing of it is lost."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.clauses import clause_spans, split_clauses

TEXTS = st.text(
    st.sampled_from("好慢 ，。！？!?,.;、~…：（）|/3\n\t卡a😡[]"), max_size=40
) | st.text(max_size=30)


@given(TEXTS)
def test_offsets_point_into_the_text(text: str) -> None:
    """Evidence is shown by these offsets: a wrong one would quote the wrong words."""
    for clause in split_clauses(text):
        assert text[clause.start : clause.end] == clause.text


@given(TEXTS)
def test_clauses_stand_in_order_without_overlap(text: str) -> None:
    """A text's vector is the sum over its clauses: none may count twice."""
    bounds = [place for c in split_clauses(text) for place in (c.start, c.end)]
    assert bounds == sorted(bounds)
    assert all(clause.text for clause in split_clauses(text))


@given(TEXTS)
def test_every_letter_belongs_to_a_clause(text: str) -> None:
    """What falls between clauses is never seen by the model."""
    kept = "".join(clause.text for clause in split_clauses(text))
    assert re.sub(r"\W", "", kept) == re.sub(r"\W", "", text)


@given(TEXTS)
def test_no_clause_holds_white_space(text: str) -> None:
    """Features are joined by spaces in the shipped format."""
    assert not any(re.search(r"\s", clause.text) for clause in split_clauses(text))


@pytest.mark.parametrize("text", ["", " ", "。。。", "！！!", "……~~", "\n\t"])
def test_punctuation_alone_has_no_clause(text: str) -> None:
    """The caller must be able to tell that there is nothing to read."""
    assert split_clauses(text) == []


@pytest.mark.parametrize("mark", list(",，。!！?？;；、~～…:：()（）|/ \n"))
def test_every_mark_of_a_pause_cuts(mark: str) -> None:
    """Customers separate thoughts by whatever their keyboard offers."""
    assert [c.text for c in split_clauses(f"味道好{mark}就是慢")] == ["味道好", "就是慢"]


@pytest.mark.parametrize(
    ("text", "mark"), [("行？", "?"), ("行!!", "!"), ("行，？", ""), ("行", "")]
)
def test_the_mark_behind_a_clause_is_kept_apart(text: str, mark: str) -> None:
    """A question is read as one, and no quote ends in its mark."""
    assert [(c.text, c.mark) for c in split_clauses(text)] == [("行", mark)]


def test_a_decimal_point_does_not_cut_a_number() -> None:
    """3.5 is one quantity."""
    assert split_clauses("重3.5")[0].text == "重3.5"


@given(st.lists(TEXTS, max_size=5))
def test_many_texts_are_cut_as_each_alone(texts: list[str]) -> None:
    """A clause never reaches into the next text, and stands where `split_clauses` says."""
    clauses, spans, starts = clause_spans(texts)
    alone = [split_clauses(text) for text in texts]
    assert clauses == [c.spoken for found in alone for c in found]
    assert spans.tolist() == [[c.start, c.end] for found in alone for c in found]
    assert np.diff(starts).tolist() == [len(found) for found in alone]
