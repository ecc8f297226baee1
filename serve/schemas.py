"""The JSON that goes in and out, as the OpenAPI document shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from models.deadlines import SHANGHAI
from serve.settings import MAX_ITEMS, MAX_LABEL_CHARS, MAX_TEXT_CHARS

Channel = Literal[
    "app",
    "mini_program",
    "wechat",
    "weibo",
    "xiaohongshu",
    "chat",
    "community",
    "phone",
    "email",
    "form",
    "survey",
    "store",
    "other",
]
_YEARS = range(1970, 2101)


def _empty_as_none(value: Any) -> Any:
    """Take a blank for a missing value, as a file's reader does."""
    return None if isinstance(value, str) and not value.strip() else value


def _read_moment(value: Any) -> Any:
    value = _empty_as_none(value)
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
    except (AttributeError, ValueError):
        # The original message would repeat the input.
        raise ValueError("expected ISO 8601 text such as 2026-11-16T09:30:00+08:00") from None
    if moment.year not in _YEARS:
        raise ValueError(f"expected a year from {_YEARS[0]} to {_YEARS[-1]}")
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment.astimezone(SHANGHAI)


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Label = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_LABEL_CHARS)] | None,
    BeforeValidator(_empty_as_none),
]
Moment = Annotated[
    datetime | None,
    BeforeValidator(_read_moment),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "null"}]}),
]


def _score(low: int, high: int) -> Any:
    return Field(default=None, ge=low, le=high, allow_inf_nan=False)


class Record(BaseModel):
    """一条反馈。只有 text 必填。

    One piece of feedback; only `text` is required. A field that is not listed is refused by name.
    """

    model_config = ConfigDict(
        strict=True,
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "text": "更新之后一打开就闪退,会员白充了,客服也不理人",
                    "feedback_id": "CF20261116001",
                    "created_at": "2026-11-16T09:30:00+08:00",
                    "channel": "app",
                    "product": "回音音乐",
                    "version": "8.2.0",
                    "region": "浙江",
                    "customer_tier": "vip",
                    "csat": 1,
                    "contact_count": 2,
                }
            ]
        },
    )

    text: Annotated[
        str, Field(min_length=1, max_length=MAX_TEXT_CHARS, description="客户原话 customer's words")
    ]
    feedback_id: Annotated[
        Label, Field(description="编号,缺省时按内容生成 made from the content when absent")
    ] = None
    created_at: Annotated[
        Moment,
        Field(
            description="ISO 8601;不带时区按北京时间,默认现在 naive = Asia/Shanghai, absent = now",
            examples=["2026-11-16T09:30:00+08:00"],
        ),
    ] = None
    channel: Annotated[Channel | None, Field(description="来源渠道 where it was said")] = None
    product: Label = None
    version: Label = None
    region: Label = None
    touchpoint: Label = None
    customer_id: Annotated[
        Label, Field(description="不参与判断,不保存 neither used nor stored")
    ] = None
    customer_tier: Annotated[
        Literal["new", "regular", "vip"] | None, Field(description="客户等级")
    ] = None
    csat: Annotated[float | None, _score(1, 5)]
    nps: Annotated[float | None, _score(0, 10)]
    ces: Annotated[float | None, _score(1, 7)]
    contact_count: Annotated[
        # The bounds stand beside the number: outside, None would be held against them.
        Annotated[int, Field(ge=1, le=100_000), BeforeValidator(_whole)] | None,
        Field(description="同一问题第几次反馈 how often this customer wrote of it"),
    ] = None


class Batch(BaseModel):
    """一批反馈,逐条作答;不合格的一条在自己的位置得到 error,不影响其他各条。

    Rows are answered one by one: a row that does not fit gets its own `error`, the others a result.
    """

    model_config = ConfigDict(extra="forbid")

    items: Annotated[
        list[Record],
        Field(
            min_length=1,
            max_length=MAX_ITEMS,
            # Anything is taken: what is no Record gets its error in its place.
            json_schema_extra={"items": {"anyOf": [{"$ref": "#/components/schemas/Record"}, {}]}},
        ),
    ]


class Span(BaseModel):
    """The part of the result's `text` that speaks for one type."""

    label: str
    start: Annotated[int, Field(ge=0)]
    end: Annotated[int, Field(ge=0)]


class Result(BaseModel):
    """对一条反馈的判断。The same fields as in files, see `models.results.FeedbackResult`."""

    feedback_id: str
    text: Annotated[str, Field(description="规范化并隐去个人信息 normalised, personal data masked")]
    intent: Annotated[str, Field(description="complaint, suggestion, praise, inquiry, invalid")]
    type: Annotated[str, Field(description="product, quality, service, account, suggestion, other")]
    types: Annotated[list[str], Field(description="所有类型,主要的在前 all that apply, main first")]
    subtype: str
    confidence: Annotated[float, Field(ge=0, le=1, description="type 的校准概率 calibrated")]
    confidence_band: Literal["high", "medium", "low"]
    needs_review: bool
    evidence: list[Span]
    urgency: Literal["high", "medium", "low"]
    urgency_score: Annotated[float, Field(ge=0, le=100)]
    urgency_reasons: list[str]
    severity: Literal["一般", "中度", "重大"]
    acknowledge_due: datetime
    respond_due: datetime
    resolve_due: datetime
    department: str
    redactions: Annotated[dict[str, int], Field(description="隐去了什么、几处 what was masked")]
    model_version: str


class ErrorField(BaseModel):
    """One field at fault."""

    pointer: Annotated[str, Field(description="JSON pointer (RFC 6901)", examples=["/text"])]
    detail: str
    detail_en: str


class ProblemDetails(BaseModel):
    """出错时的回答。RFC 9457."""

    type: Annotated[str, Field(examples=["urn:huiyin:problem:invalid-field"])]
    title: Annotated[str, Field(examples=["字段不符合要求"])]
    title_en: Annotated[str, Field(examples=["A field does not fit"])]
    status: int
    detail: str | None = None
    detail_en: str | None = None
    errors: list[ErrorField] | None = None
    request_id: str | None = None


class RowError(BaseModel):
    """Stands in the place of a row that could not be scored."""

    error: ProblemDetails


class Answer(BaseModel):
    """One result a row, in order."""

    results: list[Result | RowError]
    model_version: str
