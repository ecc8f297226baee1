"""What cannot be served, answered as problems."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from serve.exchange import exchange_of
from serve.problems import FieldError, Problem

_HTTP_PROBLEMS = {404: "not-found", 405: "method-not-allowed"}


async def answer_invalid(request: Request, error: Exception) -> Response:
    """Answer parameters of the address that do not fit.

    Args:
        request: The request.
        error: FastAPI's `RequestValidationError`.

    Returns:
        The problem as an answer; names the parameter, not its value.
    """
    assert isinstance(error, RequestValidationError)
    names = dict.fromkeys(str(found["loc"][-1]) for found in error.errors())
    faults = [
        FieldError("", f"参数 {name} 不符合要求", f"The parameter {name} does not fit")
        for name in names
    ]
    problem = Problem("invalid-field", errors=faults)
    return problem.response(exchange_of(request.scope).request_id)


async def answer_problem(request: Request, problem: Exception) -> Response:
    """Answer a problem that an endpoint raised.

    Args:
        request: The request.
        problem: A `Problem`.

    Returns:
        The problem as an answer.
    """
    assert isinstance(problem, Problem)
    return problem.response(exchange_of(request.scope).request_id)


async def answer_http_error(request: Request, error: Exception) -> Response:
    """Answer what the router refuses.

    Args:
        request: The request.
        error: Starlette's `HTTPException`.

    Returns:
        The problem as an answer, with the router's headers (Allow).
    """
    assert isinstance(error, HTTPException)
    kind = _HTTP_PROBLEMS.get(error.status_code, "internal-error")
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        # Starlette names the methods of one route; several may share the address.
        route = getattr(request.scope.get("route"), "path", "")
        methods = request.app.openapi()["paths"].get(route, {})
        headers |= {"Allow": ", ".join(sorted(methods)).upper()} if methods else {}
    problem = Problem(kind, headers=headers)
    return problem.response(exchange_of(request.scope).request_id)
