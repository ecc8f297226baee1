"""The OpenAPI document: what FastAPI finds, and the parts that are read without it.

`/v1/classify` takes its body apart itself (see `serve.json_body`), so the body's schema is added
here from the same pydantic models that check it.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from serve.edit_bodies import CorrectionIn, MergeIn, SplitIn, ThemePatch, UndoIn
from serve.guarding import ACCESS
from serve.problems import KINDS, MEDIA_TYPE
from serve.schemas import Batch, ProblemDetails, Record
from serve.writes import IDEMPOTENCY_KEY

# Of the contract, not of the package: a second digit adds, a first one would be /v2.
API_VERSION = "1.0"

_REF = "#/components/schemas/{model}"
_DESCRIPTION = """事事有回音:每条中文反馈的类型、紧急程度和答复期限。

Errors are RFC 9457 problem details with a stable `type`, titles in Chinese and English, and the
JSON pointer of each field at fault. Send the API key as `Authorization: Bearer`; while no key
exists, only the machine itself may call."""

_ONE = {
    "text": "更新之后一打开就闪退,会员白充了,客服也不理人",
    "created_at": "2026-11-16T09:30:00+08:00",
    "channel": "app",
}
_TWO = {"items": [_ONE, {"text": "客服很耐心,问题当场就解决了", "csat": 5}]}
CLASSIFY_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"anyOf": [{"$ref": _REF.format(model=m)} for m in ("Record", "Batch")]},
                "examples": {
                    "one": {"summary": "一条 one row", "value": _ONE},
                    "batch": {"summary": "一批 a batch", "value": _TWO},
                },
            }
        },
    }
}


def body_of(model: type[BaseModel]) -> dict[str, Any]:
    """Describe the body and the headers of a write.

    Args:
        model: What the body should be.

    Returns:
        What FastAPI adds to the operation.
    """
    schema = {"$ref": _REF.format(model=model.__name__)}
    content = {"application/json": {"schema": schema}}
    return {
        "parameters": [IDEMPOTENCY_KEY],
        "requestBody": {"required": True, "content": content},
    }


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """List the problems that an address may answer.

    Args:
        *statuses: Their HTTP statuses.

    Returns:
        Status to OpenAPI response.
    """
    schema = {"$ref": _REF.format(model="ProblemDetails")}
    return {
        status: {
            "description": "; ".join(
                f"`{name}` {kind.title} {kind.title_en}"
                for name, kind in KINDS.items()
                if kind.status == status
            ),
            "content": {MEDIA_TYPE: {"schema": schema}},
        }
        for status in statuses
    }


def install_openapi(app: FastAPI) -> None:
    """Make the application describe itself completely.

    Args:
        app: The application, with its routes.
    """

    def describe() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _describe(app)
        return app.openapi_schema

    app.openapi = describe  # type: ignore[method-assign]


def _describe(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title="Huiyin 回音",
        version=API_VERSION,
        description=_DESCRIPTION,
        routes=app.routes,
    )
    components = document.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    components.setdefault("schemas", {}).update(_request_schemas())
    components["schemas"].pop("HTTPValidationError", None)
    components["schemas"].pop("ValidationError", None)
    for path, operations in document["paths"].items():
        if ACCESS.get(path) != "anybody":
            for operation in operations.values():
                operation["security"] = [{"key": []}, {}]
    return document


def _request_schemas() -> dict[str, Any]:
    bodies = (Record, Batch, CorrectionIn, ThemePatch, MergeIn, SplitIn, UndoIn)
    _, schema = models_json_schema(
        [*((model, "validation") for model in bodies), (ProblemDetails, "serialization")],
        ref_template=_REF,
    )
    definitions: dict[str, Any] = schema["$defs"]
    return definitions
