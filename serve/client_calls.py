"""One call of the client: asked again while that may help, and never a write done twice."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import httpx

Record: TypeAlias = Mapping[str, Any]
_AGAIN = (408, 429, 502, 503, 504)
_IN_PROGRESS = "urn:huiyin:problem:idempotency-in-progress"
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.2, 30.0


class HuiyinApiError(Exception):
    """The API refused.

    Args:
        status: HTTP status.
        problem: The problem's members; empty if the answer was none.
    """

    def __init__(self, status: int, problem: Mapping[str, Any]) -> None:
        said = problem.get("detail_en") or problem.get("title_en") or ""
        super().__init__(f"{status} {problem.get('type', '')} {said}".strip())
        self.status = status
        self.problem = dict(problem)

    @property
    def kind(self) -> str:
        """The end of the problem's type, such as invalid-field."""
        return str(self.problem.get("type", "")).rpartition(":")[2]


class Caller:
    """Asks a server.

    Args:
        http: Connections.
        n_tries: For one call.
        sleep: Waits.
    """

    def __init__(self, http: httpx.Client, n_tries: int, sleep: Callable[[float], None]) -> None:
        self._http = http
        self._n_tries = n_tries
        self._sleep = sleep

    def close(self) -> None:
        """Close all connections."""
        self._http.close()

    def call(
        self,
        method: str,
        path: str,
        body: Record | None = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """Ask until there is an answer; all our calls may be repeated, writes by their key.

        Args:
            method: HTTP method.
            path: Address.
            body: JSON-ready values.
            headers: Further headers.
            query: Parameters of the address.

        Returns:
            The answer.

        Raises:
            HuiyinApiError: If the server refuses for good.
            ValueError: If no try is allowed.
        """
        for n in range(1, self._n_tries + 1):
            is_last = n == self._n_tries
            try:
                response = self._http.request(
                    method, path, json=body, headers=headers, params=query
                )
            except httpx.TransportError:
                if is_last:
                    raise
                self._sleep(_wait_s(n, None))
                continue
            if response.is_success:
                answer: dict[str, Any] = response.json()
                return answer
            error = HuiyinApiError(response.status_code, _problem(response))
            may_repeat = error.status in _AGAIN or error.problem.get("type") == _IN_PROGRESS
            if is_last or not may_repeat:
                raise error
            self._sleep(_wait_s(n, response.headers.get("retry-after")))
        raise ValueError(f"expected n_tries of 1 or more, got {self._n_tries}")


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        found = response.json()
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _wait_s(n: int, retry_after: str | None) -> float:
    """As long as the server says; else twice as long each time, no two clients alike."""
    if retry_after and retry_after.isdecimal():
        return min(float(retry_after), _LONGEST_WAIT_S)
    return float(min(_FIRST_WAIT_S * 2 ** (n - 1), _LONGEST_WAIT_S)) * (0.5 + random.random() / 2)
