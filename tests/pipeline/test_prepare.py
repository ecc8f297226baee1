"""One clean corpus and its splits: the same ones everywhere, and nothing known on both sides."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.corpus import CORPUS_COLUMNS
from pipeline.prepare import PrepareParams, prepare
from tests.tiny import tiny_corpus

PARAMS = PrepareParams(valid_share=0.3, test_share=0.3)


def corpus_of(n_rows: int = 300, **columns: list[str]) -> pd.DataFrame:
    """Rows of distinct texts; columns as given."""
    rows = pd.DataFrame({name: [""] * n_rows for name in CORPUS_COLUMNS})
    rows["id"] = [f"r{i}" for i in range(n_rows)]
    rows["text"] = [f"等了{i}天，客服太慢了" for i in range(n_rows)]
    return rows.assign(**columns)


def splits(corpus: pd.DataFrame, params: PrepareParams = PARAMS) -> dict[str, str]:
    prepared = prepare(corpus, params)
    return dict(zip(prepared["id"], prepared["split"], strict=True))


def test_splits_are_the_same_at_every_run() -> None:
    """The frozen test rows must stay frozen."""
    assert splits(corpus_of()) == splits(corpus_of())


@settings(max_examples=10)
@given(st.integers(0, 1000), st.integers(1, 300))
def test_a_rows_split_does_not_depend_on_other_rows(seed: int, n_kept: int) -> None:
    """New labels may come in any order and must not move old rows from test to train."""
    some = corpus_of().sample(n_kept, random_state=seed)
    everywhere = splits(corpus_of())
    assert splits(some) == {id_: everywhere[id_] for id_ in some["id"]}


def test_another_seed_gives_another_split() -> None:
    """To see how much a figure owes to the split."""
    other = PrepareParams(valid_share=0.3, test_share=0.3, seed=1)
    assert splits(corpus_of()) != splits(corpus_of(), other)


def test_shares_are_about_as_wanted() -> None:
    """A hash spreads rows evenly."""
    counts = pd.Series(splits(corpus_of(3000))).value_counts(normalize=True)
    assert counts["valid"] == pytest.approx(0.3, abs=0.04)
    assert counts["test"] == pytest.approx(0.3, abs=0.04)


def test_a_pair_is_never_torn_apart() -> None:
    """One half would give the other half's answer away."""
    pairs = [f"p{i // 2}" for i in range(300)]
    corpus = corpus_of(pair=pairs, cause=[f"原因{i % 9}" for i in range(300)])
    prepared = prepare(corpus, PARAMS)
    assert (prepared.groupby("pair")["split"].nunique() == 1).all()
    assert prepared["split"].nunique() == 3


def test_pairs_of_two_sources_are_not_one() -> None:
    """Authors number their pairs each from 1."""
    corpus = corpus_of(pair=["p1"] * 300, source=[f"s{i}" for i in range(300)])
    assert prepare(corpus, PARAMS)["split"].nunique() == 3


def test_one_cause_of_one_trade_stays_on_one_side() -> None:
    """Held-out rows must ask for what was not seen word for word."""
    causes, trades = [f"原因{i % 20}" for i in range(300)], ["电商", "银行"] * 150
    prepared = prepare(corpus_of(cause=causes, trade=trades), PARAMS)
    assert (prepared.groupby(["cause", "trade"])["split"].nunique() == 1).all()
    assert prepared["split"].nunique() == 3


def test_repeats_are_dropped_after_cleaning() -> None:
    """The same words in another spelling are the same row; the first stays."""
    corpus = corpus_of(4)
    corpus["text"] = ["APP闪退", "ＡＰＰ閃退", "<b>APP闪退</b>", "客服慢"]
    assert list(prepare(corpus, PARAMS)["id"]) == ["r0", "r3"]


def test_empty_texts_are_dropped_and_odd_ones_kept() -> None:
    """Punctuation alone is feedback of the invalid kind and has to be learnt."""
    corpus = corpus_of(4)
    corpus["text"] = ["", " \u200b", "。。。", "😡"]
    assert list(prepare(corpus, PARAMS)["id"]) == ["r2", "r3"]


def test_personal_data_is_masked() -> None:
    """Nothing is stored or learnt from unmasked."""
    corpus = corpus_of(1)
    corpus["text"] = ["我的手机13812345678收不到验证码"]
    assert prepare(corpus, PARAMS)["text"].tolist() == ["我的手机[手机号]收不到验证码"]


def test_an_unsure_readers_row_is_learnt_from_softly() -> None:
    """Its label must not be taken for truth, neither in training nor in measuring."""
    corpus = corpus_of(confidence=["unsure", "sure", ""] * 100)
    prepared = prepare(corpus, PARAMS)
    assert set(prepared.loc[prepared["confidence"] == "unsure", "split"]) == {"soft"}
    assert "soft" not in set(prepared.loc[prepared["confidence"] != "unsure", "split"])


def test_the_given_rows_stay_as_they_are() -> None:
    """Arguments are never changed."""
    corpus = tiny_corpus()
    prepare(corpus, PARAMS)
    pd.testing.assert_frame_equal(corpus, tiny_corpus())
