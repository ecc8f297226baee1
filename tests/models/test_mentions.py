"""What counts as a mention: one clause, one failing, at its place in the row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.mentions import Mention, collapse, find_mentions, split_mentions
from models.theme_polarity import Polarity, judge, strip_intensity
from models.themes import default_tag

PIECES = st.lists(
    st.sampled_from(
        ["汤洒了", "味道不错", "太慢了", "还有", "而且", "但是", "，", "1. ", "①", " ", "态度差"]
    )
)


def found(*texts: str) -> list[Mention]:
    return find_mentions(texts, default_tag())


@pytest.mark.parametrize("text", ["汤都洒了", "不好吃", "等了两个小时才送到", "客服一直不回复"])
def test_clauses_that_state_a_failing_are_told(text: str) -> None:
    """Only they may found a theme."""
    assert judge(text) is Polarity.FAILING


@pytest.mark.parametrize("text", ["味道不错", "包装很好", "送餐速度很快"])
def test_praise_is_told(text: str) -> None:
    """Complaints mostly praise something too; that is no failing."""
    assert judge(text) is Polarity.PRAISE


@pytest.mark.parametrize("text", ["差评", "再也不买了", "谢谢", "太失望了", "垃圾"])
def test_rants_and_greetings_are_filler(text: str) -> None:
    """They would become the largest themes and tell a product team nothing."""
    assert judge(text) is Polarity.FILLER


@pytest.mark.parametrize("text", ["味道不是很好吃", "哪里好吃了", "说好的准时"])
def test_denied_praise_is_no_praise(text: str) -> None:
    """不好吃 holds 好吃."""
    assert judge(text) is not Polarity.PRAISE


def test_intensity_is_stripped() -> None:
    """The same failing said louder is the same failing."""
    assert strip_intensity("而且送得真的太慢了") == strip_intensity("送得慢") == "送得慢"


def test_praise_and_filler_leave_no_mention() -> None:
    """What remains is what somebody must fix."""
    assert [m.text for m in found("味道不错，汤洒了一半，差评")] == ["汤洒了一半"]


def test_speech_without_punctuation_is_cut_at_connectives() -> None:
    """Voice input and hurried typing name several failings in one breath."""
    pieces = [piece.text for piece in split_mentions("送得慢而且态度差还有汤都洒了")]
    assert pieces == ["送得慢", "而且态度差", "还有汤都洒了"]


def test_something_being_left_is_no_connective() -> None:
    """里还有 says that something is inside."""
    assert [piece.text for piece in split_mentions("汤里还有头发")] == ["汤里还有头发"]


def test_list_numbers_are_no_mentions() -> None:
    """Numbered complaints are cut into their points."""
    assert [m.text for m in found("1.屏幕有划痕 2.电池不耐用")] == ["屏幕有划痕", "电池不耐用"]


def test_dropped_subject_is_restored() -> None:
    """不甜 alone cannot be told from any other taste; the clause before says what it is about."""
    assert found("耳机收到了，根本不响")[-1].phrase == "耳机根本不响"


def test_restored_subject_leaves_the_span_alone() -> None:
    """The span marks the customer's own words."""
    text = "耳机收到了，根本不响"
    last = found(text)[-1]
    assert text[last.start : last.end] == last.text == "根本不响"


@given(PIECES)
def test_offsets_point_into_the_text(pieces: list[str]) -> None:
    """A quote is shown at its place in the row."""
    text = "".join(pieces)
    assert all(text[m.start : m.end] == m.text for m in found(text))


@given(
    st.permutations(["汤洒了", "汤都洒了", "汤洒了", "送得太慢了", "送得慢", "少了3个", "少了5个"])
)
def test_collapsing_does_not_depend_on_order(texts: list[str]) -> None:
    """Row order must not change a theme."""
    groups = collapse(found(*texts))
    assert [(g.phrase, len(g.members)) for g in groups] == [
        ("少了3个", 2),
        ("汤洒了", 3),
        ("送得慢", 2),
    ]


def test_fifty_thousand_copies_are_one_group() -> None:
    """A campaign of copied complaints must not be embedded fifty thousand times."""
    mentions = [Mention(i, 0, 3, "汤洒了") for i in range(50_000)]
    assert [len(group.members) for group in collapse(mentions)] == [50_000]
