"""Urgent facts are found where they are stated, and only there; they and the context only raise."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.errors import DataError
from models.facts import FactFinder, FactMatch
from models.urgency import FLOOR_SCORE, LEVELS, Context, Urgency, judge
from tests.tiny import LEXICON

FINDER = FactFinder.load(LEXICON / "urgency.yaml")
THRESHOLDS = (0.5, 0.5)
NOTHING_KNOWN = Context()

EXAMPLES = {
    "fire": "充电宝半夜起火了",
    "electric": "热水器漏电",
    "battery": "手机电池鼓包了",
    "gas": "燃气管道泄漏",
    "toxic": "家具甲醛超标",
    "injury": "椅子散架，孩子摔伤了",
    "food_poisoning": "吃完就食物中毒",
    "foreign_body": "汤里有一只蟑螂",
    "fraud": "被骗了三千块钱",
    "counterfeit": "买到的是假货",
    "stolen_money": "信用卡被盗刷",
    "unauthorized_charge": "未经同意自动扣费",
    "double_charge": "同一笔订单重复扣款",
    "paid_not_delivered": "钱扣了订单没显示",
    "data_leak": "我的个人信息被泄露",
    "cannot_log_in": "账号登录不了",
    "no_code": "一直收不到验证码",
    "account_blocked": "无缘无故封号",
    "identity_check": "人脸识别一直不通过",
    "cannot_start": "手机开不了机",
    "device_offline": "设备一直离线",
    "locked_out": "门锁打不开，被锁在门外",
    "cannot_pay": "支付不了",
    "funds_frozen": "资金被冻结",
    "outage": "整栋楼停电",
    "abuse": "客服辱骂我",
    "regulator": "再不处理我就打12315",
    "press": "我要找记者曝光你们",
    "many_contacts": "打了五次电话还没解决",
    "order_gone": "快递丢了",
    "brakes": "高速上刹车失灵",
    "collapse": "货架倒了砸到人",
    "flood": "水管爆了家里被淹",
}
UNDONE = [
    *("没有起火", "从未漏电", "不会爆炸", "没有人受伤", "没有被盗刷"),
    *("怕被盗刷", "担心漏电", "生怕着火", "差点着火", "险些触电", "万一爆炸"),
    *("会不会漏电", "是不是会爆炸", "会不会被盗刷"),
]
STATED_ALL_THE_SAME = [
    *("没想到着火了", "没两天就鼓包了，手机背面", "车子无故自燃", "一不小心被电到了"),
    *("不是第一次了，又漏电", "担心的事来了，漏电了", "没有退款，还漏电"),
]


def found(text: str) -> set[str]:
    return {match.name for match in FINDER.find(text)}


def fact(name: str = "fire", severity: str = "重大", start: int = 0, end: int = 2) -> FactMatch:
    return FactMatch(name, "起火、冒烟或爆炸", severity, start, end)


def rate(
    high: float, facts: int = 0, context: Context = NOTHING_KNOWN, low: float = 0.0
) -> Urgency:
    chances = [low, 1 - low - high, high]
    return judge(chances, THRESHOLDS, [fact()] * facts, context, "起火了，快来人", "快来人")


def test_every_fact_of_the_lexicon_has_an_example() -> None:
    """A new fact comes with the plainest sentence that states it."""
    assert set(EXAMPLES) == {item.name for item in FINDER.lexicon.facts}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_plainly_stated_fact_is_found(name: str) -> None:
    """No model may talk these down."""
    assert name in found(EXAMPLES[name])


@pytest.mark.parametrize("text", UNDONE)
def test_a_fact_denied_feared_or_asked_about_does_not_count(text: str) -> None:
    """Half of all mentions of danger say that there was none."""
    assert found(text) == set()


@pytest.mark.parametrize("text", STATED_ALL_THE_SAME)
def test_words_that_only_look_like_a_denial_undo_nothing(text: str) -> None:
    """没想到, 不小心 and 无故 hold a denial's characters; another clause's denial is not this one's."""
    assert found(text)


@given(st.text(st.sampled_from("没有起火漏电怕被盗刷会不会，。吃出虫子骂我12315 "), max_size=30))
def test_every_match_points_into_the_text(text: str) -> None:
    """The reason quotes it."""
    for match in FINDER.find(text):
        assert 0 <= match.start < match.end <= len(text)


@given(st.text(st.sampled_from("没有起火漏电怕被盗刷会不会，。吃出虫子骂我12315 "), max_size=30))
def test_each_kind_of_fact_is_listed_once(text: str) -> None:
    """Saying 起火 three times is one fire."""
    names = [match.name for match in FINDER.find(text)]
    assert len(names) == len(set(names))


@given(st.lists(st.sampled_from([*EXAMPLES.values(), *UNDONE, ""]), max_size=6))
def test_many_texts_give_what_each_gives_alone(texts: list[str]) -> None:
    """A row's facts must not depend on the rows beside it."""
    assert FINDER.find_all(texts) == [FINDER.find(text) for text in texts]


@given(st.floats(0, 1), st.integers(0, 4))
def test_another_fact_never_lowers_the_score(high: float, facts: int) -> None:
    """Adding "起火了" to any text cannot make it wait longer."""
    fewer, more = rate(high, facts), rate(high, facts + 1)
    assert more.score >= fewer.score
    assert LEVELS.index(more.level) >= LEVELS.index(fewer.level)


