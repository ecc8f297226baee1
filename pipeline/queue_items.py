"""One row of the review queue, and its cells in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.frozen_data import digest_text
from pipeline.judgements import Labels
from pipeline.label_words import LabelWords

# Machine name, then the word for people.
HEADER = (
    "feedback_id 编号",
    "text 客户原话",
    "reasons 为什么请您看",
    "checked 看过",
    "intent 意图",
    "type 主要类型",
    "more_types 其他类型",
    "subtype 小类",
    "urgency 紧急程度",
    "cause 原因",
    "note 备注",
    "channel 渠道",
    "confidence 把握",
    "old 模型原判",
    "model_version 模型",
    "key 校验",
)
COLUMNS = tuple(name.split()[0] for name in HEADER)
NEEDED = ("feedback_id", "text", "checked", "intent", "type", "subtype", "urgency", "old", "key")
CHOSEN = ("checked", "intent", "type", "subtype", "urgency")
YES = "是"


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A row that a person should look at.

    Attributes:
        feedback_id: The row.
        text: Its masked text.
        reasons: Why.
        channel: Where it came from.
        confidence: Of the model.
        old: The model's labels.
        model_version: Which model.
    """

    feedback_id: str
    text: str
    reasons: tuple[str, ...]
    channel: str
    confidence: float
    old: Labels
    model_version: str


def item_cells(item: QueueItem, words: LabelWords) -> list[str]:
    """Give the cells of a row, the model's answers filled in for the reader to change.

    Args:
        item: The row.
        words: Titles of the labels.

    Returns:
        Cells in the order of `COLUMNS`; `checked` is empty, so that an unseen row is no agreement.
    """
    old = item.old
    more = ";".join(words.title("type", name) for name in old.types[1:])
    filled: Sequence[str] = (
        words.title("intent", old.intent),
        words.title("type", old.types[0]),
        more,
        words.title("subtype", old.subtype),
        words.title("urgency", old.urgency),
    )
    return [
        *(item.feedback_id, item.text, ";".join(item.reasons), ""),
        *filled,
        *("", "", item.channel, f"{item.confidence:.2f}", str(old), item.model_version),
        digest_text(item.text),
    ]
