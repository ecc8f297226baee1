"""What the one spelling of a customer's words promises."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.plainness import normalize_all
from models.text import has_content, normalize, normalize_with_offsets

ANY_TEXT = st.text(st.characters(exclude_categories=()))
PIECES = (
    "&amp; &lt; &#60; < <b> </b> <br/> b> # ## @ @小明 http:// www.a.cn/ .com/ 看著 著名 乾 "
    "么麼 藉 閤家 覆 沈 \ud83d \ude02 \x00 \u200b \ufe0f \u0301 ´ ﾟ ⁉ ﹤ ﹥ ＃ ＠ ！ ！！！！ …… "
    "哈哈哈 1111 ｈｔｔｐ ① ℃ ™ ½ 각 \u1100\u1161 [捂脸] a ; &"
)
MESSY_TEXT = st.lists(st.sampled_from([*PIECES.split(), " "]), max_size=12).map("".join) | ANY_TEXT


@settings(max_examples=400, deadline=None)
@given(MESSY_TEXT)
def test_normalizing_twice_changes_nothing(text: str) -> None:
    """Scoring a row that was already normalised must give the same result."""
    once = normalize(text)
    assert normalize(once) == once


@settings(max_examples=400, deadline=None)
@given(MESSY_TEXT)
def test_both_paths_agree_and_offsets_point_into_the_raw_text(text: str) -> None:
    """Evidence found in the normalised text is shown in the customer's own words."""
    result = normalize_with_offsets(text)
    assert result.text == normalize(text)
    assert len(result.offsets) == len(result.text)
    assert all(0 <= offset < len(text) for offset in result.offsets)
    assert list(result.offsets) == sorted(result.offsets)


@settings(max_examples=200, deadline=None)
@given(ANY_TEXT)
def test_result_can_always_be_written_as_utf8(text: str) -> None:
    """A lone surrogate or NUL from one row must not stop the writing of a whole file."""
    result = normalize(text)
    result.encode("utf-8")
    assert "\x00" not in result


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("ＡＰＰ　Ｖ２．０打不开", "APP V2.0打不开"),
        ("太差了，真的（无语）：不会再买！", "太差了，真的（无语）：不会再买！"),
        ("①打不开②闪退，35℃", "①打不开②闪退，35℃"),
        ("华为™手机 ㎡ №5", "华为™手机 m2 No5"),
        ("這個產品質量太差，後來還壞了", "这个产品质量太差，后来还坏了"),
        ("一直看著螢幕，著名品牌", "一直看着萤幕，著名品牌"),
        ("乾坤大挪移", "乾坤大挪移"),
        ("很卡&nbsp;&amp;&lt;退款&gt;", "很卡 &<退款>"),
        ("&amp;amp;quot;好&amp;amp;quot;", '"好"'),
        ("<p>第一</p><b>第二</b>", "第一 第二"),
        ("血压<90 且>60", "血压<90 且>60"),
        ("我<3你们", "我<3你们"),
        ("验证\u200b码\x00收不\ufeff到", "验证码收不到"),
        ("第一行\r\n\t第二行  ", "第一行 第二行"),
        ("见https://t.cn/A6abc。退款", "见[链接]。退款"),
        ("打开www.12306.cn，超时", "打开[链接]，超时"),
        ("item.jd.com/100.html降价了", "[链接]降价了"),
        ("@京东客服 没人管", "[用户] 没人管"),
        ("邮箱a.b@qq.com", "邮箱a.b@qq.com"),
        ("#双十一退货难#气死", "双十一退货难 气死"),
        ("#降噪耳机[话题]#推荐", "降噪耳机 推荐"),
        ("1#楼和2#楼，C#教程", "1#楼和2#楼，C#教程"),
        ("好好好好好好！！！！！！", "好好好！！！"),
        ("退我10000元，订单1111111", "退我10000元，订单1111111"),
        ("笑死😂😂😂😂😂[捂脸]", "笑死😂😂😂[捂脸]"),
        ("👍🏻❤️", "👍❤"),
        ("\ud83d\ude02坏了\ud83d", "😂坏了"),
        ("无语（´・ω・`）", "无语（´・ω・`）"),
        ("(ﾟДﾟ)", "(ﾟДﾟ)"),
    ],
)
def test_spelling(raw: str, expected: str) -> None:
    """One line for each decision in the module's docstring."""
    assert normalize(raw) == expected


def test_offsets_lead_back_to_the_raw_characters() -> None:
    """A span over 退款 in the result is the span over 退款 in what was written."""
    raw = "<p>Ｈｉ！&nbsp;&nbsp;我要退款！！！！！"
    result = normalize_with_offsets(raw)
    start = result.text.index("退款")
    first, last = result.offsets[start], result.offsets[start + 1]
    assert raw[first : last + 1] == "退款"


@pytest.mark.parametrize("text", ["退款", "ok", "5", "😂", "１", "ありがとう", "㐀"])
def test_content_is_found(text: str) -> None:
    """One letter, digit or emoji is enough to be worth a look."""
    assert has_content(text)


@pytest.mark.parametrize("text", ["", "  ", "。。。！", "\u200b\x00", "---", "《》"])
def test_punctuation_and_blanks_are_no_content(text: str) -> None:
    """Such rows are rejected with a reason instead of being scored."""
    assert not has_content(text)


@pytest.mark.parametrize("text", ["<" * 20000 + "b>" * 20000, "&" + "amp;" * 50000, "#a" * 50000])
def test_hostile_nesting_stays_quick(text: str) -> None:
    """A crafted cell must not hold up the run; without the guard each takes minutes."""
    start = time.process_time()
    normalize(text)
    assert time.process_time() - start < 5


@given(st.lists(MESSY_TEXT, max_size=5))
def test_many_texts_give_what_each_gives_alone(texts: list[str]) -> None:
    """Most rows are left as they are without a look at the rules, and none wrongly so."""
    assert normalize_all(texts) == [normalize(text) for text in texts]