@given(
    st.floats(0, 1),
    st.integers(0, 2),
    st.integers(0, 6),
    st.sampled_from(["new", "regular", None]),
    st.sampled_from([2.0, 5.0, None]),
)
def test_context_never_lowers_the_score(
    high: float, facts: int, contacts: int, tier: str | None, csat: float | None
) -> None:
    """A later contact, a VIP, a single star: each alone can only raise."""
    before = rate(high, facts, Context(contacts, tier, csat))
    for context in (
        Context(contacts + 1, tier, csat),
        Context(contacts, "vip", csat),
        Context(contacts, tier, 1.0),
    ):
        after = rate(high, facts, context)
        assert after.score >= before.score
        assert LEVELS.index(after.level) >= LEVELS.index(before.level)


@given(st.floats(0, 1), st.integers(0, 6), st.integers(0, 99))
def test_the_score_stays_between_0_and_100(high: float, facts: int, contacts: int) -> None:
    """It is shown as percent."""
    assert 0 <= rate(high, facts, Context(contacts, "vip", 1)).score <= 100


def test_a_stated_fact_is_high_whatever_the_model_thinks() -> None:
    """Calm words about a fire are still about a fire."""
    judged = rate(0.0, facts=1, low=1.0)
    assert judged.level == "high"
    assert judged.score >= FLOOR_SCORE


@pytest.mark.parametrize(("contacts", "level"), [(1, "low"), (2, "low"), (3, "high"), (9, "high")])
def test_the_third_contact_is_high(contacts: int, level: str) -> None:
    """The codebook: third or later contact on an open problem."""
    assert rate(0.0, context=Context(contacts), low=1.0).level == level


def test_a_reason_quotes_the_words_behind_it() -> None:
    """People must see why without reading the row again."""
    assert rate(0.1, facts=1).reasons == ("提到“起火”：起火、冒烟或爆炸",)


def test_context_is_named_among_the_reasons() -> None:
    """The words alone would not explain the level."""
    reasons = rate(0.1, context=Context(3, "vip", 1)).reasons
    assert reasons == ("第 3 次联系同一问题", "VIP 客户", "满意度 1 分")


@pytest.mark.parametrize("high", [0.9, 0.1])
def test_without_fact_or_context_the_key_clause_is_quoted(high: float) -> None:
    """A learnt judgement names the clause that weighed most."""
    assert "“快来人”" in rate(high).reasons[0]


def test_a_low_row_says_that_nothing_presses() -> None:
    """Every row has a reason."""
    assert rate(0.0, low=1.0).reasons == ("未见需要尽快处理的事实",)


@pytest.mark.parametrize(
    ("chances", "level"),
    [([0.6, 0.3, 0.1], "low"), ([0.4, 0.5, 0.1], "medium"), ([0.2, 0.2, 0.6], "high")],
)
def test_levels_follow_their_thresholds(chances: list[float], level: str) -> None:
    """Medium by the chance of medium or more, high by its own."""
    assert judge(chances, THRESHOLDS, [], NOTHING_KNOWN, "", "").level == level


def test_severity_is_that_of_the_gravest_fact() -> None:
    """重大 has its own time to solve."""
    facts = [fact(severity="中度"), fact("injury")]
    assert judge([1, 0, 0], THRESHOLDS, facts, NOTHING_KNOWN, "起火", "").severity == "重大"
    assert judge([1, 0, 0], THRESHOLDS, facts[:1], NOTHING_KNOWN, "起火", "").severity == "中度"
    assert judge([1, 0, 0], THRESHOLDS, [], NOTHING_KNOWN, "起火", "").severity == "一般"


def test_a_pattern_that_does_not_compile_is_named(tmp_path: Path) -> None:
    """A company edits this file by hand."""
    path = tmp_path / "urgency.yaml"
    path.write_text(
        "version: 1\ndenials: []\nhypotheticals: []\nfacts:\n"
        "- {name: a, reason: a, severity: 重大, patterns: ['(起火']}\n",
        encoding="utf-8",
    )
    with pytest.raises(DataError, match=r"urgency.yaml.*\(起火"):
        FactFinder.load(path)


def test_without_denials_nothing_is_denied(tmp_path: Path) -> None:
    """An empty list must not deny everything."""
    path = tmp_path / "urgency.yaml"
    path.write_text(
        "version: 1\ndenials: []\nhypotheticals: []\nfacts:\n"
        "- {name: a, reason: a, severity: 重大, patterns: [起火]}\n",
        encoding="utf-8",
    )
    assert FactFinder.load(path).find("电池起火")


@pytest.mark.parametrize("line", ["severity: 小", "severity: 重大, patern: [x]"])
def test_a_wrong_key_or_value_is_named(tmp_path: Path, line: str) -> None:
    """A misspelt key would silently switch a fact off."""
    path = tmp_path / "urgency.yaml"
    head = "version: 1\ndenials: []\nhypotheticals: []\nfacts:\n"
    path.write_text(f"{head}- {{name: a, reason: a, patterns: [x], {line}}}\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"facts\.0\.(severity|patern)"):
        FactFinder.load(path)
