"""A request's body: read within its limits, then parsed without a guess."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from starlette.requests import Request

from serve.problems import Problem
from serve.settings import MAX_BODY_BYTES

# The rest of such a body is not worth receiving.
_CLOSE = {"Connection": "close"}
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_UTF8 = ("", "utf-8", "utf8")


@dataclass(frozen=True, slots=True)
class RepeatedKey:
    """Stands for an object that says one key twice, so that nobody picks one of the two."""

    name: str


async def read_body(request: Request, timeout_s: float) -> bytes:
    """Read a JSON body.

    Args:
        request: The request.
        timeout_s: How long the client may take.

    Returns:
        The bytes, at most `MAX_BODY_BYTES`.

    Raises:
        Problem: If it is not declared as JSON, is too large or comes too slowly.
    """
    _check_headers(request)
    try:
        async with asyncio.timeout(timeout_s):
            return await _collect(request)
    except TimeoutError as error:
        raise Problem(
            "body-timeout",
            f"请在 {timeout_s:g} 秒内发完请求正文。",
            f"Send the body within {timeout_s:g} s.",
            headers=_CLOSE,
        ) from error


def parse_json(body: bytes) -> Any:
    """Parse JSON strictly: UTF-8, no NaN, no infinity.

    Half of a surrogate pair, which careless clients make by cutting an emoji in two, becomes
    U+FFFD, as it does when `huiyin score` reads a JSONL file.

    Args:
        body: The bytes.

    Returns:
        The value; an object with a repeated key is a `RepeatedKey`.

    Raises:
        Problem: If it is not JSON.
    """
    try:
        value = json.loads(
            body.decode("utf-8"), object_pairs_hook=_object, parse_constant=_refuse_constant
        )
    except UnicodeDecodeError as error:
        raise _not_json("请求正文不是 UTF-8 编码。", "The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise _not_json(
            f"第 {error.lineno} 行第 {error.colno} 列有语法错误。", f"Syntax error at {where}."
        ) from error
    except (ValueError, RecursionError) as error:
        raise _not_json(
            "含有 NaN、Infinity、过长的数字或过深的嵌套。",
            "It holds NaN, Infinity, too long a number, or is nested too deeply.",
        ) from error
    return _mend(value) if _SURROGATE.search(body) else value


def _check_headers(request: Request) -> None:
    headers = request.headers
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    charset = re.sub(r'\s|"|charset=', "", parameters.lower())
    if media_type.strip().lower() != "application/json" or charset not in _UTF8:
        raise Problem(
            "unsupported-media-type",
            "请使用 Content-Type: application/json(UTF-8)。",
            "Send Content-Type: application/json (UTF-8).",
        )
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise Problem(
            "unsupported-media-type", "请不要压缩请求正文。", "Send the body uncompressed."
        )
    length = headers.get("content-length", "0")
    if length.isdecimal() and int(length[:20]) > MAX_BODY_BYTES:
        raise _too_large()


async def _collect(request: Request) -> bytes:
    chunks: list[bytes] = []
    n_bytes = 0
    async for chunk in request.stream():
        n_bytes += len(chunk)
        if n_bytes > MAX_BODY_BYTES:
            raise _too_large()
        chunks.append(chunk)
    return b"".join(chunks)


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any] | RepeatedKey:
    value = dict(pairs)
    if len(value) == len(pairs):
        return value
    names = [name for name, _ in pairs]
    return RepeatedKey(next(name for name in names if names.count(name) > 1))


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _mend(value: Any, n_levels: int = 3) -> Any:
    """Mend strings as deep as a valid request has any."""
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if n_levels and isinstance(value, dict):
        return {_mend(k): _mend(v, n_levels - 1) for k, v in value.items()}
    if n_levels and isinstance(value, list):
        return [_mend(v, n_levels - 1) for v in value]
    return value


def _not_json(detail: str, detail_en: str) -> Problem:
    return Problem("invalid-json", detail, detail_en)


def _too_large() -> Problem:
    return Problem(
        "body-too-large",
        f"请求正文不得超过 {MAX_BODY_BYTES:,} 字节,请分批发送。",
        f"The body may have at most {MAX_BODY_BYTES:,} bytes; send it in parts.",
        headers=_CLOSE,
    )
