"""The prefilter may only leave out patterns that cannot match."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.facts import FactFinder
from models.prefilter import Prefilter
from models.required import required_words
from tests.tiny import LEXICON

SHIPPED = [p for f in FactFinder.load(LEXICON / "urgency.yaml").lexicon.facts for p in f.patterns]
ODD = [
    *("a?", "a*", "[^a]b", ".c", "(?=ab)a", "(?<=a)b", "(?!a)b", "a{2,3}b", "(?:ab|a*)c", r"\d+a"),
    *("(a|b)\\1", "[a-c]{2}", "(?:a|bc)+d", "^a$", "ab|", "(?:)", "a|.", "[0-9一二]次", "(?>ab)c"),
    *("a++b", "a\nb", "[a\nb]c", r"\ba\b", "(?:ab(?:c|d)?|e.f)g?", "a(?=.{0,3}b)", "𠮷+野?"),
]
ODD_FILTER, FILTER = Prefilter(ODD), Prefilter(SHIPPED)
COMPILED = [re.compile(pattern) for pattern in SHIPPED]
PIECES = sorted({word for p in SHIPPED for words in required_words(p) for word in words})
WORDS = st.sampled_from([*"abcdefg一二次0𠮷野\n ", "ab", "bc", "aab"])


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("起火", [{"起火"}]),
        ("着(?:了|起)?火", [{"着了火", "着起火", "着火"}]),
        ("电池[^,]{0,8}(?:鼓|膨胀)", [{"电池"}, {"鼓", "膨胀"}]),
        ("滚(?:蛋|的|$)", [{"滚"}]),
        ("第[三四](?:次|回)", [{"第三次", "第三回", "第四次", "第四回"}]),
        ("(?:投诉|举报).{0,4}(?=局)", [{"投诉", "举报"}, {"局"}]),
        (".{0,3}(?:火)?", []),
    ],
)
def test_the_words_that_a_match_needs(pattern: str, words: list[set[str]]) -> None:
    """Long words are rare, so only few patterns run."""
    assert sorted(map(sorted, required_words(pattern))) == sorted(map(sorted, words))


@settings(max_examples=200)
@given(text=st.lists(WORDS, max_size=10).map("".join))
def test_no_odd_pattern_that_matches_is_left_out(text: str) -> None:
    """Whatever a company writes into its facts file."""
    (found,) = ODD_FILTER.candidates([text])
    assert {i for i, pattern in enumerate(ODD) if re.search(pattern, text)} <= found


@given(texts=st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=5))
@settings(max_examples=60)
def test_no_shipped_pattern_that_matches_is_left_out(texts: list[str]) -> None:
    """Not one fact may be missed for speed."""
    found = FILTER.candidates(texts)
    for text, ids in zip(texts, found, strict=True):
        assert {i for i, pattern in enumerate(COMPILED) if pattern.search(text)} <= ids


def test_every_shipped_pattern_has_words() -> None:
    """One without would run on every text."""
    assert all(map(required_words, SHIPPED))


def test_words_do_not_reach_into_the_next_text() -> None:
    """The texts are searched together."""
    assert Prefilter(["起火"]).candidates(["起", "火", "起火"]) == [set(), set(), {0}]


def test_no_texts_have_no_candidates() -> None:
    """A batch may be all praise."""
    assert Prefilter(["起火"]).candidates([]) == []
