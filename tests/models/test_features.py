"""The features of a clause, and how they are counted."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.clauses import split_clauses
from models.features import Cut, FeatureCounter, clause_features
from models.segmentation import Segmenter
from models.text import normalize
from tests.tiny import LEXICON

TEXTS = st.text(st.sampled_from("好慢不太卡 ，。!A3é😡\u3000客服"), max_size=30) | st.text(
    max_size=30
)


@pytest.fixture(scope="module")
def segmenter() -> Segmenter:
    """Loaded once: building the dictionary takes a while."""
    return Segmenter.load(LEXICON)


@given(TEXTS)
def test_no_feature_holds_white_space(segmenter: Segmenter, text: str) -> None:
    """The shipped tokenizer splits at white space, so one feature would become two."""
    for clause in split_clauses(normalize(text)):
        features = clause_features(clause.spoken, segmenter.cut)
        assert not [f for f in features if not f or re.search(r"\s", f)]


@given(TEXTS)
def test_every_word_and_gram_stands_in_its_clause(segmenter: Segmenter, text: str) -> None:
    """A text's vector is the sum of its clauses' vectors only if none looks beyond its clause."""
    for clause in split_clauses(normalize(text)):
        inside = re.sub(r"\d+", "0", clause.spoken.lower())
        words = segmenter.cut(inside)
        assert all(word in inside for word in words)
        assert set(clause_features(clause.spoken, segmenter.cut)) == set(
            clause_features(inside, segmenter.cut)
        )


def test_features_never_cross_clauses(segmenter: Segmenter) -> None:
    """慢客 is no word of "太慢，客服好"."""
    clauses = split_clauses("太慢，客服好")
    found = {f for c in clauses for f in clause_features(c.text, segmenter.cut)}
    assert not {f for f in found if "慢" in f and "客" in f}


def test_negation_and_order_make_other_features() -> None:
    """不好用 and 好用不 hold the same words and mean different things."""
    assert set(clause_features("不好用", list)) != set(clause_features("好用不", list))


def test_pairs_show_where_a_clause_begins_and_ends() -> None:
    """A lone 慢 is a verdict, 慢 inside a phrase often is not."""
    assert {"^_慢", "慢_$"} <= set(clause_features("慢", list))


@pytest.mark.parametrize("text", ["等了3天", "等了15天", "等了2026天"])
def test_digits_read_as_zero(text: str) -> None:
    """The amount changes from row to row, the failing does not."""
    assert clause_features(text, list) == clause_features("等了7天", list)


def test_a_question_mark_adds_n_grams_and_takes_nothing_away() -> None:
    """发货了？ asks what 发货了 states, in the same words."""
    stated, asked = clause_features("发货了", list), clause_features("发货了?", list)
    assert set(asked) - set(stated) == {"#?", "#了?", "#货了?"}
    assert set(stated) <= set(asked)


def test_case_does_not_matter() -> None:
    """APP, App and app are one thing."""
    assert clause_features("APP卡", list) == clause_features("app卡", list)


def spelt_out(clauses: list[str], cut: Cut, vocabulary: list[str]) -> list[list[int]]:
    """Count as the definition does, a feature at a time."""
    index = {feature: i for i, feature in enumerate(vocabulary)}
    found = [[index[f] for f in clause_features(c, cut) if f in index] for c in clauses]
    return [np.bincount(row, minlength=len(index)).tolist() for row in found]


def counted(clauses: list[str], cut: Cut, vocabulary: list[str]) -> list[list[int]]:
    counter = FeatureCounter(vocabulary, cut)
    matrix = counter.count(clauses) @ counter.parts
    assert matrix.shape == (len(clauses), len(vocabulary))
    assert matrix.dtype == np.float32
    return matrix.toarray().astype(int).tolist()


def clauses_of(texts: list[str]) -> list[str]:
    return [clause.spoken for text in texts for clause in split_clauses(normalize(text))]


@settings(max_examples=60)
@given(texts=st.lists(TEXTS, max_size=6), known=st.randoms())
def test_counting_equals_spelling_out_clause_by_clause(
    segmenter: Segmenter, texts: list[str], known: random.Random
) -> None:
    """A word's column stands for its n-grams too; what they count for must be the same."""
    clauses = clauses_of(texts)
    found = sorted({f for c in clauses for f in clause_features(c, segmenter.cut)})
    vocabulary = known.sample(found, len(found) // 2)
    expected = spelt_out(clauses, segmenter.cut, vocabulary)
    assert counted(clauses, segmenter.cut, vocabulary) == expected


def test_a_clause_is_counted_in_one_order_whatever_stands_beside_it() -> None:
    """Sums of vectors must not change by a bit with the batch, so neither may the order."""
    counter = FeatureCounter(["慢", "太_慢", "#慢", "#太", "#很", "#很慢"], list)
    alone, among = counter.count(["太慢很慢"]), counter.count(["很慢?", "太慢很慢", "慢!"])
    a, b = among.indptr[1:3]
    assert among.indices[a:b].tolist() == alone.indices.tolist()


def test_a_known_word_brings_its_grams_along() -> None:
    """That is what makes the look-up short: one row of the table in the place of four."""
    counter = FeatureCounter(["质量", "#质", "#量", "#质量"], lambda text: ["质量"])
    assert counter.count(["质量"]).nnz == 1


def test_a_segmentation_that_loses_characters_is_refused() -> None:
    """Where a word stands would be unknown, and its n-grams counted twice or never."""
    with pytest.raises(ValueError, match="characters back"):
        FeatureCounter(["慢"], lambda text: list(text)[1:]).count(["太慢"])


@pytest.mark.parametrize("clause", ["a_b_c", "_", "^_$", "#a_b", "^", "ΑΣ", "İ", "𠮷野家", "x"])
def test_odd_characters_are_counted_as_defined(clause: str) -> None:
    """Marks that stand for something in a feature may stand in a text too."""
    clauses = [clause, "ΑΣ", clause]
    whole_and_parts = {
        *clause_features(clause, list),
        *clause_features(clause, lambda text: [text]),
    }
    for cut in (list, lambda text: re.findall("，|[^，]+", text)):
        vocabulary = sorted(whole_and_parts)
        assert counted(clauses, cut, vocabulary) == spelt_out(clauses, cut, vocabulary)


def test_counting_keeps_repeats_and_drops_the_unknown() -> None:
    """Repeats weigh more; a feature outside the table has no vector to add."""
    assert counted(["慢慢", "快"], list, ["慢", "#慢"]) == [[2, 2], [0, 0]]


def test_counting_nothing_gives_an_empty_matrix() -> None:
    """A batch may be empty."""
    matrix = FeatureCounter(["a"], list).count([])
    assert matrix.shape == (0, 1)
    assert matrix.dtype == np.float32
