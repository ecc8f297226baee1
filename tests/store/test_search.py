"""Finding rows by their words."""

from __future__ import annotations

import pytest

from pipeline.store.feedback import save_scored
from pipeline.store.search import highlight, search
from tests.store.scored_sample import MONDAY, scored_frame, scored_row


def _save(store, *texts):
    save_scored(store, scored_frame(*(scored_row(i, text) for i, text in enumerate(texts, 1))))


def _found(store, query, **options):
    return {hit.feedback.feedback_id for hit in search(store, query, **options).rows}


def test_all_words_must_occur(store):
    """Two words narrow the search, in whatever order they stand."""
    _save(store, "退款一直不到账", "客服说退款要等", "客服态度好")
    assert _found(store, "退款") == {"CF0001", "CF0002"}
    assert _found(store, "退款 客服") == {"CF0002"}
    assert _found(store, "换货") == set()


def test_chinese_and_english_mix(store):
    """Customers write iPhone and wifi into Chinese without a blank."""
    _save(store, "我的iPhone15连不上WiFi", "安卓手机连不上", "支付宝ＡＰＰ闪退")
    assert _found(store, "iphone15 wifi") == {"CF0001"}
    assert _found(store, "连不上") == {"CF0001", "CF0002"}


def test_long_word_is_found_by_its_part(store):
    """A person types 长江, the cutter keeps 长江大桥 whole."""
    _save(store, "南京市长江大桥堵车")
    assert _found(store, "长江") == {"CF0001"}


def test_highlights_point_into_the_text(store):
    """The page marks what it found, and must not cut the text to do it."""
    _save(store, "客服说，退款要等；退款真慢 APP也卡")
    (hit,) = search(store, "app退款").rows
    shown = hit.feedback.result.text
    assert [shown[start:end] for start, end in hit.highlights] == ["退款", "退款", "APP"]


def test_highlight_keeps_its_place_behind_letters_that_fold_longer():
    """ß folds to two letters; the marks behind it must not slip."""
    assert highlight("ß退款", ["退款"]) == ((1, 3),)


@pytest.mark.parametrize(
    "query", ['"', "'", "退款 OR", "NEAR(", "a*", "退款' | 'x", "\\", "-", "col:x"]
)
def test_signs_have_no_meaning(store, query):
    """What a person types is never read as the database's language."""
    _save(store, "退款一直不到账")
    assert search(store, query).n in (0, 1)


@pytest.mark.parametrize("query", ["", "  ", "。，！", "\0"])
def test_query_without_words_finds_nothing(store, query):
    """An empty box is no error."""
    _save(store, "退款一直不到账")
    assert search(store, query).rows == ()


def test_emoji_can_be_looked_for(store):
    """They carry meaning, and a database's own cutter would drop them."""
    _save(store, "太差了😡", "太差了")
    assert _found(store, "😡") == {"CF0001"}


def test_newest_come_first_and_pages_follow(store):
    """The page shows the latest, and the next page goes on from there."""
    rows = [scored_row(i, created_at=MONDAY.replace(hour=i)) for i in (3, 1, 2)]
    save_scored(store, scored_frame(*rows))
    hits = search(store, "退款", limit=2)
    assert [hit.feedback.feedback_id for hit in hits.rows] == ["CF0003", "CF0002"]
    assert (hits.n, hits.is_more) == (3, False)
    rest = search(store, "退款", limit=2, offset=2)
    assert [hit.feedback.feedback_id for hit in rest.rows] == ["CF0001"]
