"""Workbooks over HTTP: ledgers go out as a download, an edited one comes in as a form."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response
from nicegui import app

from models.errors import HuiyinError
from serve.review.desk import Desk
from serve.review.drafts import MAX_BYTES
from serve.review.person import person_of
from serve.review.view import place

if TYPE_CHECKING:
    from pipeline.report_period import Period
    from pipeline.store.engine import Store

_EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_STAMP = datetime(2000, 1, 1, tzinfo=UTC)


def add_ledger_files(desk: Desk) -> None:
    """Register the addresses of the workbooks.

    Args:
        desk: Asks the store, and keeps what was uploaded.
    """
    one_at_a_time = asyncio.Semaphore(1)  # a workbook of a large week takes memory

    @app.get("/ledgers.xlsx")
    async def export(period: str = "") -> Response:
        try:
            async with one_at_a_time:
                key, content = await desk.ask(lambda store: _workbook(store, period))
        except (HuiyinError, ValueError) as error:
            return PlainTextResponse(str(error), 400)
        name = quote(f"台账-{key}.xlsx")
        disposition = f"attachment; filename=\"ledgers-{key}.xlsx\"; filename*=UTF-8''{name}"
        return Response(content, 200, {"content-disposition": disposition}, _EXCEL)

    @app.post("/ledgers/upload")
    async def upload(request: Request) -> Response:
        person = person_of(request.scope)
        length = request.headers.get("content-length", "")
        if not person.may_edit:
            return PlainTextResponse("403", 403)
        if not length.isdecimal() or int(length) > MAX_BYTES:
            return PlainTextResponse(f"最多 {MAX_BYTES >> 20} MB / at most", 413)
        async with request.form(max_files=1, max_fields=1) as form:
            file = form.get("file")
            if file is None or isinstance(file, str):
                return RedirectResponse(place("ledgers"), 303)
            name, content = file.filename or "", await file.read()
        token = await asyncio.to_thread(desk.drafts.keep, person, name, content)
        return RedirectResponse(place("ledgers", draft=token), 303)


def _workbook(store: Store, key: str) -> tuple[str, bytes]:
    from pipeline.ledgers import make_ledgers, newest_period
    from pipeline.ledgers_sheet import ledger_workbook

    period = _period(key) if key else newest_period(store)
    return period.key, ledger_workbook(make_ledgers(store, period), _STAMP)


def _period(key: str) -> Period:
    from pipeline.report_period import Period

    return Period.of_week(key) if "W" in key else Period.of_month(key)
