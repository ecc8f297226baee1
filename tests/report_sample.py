"""Thirty scored rows of an online shop, written by hand: ten of 2026-W46, twenty of 2026-W47."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from models.deadlines import SHANGHAI
from models.results import RESULT_FIELDS

# id, day of November and time, channel, text with its evidence in 【】, intent, type, urgency,
# department, CSAT, NPS
LAST_WEEK = """
A01|9 09:12|app|【更新之后点付款没反应】，重装也一样|complaint|product|medium|技术部|2|4
A02|9 15:40|chat|请问【发票怎么开】|inquiry|account|low|运营部||
A03|10 11:05|store|杯子收到【杯口有裂】，换一个吧|complaint|quality|medium|品控部|3|6
A04|11 20:31|weibo|【三天了还没发货】，催了也没人理|complaint|quality|medium|物流部|1|2
A05|12 08:55|survey|【客服小姐姐很有耐心】|praise|service|low|客服部|5|10
A06|12 13:20|form|【希望能按颜色筛选】，现在翻得眼睛疼|suggestion|suggestion|low|产品部|4|8
A07|13 10:10|phone|客户来电称【同一笔订单扣了两次款】|complaint|account|high|财务部|1|0
A08|13 18:45|wechat|【味道还是老样子】，满意|praise|quality|low|品控部|5|9
A09|14 09:30|app|【搜索老是转圈】，网没问题|complaint|product|medium|技术部|3|7
A10|15 22:05|xiaohongshu|【包装挺好看】，送人有面子|praise|quality|low|品控部|5|10
"""
THIS_WEEK = """
B01|16 08:20|weibo|【充电宝充着充着鼓包冒烟了】，桌布都烫出一个洞，你们管不管|complaint|quality|high|品控部|1|0
B02|16 09:02|app|【付款一直转圈】，优惠券倒是给我核销了|complaint|product|medium|技术部|2|3
B03|16 10:47|chat|【都五天了快递还没到】，物流信息停在中转站|complaint|quality|medium|物流部|2|4
B04|16 14:30|store|耳机戴了两天【左边没声音】，申请换货|complaint|quality|medium|品控部|3|6
B05|16 21:16|app|【付不了款】，点支付就退出，换了三张卡|complaint|product|high|技术部|1|1
B06|17 07:58|phone|客户第三次来电，【退款说好七天现在二十天】，要去12315|complaint|account|high|财务部|1|0
B07|17 11:11|chat|能【改一下收货地址】吗，单子还没发|inquiry|account|low|运营部||
B08|17 12:40|xiaohongshu|【快递员把箱子直接扔门口】，打电话还吼我|complaint|service|medium|客服部|2|3
B09|17 19:03|wechat|【物流太慢了】，隔壁市发过来要一个星期|complaint|quality|medium|物流部|2|5
B10|18 09:25|survey|【颜色跟图片一模一样】，家里人都喜欢|praise|quality|low|品控部|5|9
B11|18 10:08|form|【建议出个老人模式】，字大一点，我妈看不清|suggestion|suggestion|low|产品部|4|8
B12|18 15:52|app|【一打开就闪退】，卸载重装两遍了|complaint|product|high|技术部|1|2
B13|19 08:41|community|【快递卡在中转站四天】，客服只会说亲请耐心等待|complaint|quality|medium|物流部|2|2
B14|19 13:37|email|【发票抬头开错了】，麻烦重开一张，公司月底要报销|complaint|account|medium|财务部|3|7
B15|19 20:20|weibo|好一个次日达，【明明写着次日达结果第四天才到】|complaint|quality|medium|物流部|2|3
B16|20 09:49|store|【客服回复很快】，十分钟就补发了，点赞|praise|service|low|客服部|5|10
B17|20 17:15|app|【付款页面卡死】，钱扣了订单显示未支付|complaint|product|high|技术部|1|0
B18|21 10:33|chat|这款【支持无线充吗】|inquiry|product|low|产品部||
B19|21 16:06|survey|一般般吧，【没什么特别的】|complaint|other|low|客服部|3|7
B20|22 23:50|mini_program|【哈哈哈哈哈哈】|invalid|other|low|客服部||
"""
_REASONS = {
    "A07": ["提到“扣了两次款”：重复扣款"],
    "B01": ["提到“冒烟”：起火、冒烟或爆炸", "提到“鼓包”：电池鼓包或漏液", "满意度 1 分"],
    "B05": ["提到“付不了款”：核心功能不可用"],
    "B06": ["提到“12315”：扬言投诉到监管部门", "第 3 次联系同一问题"],
    "B12": ["提到“一打开就闪退”：核心功能不可用"],
    "B17": ["提到“钱扣了”：钱已付而没有到账或订单"],
}
_WORKING_DAYS = {"high": 3, "medium": 5, "low": 10}
_SCORES = {"high": 88.0, "medium": 41.0, "low": 6.0}
_THEMES = {
    "T0001": ("快递迟迟不到", "物流部", "流程漏洞", "A04 B03 B09 B13 B15"),
    "T0002": ("付款失败", "技术部", "产品缺陷", "A01 B02 B05 B17"),
    "T0003": ("退款拖延", "财务部", "流程漏洞", "B06"),
}
_RARE = "A03 A09 B01 B08 B14"


def sample() -> pd.DataFrame:
    """Give the rows, in the columns and types of a scored Parquet file."""
    lines = (LAST_WEEK + THIS_WEEK).strip().splitlines()
    return pd.DataFrame([scored_row(*line.split("|")) for line in lines if line])


def scored_row(
    feedback_id: str,
    at: str,
    channel: str,
    marked: str,
    intent: str = "complaint",
    type_: str = "product",
    urgency: str = "medium",
    department: str = "技术部",
    csat: str = "",
    nps: str = "",
) -> dict[str, Any]:
    """Make one scored row; the part of the text in 【】 becomes its evidence."""
    day, clock = at.split(" ")
    created = datetime(2026, 11, int(day), *map(int, clock.split(":")), tzinfo=SHANGHAI)
    text, (start, end) = unmark(marked)
    is_unsure = feedback_id in ("B15", "B19", "B20")
    values = {
        "feedback_id": feedback_id,
        "text": text,
        "intent": intent,
        "type": type_,
        "types": [type_],
        "subtype": "none",
        "confidence": 0.41 if is_unsure else 0.93,
        "confidence_band": "low" if is_unsure else "high",
        "needs_review": is_unsure,
        "evidence": [{"label": type_, "start": start, "end": end}],
        "urgency": urgency,
        "urgency_score": _SCORES[urgency],
        "urgency_reasons": _REASONS.get(feedback_id, []),
        "severity": "一般",
        "acknowledge_due": created + timedelta(hours=2),
        "respond_due": working_days_after(created, _WORKING_DAYS[urgency]),
        "resolve_due": created + timedelta(hours=48),
        "department": department,
        "redactions": "{}",
        "model_version": "default-1",
    }
    assert tuple(values) == RESULT_FIELDS
    score = {"csat": float(csat or "nan"), "nps": float(nps or "nan"), "ces": float("nan")}
    return values | {"created_at": created, "channel": channel} | score


def working_days_after(created: datetime, n: int) -> datetime:
    """Count weekdays; these weeks of November have no holidays."""
    while n:
        created += timedelta(days=1)
        n -= created.weekday() < 5
    return created


def unmark(marked: str) -> tuple[str, tuple[int, int]]:
    """Take out the brackets and say where they stood."""
    before, _, rest = marked.partition("【")
    inside, _, after = rest.partition("】")
    return before + inside + after, (len(before), len(before + inside))


def write_themes(folder: Path, rows: pd.DataFrame) -> Path:
    """Write `themes.json` and `mentions.csv` as the themes stage does."""
    spans = {row["feedback_id"]: row for row in rows.to_dict("records")}
    themes, mentions = [], []
    for id_, (name, department, kind, ids) in _THEMES.items():
        quotes = [_quote(spans[feedback_id]) for feedback_id in ids.split()]
        mentions += [{**quote, "theme_id": id_, "theme_name": name} for quote in quotes]
        facts = {"department": department, "root_cause_kind": kind, "size": len(quotes)}
        entry = {"id": id_, "name": name, "keywords": [name[:2], name[2:]], "quotes": quotes}
        themes.append({**entry, **facts, "share": 0.1, "by_type": {}, "subthemes": 1})
    folder.mkdir(parents=True, exist_ok=True)
    rare = [_quote(spans[feedback_id]) for feedback_id in _RARE.split()]
    content = {"n_complaints": 19, "n_mentions": 15, "themes": themes, "rare": rare}
    (folder / "themes.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    columns = ["feedback_id", "theme_id", "theme_name", "start", "end", "score"]
    table = pd.DataFrame(mentions).assign(score=0.9)[columns]
    table.to_csv(folder / "mentions.csv", index=False)
    return folder


def _quote(row: dict[str, Any]) -> dict[str, Any]:
    start, end = row["evidence"][0]["start"], row["evidence"][0]["end"]
    words = row["text"][start:end]
    return {"feedback_id": row["feedback_id"], "text": words, "start": start, "end": end}
