"""Every way a request can fail, as RFC 9457 problem details.

A problem names no input: what a customer wrote must not come back in an error or end in a log.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:huiyin:problem:"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem; its name is the stable end of `type`."""

    status: int
    title: str
    title_en: str


KINDS: dict[str, Kind] = {
    "invalid-json": Kind(400, "请求正文不是有效的 JSON", "The body is not valid JSON"),
    "unauthorized": Kind(401, "需要有效的 API 密钥", "A valid API key is needed"),
    "forbidden": Kind(403, "没有权限", "Not allowed"),
    "not-found": Kind(404, "没有这个地址", "No such address"),
    "unknown-id": Kind(404, "没有这个编号", "No such id"),
    "method-not-allowed": Kind(405, "这个地址不支持该方法", "The address has no such method"),
    "body-timeout": Kind(408, "请求正文发送太慢", "The body took too long to arrive"),
    "edit-conflict": Kind(409, "别人刚刚改过", "Somebody else was faster"),
    "idempotency-in-progress": Kind(409, "同一请求正在处理", "The same request is in progress"),
    "body-too-large": Kind(413, "请求正文过大", "The body is too large"),
    "unsupported-media-type": Kind(415, "不支持的内容类型", "Unsupported content type"),
    "invalid-field": Kind(422, "字段不符合要求", "A field does not fit"),
    "edit-refused": Kind(422, "这样改不行", "The edit is refused"),
    "idempotency-key-reused": Kind(422, "键已用于另一个请求", "The key was used otherwise"),
    "rate-limited": Kind(429, "请求过于频繁", "Too many requests"),
    "internal-error": Kind(500, "服务内部错误", "Internal error"),
    "row-failed": Kind(500, "这条反馈无法处理", "The row could not be scored"),
    "overloaded": Kind(503, "服务繁忙,请稍后重试", "Busy, try again"),
    "store-unavailable": Kind(503, "数据库暂时不可用", "The store is unavailable"),
    "not-ready": Kind(503, "模型尚未就绪", "The model is not ready"),
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with one field.

    Attributes:
        pointer: JSON pointer (RFC 6901) into the request's body.
        detail: In Chinese.
        detail_en: In English.
    """

    pointer: str
    detail: str
    detail_en: str


class Problem(Exception):  # noqa: N818 - the RFC's word
    """A request, or one row of it, cannot be served.

    Args:
        kind: A name in `KINDS`.
        detail: What went wrong this time and what to do, in Chinese.
        detail_en: The same in English.
        errors: The fields at fault.
        headers: Headers that the answer carries, such as Retry-After.
    """

    def __init__(
        self,
        kind: str,
        detail: str = "",
        detail_en: str = "",
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(kind)
        self.kind = kind
        self.detail = detail
        self.detail_en = detail_en
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.kind].status

    def body(self, request_id: str | None = None) -> dict[str, Any]:
        """Give the problem as JSON-ready values.

        Args:
            request_id: Which request; None for a row's own error.

        Returns:
            Members of RFC 9457 and our own, those without a value left out.
        """
        kind = KINDS[self.kind]
        members: dict[str, Any] = {
            "type": TYPE_PREFIX + self.kind,
            "title": kind.title,
            "title_en": kind.title_en,
            "status": kind.status,
            "detail": self.detail,
            "detail_en": self.detail_en,
            "errors": [
                {"pointer": e.pointer, "detail": e.detail, "detail_en": e.detail_en}
                for e in self.errors
            ],
            "request_id": request_id,
        }
        return {name: value for name, value in members.items() if value not in (None, "", [])}

    def response(self, request_id: str | None = None) -> Response:
        """Give the problem as an answer.

        Args:
            request_id: Which request.

        Returns:
            The response with the problem's status and headers.
        """
        content = orjson.dumps(self.body(request_id))
        return Response(content, self.status, self.headers, MEDIA_TYPE)
