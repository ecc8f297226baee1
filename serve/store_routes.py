"""Corrections and themes: the addresses that need the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import orjson
from fastapi import Path, Query, Request, Response

from serve.edit_bodies import CorrectionIn, MergeIn, SplitIn, ThemePatch, UndoIn
from serve.problems import Problem
from serve.store_door import StoreDoor, bad_field
from serve.theme_changes import CHANGES
from serve.writes import Writer

if TYPE_CHECKING:
    from models.taxonomy import Taxonomy
    from pipeline.store.engine import Store
    from pipeline.store.theme_edits import Edit

MAX_LISTED = 500
Status = Literal["new", "growing", "stable", "declining", "quiet", "resolved", "regressed"]
ThemeId = Annotated[str, Path(pattern=r"^T\d{4,9}$", examples=["T0001"])]
Week = Annotated[
    str | None,
    Query(pattern=r"^\d{4}-W\d{2}$", description="缺省是最近一周", examples=["2026-W47"]),
]


class StoreEndpoints:
    """Answers requests about what the store holds.

    Args:
        door: The store.
        writer: Carries out writes.
        taxonomy: Gives the labels of the model in service, if it has any.
    """

    def __init__(
        self, door: StoreDoor, writer: Writer, taxonomy: Callable[[], Taxonomy | None]
    ) -> None:
        self._door = door
        self._writer = writer
        self._taxonomy = taxonomy

    async def correct(self, request: Request) -> Response:
        """更正一条已入库的反馈;两个人说法不同时回到复核队列。

        A correction is settled, or in conflict with another person's until somebody decides.
        """
        taxonomy = self._taxonomy()

        def work(store: Store, body: CorrectionIn, who: str) -> Any:
            return {"corrections": _correct(store, body, who, taxonomy)}

        return await self._writer.write(request, CorrectionIn, work, 201)

    async def themes(
        self,
        week: Week = None,
        status: Annotated[Status | None, Query()] = None,
        limit: Annotated[int, Query(ge=1, le=MAX_LISTED)] = 100,
        offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    ) -> Response:
        """某一周的根因主题,最大的在前。Themes as of a week, the largest first."""

        def read(store: Store) -> Any:
            from pipeline.store.theme_registry import list_themes
            from pipeline.store.theme_views import as_record

            _check_week(store, week)
            found = list_themes(store, week, status, limit=limit, offset=offset)
            shown = week or (found[0].week if found else None)
            return {"themes": as_record(found), "week": shown}

        return _json(await self._door.ask(read))

    async def theme(self, theme_id: ThemeId, week: Week = None) -> Response:
        """一个主题的全部:引语、逐周数量、来历、改动记录。All about one theme."""

        def read(store: Store) -> Any:
            from pipeline.store.theme_registry import get_theme
            from pipeline.store.theme_views import as_record

            _check_week(store, week)
            return as_record(get_theme(store, theme_id, week))

        return _json(await self._door.ask(read))

    async def change(self, theme_id: ThemeId, request: Request) -> Response:
        """改名、负责人与措施、关闭与重开、五个为什么、鱼骨图、归入、确认、剔除。

        `version` is the one that was read; when somebody was faster the answer is 409.
        """

        def work(store: Store, body: ThemePatch, who: str) -> Any:
            return _edit(CHANGES[body.change](store, theme_id, body, body.who or who))

        return await self._writer.write(request, ThemePatch, work, 200)

    async def merge(self, theme_id: ThemeId, request: Request) -> Response:
        """把这个主题并入另一个,可以撤销。Make this theme part of another; can be undone."""

        def work(store: Store, body: MergeIn, who: str) -> Any:
            from pipeline.store.theme_edits import merge

            return _edit(
                merge(store, theme_id, body.into, who=body.who or who, version=body.version)
            )

        return await self._writer.write(request, MergeIn, work, 200)

    async def split(self, theme_id: ThemeId, request: Request) -> Response:
        """把几条提及拆成新主题,可以撤销。Some mentions become a theme of their own."""

        def work(store: Store, body: SplitIn, who: str) -> Any:
            from pipeline.store.theme_edits import parse_place, split

            places = [parse_place(mention) for mention in body.mentions]
            who = body.who or who
            return _edit(split(store, theme_id, places, body.name, who=who, version=body.version))

        return await self._writer.write(request, SplitIn, work, 200)

    async def undo(self, request: Request) -> Response:
        """撤销一次改动,缺省是最近一次。Take an edit back, by default the last one."""

        def work(store: Store, body: UndoIn, who: str) -> Any:
            from pipeline.store.theme_edits import undo

            which = {"event_id": body.event_id, "theme_id": body.theme_id}
            return _edit(undo(store, who=body.who or who, **which))  # type: ignore[arg-type]

        return await self._writer.write(request, UndoIn, work, 200)


def _correct(
    store: Store, body: CorrectionIn, who: str, taxonomy: Taxonomy | None
) -> list[dict[str, Any]]:
    from pipeline.store.correction_values import check_value
    from pipeline.store.corrections import add_corrections

    given = body.fields.model_dump(exclude_none=True)
    if not given:
        raise bad_field("/fields", "至少更正一个字段", "Expected at least one field")
    for name, value in given.items():
        try:
            check_value(name, value, taxonomy)
        except ValueError:
            detail = "不是可用的标签" if name != "types" else "应为互不相同的类型,主要的在前"
            raise bad_field(f"/fields/{name}", detail, "Not a label that can be used") from None
    made = add_corrections(
        store,
        body.feedback_id,
        given,
        body.who or who,
        taxonomy=taxonomy,
        note=body.note or None,
        provenance="api",
    )
    return [_plain(asdict(each)) for each in made]


def _plain(record: dict[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, datetime) else v for k, v in record.items()}


def _edit(edit: Edit) -> dict[str, Any]:
    return {"edit": asdict(edit)}


def _check_week(store: Store, week: str | None) -> None:
    from pipeline.store.theme_registry import list_weeks

    if week is not None and week not in {each["week"] for each in list_weeks(store)}:
        raise Problem("unknown-id", "这一周没有聚过类。", "No themes were fitted for this week.")


def _json(content: Any) -> Response:
    return Response(orjson.dumps(content), media_type="application/json")
