"""uvicorn's connections with the patience that it lacks.

uvicorn waits for ever for the rest of a request's head, takes a head of any size, and waits for
ever for a client that does not read its answer. A few hundred such clients would fill a worker.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_TIMEOUT_S = 10.0
READ_TIMEOUT_S = 30.0
MAX_HEAD_BYTES = 32 * 1024


class PatientProtocol(HttpToolsProtocol):
    """One connection; see the module."""

    head_timeout_s = HEAD_TIMEOUT_S
    read_timeout_s = READ_TIMEOUT_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._deadline: asyncio.TimerHandle | None = None
        self._unread: asyncio.TimerHandle | None = None
        self._n_head_bytes = 0
        self._is_in_head = True

    def connection_made(self, transport: Any) -> None:
        """Give the first request's head its time."""
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop all clocks."""
        self._disarm()
        self.resume_writing()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes, of a head only so many."""
        is_idle = self.cycle is None or self.cycle.response_complete
        if is_idle and self._deadline is None:
            self._arm()
        # In pieces, because the parser would take whole what one read brings, over the limit too.
        while data:
            room = MAX_HEAD_BYTES - self._n_head_bytes if self._is_in_head else MAX_HEAD_BYTES
            if not room:
                self._give_up()
                return
            piece, data = data[:room], data[room:]
            self._n_head_bytes += len(piece)
            super().data_received(piece)
            if self.transport.is_closing() or self.transport.get_protocol() is not self:
                return

    def on_message_begin(self) -> None:
        """A head begins."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head is there; the body has a clock of its own, see `serve.json_body`."""
        self._is_in_head = False
        self._n_head_bytes = 0
        self._disarm()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The next bytes are another head."""
        super().on_message_complete()
        self._is_in_head = True
        self._n_head_bytes = 0

    def on_response_complete(self) -> None:
        """A body that nobody reads any more must not trickle for ever."""
        super().on_response_complete()
        if not self._is_in_head and not self.pipeline:
            self._arm()

    def pause_writing(self) -> None:
        """The client does not read."""
        super().pause_writing()
        if self._unread is None:
            self._unread = self.loop.call_later(self.read_timeout_s, self._give_up)

    def resume_writing(self) -> None:
        """It reads again."""
        if self._unread is not None:
            self._unread.cancel()
            self._unread = None
        if self.flow is not None:
            super().resume_writing()

    def _arm(self) -> None:
        self._disarm()
        self._deadline = self.loop.call_later(self.head_timeout_s, self._give_up)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._disarm()
        if self.transport is not None:
            self.transport.abort()
