"""A name is put as customers put it."""

from __future__ import annotations

import pytest

from models.theme_names import MAX_NAME, name_themes
from models.theme_settings import default_tag
from models.theme_wording import as_said


@pytest.mark.parametrize(
    ("name", "phrases", "expected"),
    [
        ("亮得不得", [("亮得不得了", 2.0)], "亮得不得了"),
        ("普通话不是好", [("普通话不是很好", 2.0)], "普通话不是很好"),
        ("会凉", [("等我开完会都凉了", 2.0)], "会都凉了"),
        ("送餐慢", [("送餐慢", 1.0), ("送餐太慢了", 5.0)], "送餐慢"),
        ("房间小", [("房间格局小", 3.0)], "房间小"),
        ("汤洒", [("汤洒了", 3.0), ("汤洒一地", 1.0)], "汤洒了"),
        ("汤洒", [("汤洒了", 1.0), ("汤洒一地", 3.0)], "汤洒"),
    ],
)
def test_names_are_words_that_were_said(name, phrases, expected) -> None:
    """Stripping intensity may leave half a phrase; a reader sees the whole one."""
    assert as_said(name, phrases, MAX_NAME) == expected


def test_no_name_grows_too_long() -> None:
    """Pages and sheets are laid out for 12 characters."""
    assert (
        as_said("一二三四五六七八九十甲乙", [("一二三四五六七八九十甲乙了", 1.0)], MAX_NAME)[-1]
        == "乙"
    )


def test_themes_are_called_as_said() -> None:
    """The namer uses it."""
    (words,) = name_themes([[("屏幕亮得不得了", 4.0)]], default_tag())
    assert not words.name.endswith("不得")
