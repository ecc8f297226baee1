"""What a theme may be called."""

import pytest

from models.theme_names import MAX_NAME, MIN_NAME, name_themes
from models.themes import default_tag

SPILT = [("汤洒了", 5.0), ("汤都洒了", 3.0), ("粥洒了一半", 2.0), ("今天的汤洒了", 1.0)]
LATE = [("送餐慢", 6.0), ("送餐太慢了", 3.0), ("今天送餐慢", 1.0)]


def test_name_says_what_fails_and_how() -> None:
    """A name is read alone, in a table."""
    names = [words.name for words in name_themes([SPILT, LATE], default_tag())]
    assert names == ["汤洒", "送餐慢"] or names == ["汤洒了", "送餐慢"]


def test_names_are_unique_even_for_equal_themes() -> None:
    """Two themes of one name cannot be told apart in a meeting."""
    names = [words.name for words in name_themes([LATE] * 12, default_tag())]
    assert len(set(names)) == 12


@pytest.mark.parametrize(
    "phrases", [[("咸", 4.0)], [("abc" * 30, 4.0)], [("的的的", 1.0)], [("差" * 40, 2.0)]]
)
def test_name_length_holds_for_odd_mentions(phrases: list[tuple[str, float]]) -> None:
    """Pages and sheets are laid out for 2 to 12 characters."""
    (words,) = name_themes([phrases], default_tag())
    assert MIN_NAME <= len(words.name) <= MAX_NAME


def test_keywords_tell_one_theme_from_the_others() -> None:
    """A word that every theme uses explains none."""
    spilt, late = name_themes(
        [[*SPILT, ("外卖汤洒", 2.0)], [*LATE, ("外卖送餐慢", 2.0)]], default_tag()
    )
    assert late.keywords[0] == "送餐"
    assert "送餐" not in spilt.keywords


def test_name_is_a_whole_phrase() -> None:
    """验证 alone says nothing: a name does not stop where every mention goes on."""
    mentions = [("收不到验证码", 4.0), ("验证码收不到", 6.0), ("一直验证码收不到", 2.0)]
    (words,) = name_themes([mentions], default_tag())
    assert words.name == "验证码收不到"


def test_a_thing_and_its_failing_are_joined_across_other_words() -> None:
    """Clauses seldom put the two side by side; a table has room for no more."""
    mentions = [("房间里面小", 4.0), ("房间格局小", 3.0), ("房间面积确实小", 3.0)]
    (words,) = name_themes([mentions], default_tag())
    assert words.name.startswith("房间")


@pytest.mark.parametrize("empty", ["第一反应", "虽然说话不清楚", "晚上"])
def test_words_that_any_story_is_told_with_are_no_name(empty: str) -> None:
    """A connective, an ordinal or a time says nothing of what fails."""
    (words,) = name_themes([[(empty, 6.0), ("房间小", 4.0)]], default_tag())
    assert words.name == "房间小"


def test_a_number_opens_no_name() -> None:
    """150也不能 is cut from a story."""
    (words,) = name_themes([[("150也不能", 6.0), ("房间小", 4.0)]], default_tag())
    assert words.name == "房间小"


@pytest.mark.parametrize("cut", ['搜狗打"', "(房间小"])
def test_half_a_quotation_is_no_name(cut: str) -> None:
    """The other half stands elsewhere in the clause."""
    (words,) = name_themes([[(cut, 6.0), ("输入法闪退", 1.0)]], default_tag())
    assert not set(words.name) & set('"()')


def test_a_bare_noun_is_no_name_where_a_clause_says_more() -> None:
    """前台 heads no meeting's agenda: what about it?"""
    mentions = [("前台", 5.0), ("前台不理人", 2.0), ("打电话给前台", 2.0)]
    (words,) = name_themes([mentions], default_tag())
    assert words.name == "前台不理人"


def test_no_name_begins_in_the_middle_of_a_phrase() -> None:
    """毛巾和床单要求赔偿 is not about sheets alone."""
    mentions = [("毛巾和床单要求赔偿", 3.0), ("浴巾和床单要求赔偿", 3.0)]
    (words,) = name_themes([mentions], default_tag())
    assert not words.name.startswith("床单")


def test_no_name_begins_in_the_middle_of_a_word() -> None:
    """Taking 很 out of 很多出租车 leaves 多出租车."""
    mentions = [("很多出租车不太认识", 3.0), ("出租车司机不太认识", 1.0)]
    (words,) = name_themes([mentions], default_tag())
    assert not words.name.startswith("多")


def test_names_stay_when_the_theme_does() -> None:
    """Other rows of the same words move no name."""
    first, again = [[(p, n * k) for p, n in SPILT] for k in (1, 3)]
    names = [name_themes([theme, LATE], default_tag())[0].name for theme in (first, again)]
    assert names[0] == names[1]
