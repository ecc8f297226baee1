"""New wordings: distinct, seeded, never endless, made of what stands near."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.augment import common_words, nearest_words, recombine, substitute

ROWS = pd.DataFrame(
    {
        "text": ["一打开就闪退,客服不理人", "送得太慢 汤都洒了", "闪退"],
        "trade": ["银行", "外卖", "银行"],
    }
)


def test_recombined_texts_hold_clauses_of_one_trade() -> None:
    """A food clause beside a bank clause is nobody's feedback."""
    for text in recombine(ROWS, 8, 0):
        assert not ("闪退" in text and "洒" in text)


@pytest.mark.parametrize("n_texts", [0, 3, 10_000])
def test_recombining_a_tiny_corpus_ends(n_texts: int) -> None:
    """It gives what there is."""
    made = recombine(ROWS, n_texts, 0)
    assert len(made) == len(set(made)) <= n_texts


def test_nearest_words_are_those_at_the_least_angle() -> None:
    """And no word is its own neighbour."""
    vectors = np.array([[1, 0.1], [1, 0.0], [-1, 0.2], [-1, 0.3]], dtype=np.float32)
    near = nearest_words(["慢", "迟", "快", "早"], vectors, 1)
    assert near == {"慢": ["迟"], "迟": ["慢"], "快": ["早"], "早": ["快"]}


def test_a_substituted_text_differs_only_in_words_that_have_neighbours() -> None:
    """The rest of the sentence stays, blanks become commas."""
    texts = ["送 得 慢"]
    made = substitute(texts, {"慢": ["迟"]}, list, 5, 1.0, 0)
    assert made == ["送,得,迟"]


def test_substitution_is_the_same_with_the_same_seed() -> None:
    """Same in, same out."""
    near = {"闪退": ["卡死", "黑屏"], "太慢": ["很慢", "迟"]}
    cut = lambda text: [text[i : i + 2] for i in range(0, len(text), 2)]  # noqa: E731
    texts = list(ROWS["text"])
    assert substitute(texts, near, cut, 6, 0.5, 1) == substitute(texts, near, cut, 6, 0.5, 1)


def test_words_come_from_the_texts_and_from_the_dictionary() -> None:
    """Common content words stand in for what no customer wrote."""
    words = common_words(["闪退了"] * 3, lambda _: ["闪退", "了"], 20_000)
    assert "闪退" in words
    assert "了" not in words
    assert len(words) > 10
    assert words == sorted(set(words))
