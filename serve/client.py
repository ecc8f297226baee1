"""A small client: typed, repeats what may be repeated, and never does a write twice.

with Client("https://huiyin.example", key="hy_…") as client:
    answer = client.classify({"text": "一打开就闪退"})
    print(answer["results"][0]["type"])
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from serve.client_calls import Caller, HuiyinApiError, Record
from serve.settings import MAX_ITEMS

__all__ = ["Client", "HuiyinApiError"]


class Client:
    """Speaks to one server; safe to share between threads.

    Args:
        url: Such as `http://127.0.0.1:8000`.
        key: API key; None where none exists.
        timeout_s: For one try.
        n_tries: For one call, waiting in between as the server says or twice as long each time.
        transport: How requests travel; None takes httpx's.
        sleep: Waits.
    """

    def __init__(
        self,
        url: str,
        key: str | None = None,
        *,
        timeout_s: float = 30.0,
        n_tries: int = 5,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        http = httpx.Client(base_url=url, headers=headers, timeout=timeout_s, transport=transport)
        self._caller = Caller(http, n_tries, sleep)
        self._call = self._caller.call

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._caller.close()

    def classify(self, *records: Record) -> dict[str, Any]:
        """Classify up to 256 records in one request.

        Args:
            *records: Each with `text`.

        Returns:
            `results`, one for each record in order, and `model_version`; a record that does not fit
            has `error` in its place.

        Raises:
            HuiyinApiError: If the request is refused.
        """
        return self._call("POST", "/v1/classify", {"items": list(records)})

    def classify_all(self, records: Sequence[Record]) -> Iterator[dict[str, Any]]:
        """Classify any number of records, in requests of 256.

        Args:
            records: Each with `text`.

        Yields:
            A result, or an object with `error`, for each record in order.

        Raises:
            HuiyinApiError: If a request is refused.
        """
        for start in range(0, len(records), MAX_ITEMS):
            yield from self.classify(*records[start : start + MAX_ITEMS])["results"]

    def correct(
        self, feedback_id: str, fields: Record, *, key: str | None = None, **more: Any
    ) -> list[dict[str, Any]]:
        """Correct fields of a row that the store has.

        Args:
            feedback_id: The row.
            fields: Field to right value.
            key: Idempotency-Key; None makes one for this call and its repetitions.
            **more: `who`, `note`.

        Returns:
            The corrections, with their status.

        Raises:
            HuiyinApiError: If it is refused.
        """
        body = {"feedback_id": feedback_id, "fields": dict(fields), **more}
        found: list[dict[str, Any]] = self._write("POST", "/v1/corrections", body, key)[
            "corrections"
        ]
        return found

    def themes(self, week: str | None = None, status: str | None = None) -> list[dict[str, Any]]:
        """List themes, the largest first.

        Args:
            week: Such as `2026-W47`; None takes the newest.
            status: Only these.

        Returns:
            The themes.

        Raises:
            HuiyinApiError: If it is refused.
        """
        given = {"week": week, "status": status}
        query = {name: value for name, value in given.items() if value is not None}
        found: list[dict[str, Any]] = self._call("GET", "/v1/themes", query=query)["themes"]
        return found

    def theme(self, theme_id: str) -> dict[str, Any]:
        """Read one theme.

        Args:
            theme_id: Such as `T0001`.

        Returns:
            All about it.

        Raises:
            HuiyinApiError: If there is none.
        """
        return self._call("GET", f"/v1/themes/{theme_id}")

    def change_theme(
        self, theme_id: str, version: int, *, key: str | None = None, **change: Any
    ) -> dict[str, Any]:
        """Change a theme.

        Args:
            theme_id: The theme.
            version: As read; a newer one on the server is an error of kind edit-conflict.
            key: Idempotency-Key; None makes one.
            **change: One change, such as `name="闪退"`, `owner=…, due=…`, `status="resolved"`.

        Returns:
            The edit, with the theme's new version.

        Raises:
            HuiyinApiError: If it is refused.
        """
        return self._edit("PATCH", theme_id, {"version": version, **change}, key)

    def merge_theme(
        self, theme_id: str, into: str, version: int, *, key: str | None = None
    ) -> dict[str, Any]:
        """Make a theme part of another.

        Args:
            theme_id: The theme.
            into: The other.
            version: As read.
            key: Idempotency-Key; None makes one.

        Returns:
            The edit.

        Raises:
            HuiyinApiError: If it is refused.
        """
        return self._edit("POST", f"{theme_id}/merge", {"into": into, "version": version}, key)

    def undo(self, event_id: int | None = None, *, key: str | None = None) -> dict[str, Any]:
        """Take an edit back.

        Args:
            event_id: Which; None takes the last one that stands.
            key: Idempotency-Key; None makes one.

        Returns:
            The edit.

        Raises:
            HuiyinApiError: If it is refused.
        """
        return self._edit("POST", "undo", {} if event_id is None else {"event_id": event_id}, key)

    def _edit(self, method: str, path: str, body: Record, key: str | None) -> dict[str, Any]:
        edit: dict[str, Any] = self._write(method, f"/v1/themes/{path}", body, key)["edit"]
        return edit

    def _write(self, method: str, path: str, body: Record, key: str | None) -> dict[str, Any]:
        return self._call(method, path, body, {"Idempotency-Key": key or str(uuid.uuid4())})
