"""The look over a whole batch must not lose what the finders find text by text."""

from __future__ import annotations

import json
from pathlib import Path

from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.privacy import mask, mask_all
from models.privacy_address import find_addresses
from models.privacy_filter import may_hold
from models.privacy_names import find_names
from models.privacy_numbers import find_numbers

CASES = Path(__file__).parents[1] / "data/privacy_cases.jsonl"
PIECES = (
    "13812345678 010-62345678 110101199003077715 6222021001123456784 a.b@qq.com 粤B12345 京A·1234学 "
    "京A.1234学 幸福路 5 号 号楼 栋 502 1单元 3-2-501 订单号 SF1234567890123 微信 威信 vx wechat 加v "
    "v： QQ 扣扣 zhang_san1 a----- - _ 我叫 我是 我姓 姓 王 小明 王小明 欧阳 李 总 工 先生 女士 联系 "
    "联系人 找 转 —— -- 敬上 护照 E12345678 ， 。 7 0 十 的 家 ２ ＡＢ ｖｘ ＠ － 日 2024年5月2日 "
    "您好， 你好 客服 工号 老师 信 K ſ 投诉 投诉人 应该 应该叫 小姐姐"
)
PIECE = st.sampled_from([*PIECES.split(), " ", "\n", "\t"])
TEXTS = st.lists(st.lists(PIECE, max_size=9).map("".join) | st.text(max_size=20), max_size=6)


@settings(max_examples=1500, deadline=None)
@given(TEXTS)
@example(["", "王总3日", "", "\n", "号", "王"])
@example(["微信：a-----", "京A·1234学信", "找"])
def test_masking_together_is_masking_one_by_one(texts: list[str]) -> None:
    """Neighbours play no part, whatever ends one text and begins the next."""
    clean, masked = mask_all(texts)
    alone = [mask(text) for text in texts]
    assert clean == [found.text for found in alone]
    assert masked == {i: found for i, found in enumerate(alone) if found.spans}


@settings(max_examples=1500, deadline=None)
@given(TEXTS)
@example(["京A.1234学 信", "a_b-c1微信", "1-2-301", "十 号楼"])
def test_every_finder_is_asked_where_it_would_find(texts: list[str]) -> None:
    """The marks are a superset, finder by finder."""
    for text, marks in zip(texts, may_hold(texts).tolist(), strict=True):
        for finder, mark in zip((find_numbers, find_addresses, find_names), marks, strict=True):
            assert mark or not list(finder(text))


def test_the_known_cases_are_masked_together_as_alone() -> None:
    """Hundreds of real forms, all in one batch."""
    texts = [json.loads(line)["text"] for line in CASES.read_text(encoding="utf-8").splitlines()]
    assert mask_all(texts)[0] == [mask(text).text for text in texts]
