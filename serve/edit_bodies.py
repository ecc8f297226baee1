"""The JSON of corrections and of edits of themes, as it comes in."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from serve.json_body import RepeatedKey
from serve.records import problem_of
from serve.settings import MAX_LABEL_CHARS
from serve.store_door import bad_field

M = TypeVar("M", bound=BaseModel)
_MAX_MENTIONS = 256
# Fields that one edit changes together, so that a request may give several of them.
_TOGETHER = {
    **dict.fromkeys(("owner", "action", "due", "action_on"), "action"),
    **dict.fromkeys(("department", "kind"), "cause"),
}
_NULLABLE = {"owner", "action", "due", "action_on", "fishbone", "note", "who"}
_WEEK = r"^\d{4}-W\d{2}$"


def _day(value: Any) -> Any:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ValueError("expected a day such as 2026-12-01") from None


# PostgreSQL refuses NUL, and no other control character belongs into a name.
Name = Annotated[
    str, Field(min_length=1, max_length=MAX_LABEL_CHARS, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Prose = Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]
Who = Annotated[
    Name | None,
    Field(description="谁的意见,缺省是密钥的名称 whose word; default: the key's name"),
]
Version = Annotated[int, Field(ge=1, le=2**31 - 1, description="您看到的版本 the version you saw")]
Day = Annotated[date | None, BeforeValidator(_day)]
Mention = Annotated[
    str,
    Field(max_length=MAX_LABEL_CHARS + 30, pattern=r"^[^\x00-\x1f\x7f]+:\d{1,6}:\d{1,6}$"),
]
Mentions = Annotated[list[Mention], Field(min_length=1, max_length=_MAX_MENTIONS)]
ThemeId = Annotated[str, Field(pattern=r"^T\d{4,9}$", examples=["T0001"])]


class _Body(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")


class CorrectedFields(_Body):
    """What the fields should say; those left out are not judged."""

    intent: Name | None = None
    type: Name | None = None
    types: Annotated[list[Name], Field(min_length=1, max_length=6)] | None = None
    subtype: Name | None = None
    urgency: Literal["high", "medium", "low"] | None = None
    cause: Name | None = None


class CorrectionIn(_Body):
    """更正一条已入库的反馈。A person's word on a row that the store has."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"feedback_id": "CF20261116001", "fields": {"type": "service"}}]
        }
    )

    feedback_id: Name
    fields: CorrectedFields
    who: Who = None
    note: Annotated[Prose | None, Field(description="为什么;隐去个人信息后保存 masked")] = None


class ThemePatch(_Body):
    """改动一个主题,一次改一处。One change at a time, so that it is done whole or not at all."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 3, "name": "闪退"}]})

    version: Version
    who: Who = None
    name: Name | None = None
    owner: Prose | None = None
    action: Prose | None = None
    due: Day = None
    action_on: Day = None
    department: Annotated[Prose | None, Field(description="责任部门 who mends it")] = None
    kind: Annotated[
        Literal["流程漏洞", "产品缺陷", "服务失误", ""] | None,
        Field(description="根因类别,空为未定 kind of failing, empty if unknown"),
    ] = None
    status: Annotated[
        Literal["open", "resolved"] | None, Field(description="关闭或重开 close or reopen")
    ] = None
    note: Prose | None = None
    whys: Annotated[list[Prose], Field(max_length=5)] | None = None
    fishbone: Literal["人", "机", "料", "法", "环", "测"] | None = None
    assign: Mentions | None = None
    confirm: Mentions | None = None
    reject: Mentions | None = None

    @property
    def change(self) -> str:
        """The one change that is asked for."""
        return next(iter(self._changes()))

    def _changes(self) -> list[str]:
        given = self.model_fields_set - {"version", "who", "note"}
        return sorted({_TOGETHER.get(name, name) for name in given})

    @model_validator(mode="after")
    def _one_change(self) -> Self:
        if len(self._changes()) != 1:
            raise ValueError("expected exactly one change")
        given = self.model_fields_set - _NULLABLE
        if any(getattr(self, name) is None for name in given):
            raise ValueError("null is no value here")
        if self.note is not None and self.change != "status":
            raise ValueError("note goes with status")
        return self


class MergeIn(_Body):
    """把这个主题并入另一个。This theme becomes part of `into`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"into": "T0002", "version": 3}]})

    into: ThemeId
    version: Version
    who: Who = None


class SplitIn(_Body):
    """把几条提及拆成新主题。Some mentions become a theme of their own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"mentions": ["CF20261116001:0:4"], "name": "新主题", "version": 3}]
        }
    )

    mentions: Mentions
    name: Name
    version: Version
    who: Who = None


class UndoIn(_Body):
    """撤销一次改动,缺省是最近一次。By default the last edit that stands."""

    event_id: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None
    theme_id: ThemeId | None = None
    who: Who = None


def read_as(model: type[M], value: Any) -> M:
    """Check a parsed body.

    Args:
        model: What it should be.
        value: Parsed JSON.

    Returns:
        The body.

    Raises:
        Problem: If it does not fit; names each field.
    """
    if repeated := _repeated(value):
        raise bad_field(f"/{repeated.name[:60]}", "字段重复出现", "The field appears twice")
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise problem_of(error) from None


def _repeated(value: Any) -> RepeatedKey | None:
    if isinstance(value, RepeatedKey):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for item in inner if (found := _repeated(item))), None)
