"""What people say instead of the model, and where they disagree with one another.

A correction stands until the same person gives another one for the field. If two people's standing
corrections differ, the field is in conflict and the row goes back to the queue, until they agree or
somebody decides. Nothing is deleted: what no longer stands is kept as `superseded`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from models.deadlines import SHANGHAI
from models.privacy import mask
from pipeline.store.correction_status import (
    Status,
    add_standing,
    lock_row,
    set_status,
    settle,
    update_review,
)
from pipeline.store.correction_values import FIELDS, PROVENANCES, check_origin, check_value
from pipeline.store.failures import NoSuchRowError
from pipeline.store.tables import correction
from pipeline.store.training_rows import settled_corrections

if TYPE_CHECKING:
    from models.taxonomy import Taxonomy
    from pipeline.store.engine import Store

__all__ = [
    "FIELDS",
    "PROVENANCES",
    "Correction",
    "Status",
    "add_correction",
    "add_corrections",
    "list_corrections",
    "settled_corrections",
    "withdraw_correction",
]

_c = correction.c


@dataclass(frozen=True, slots=True)
class Correction:
    """One person's word on one field of one row.

    Attributes:
        correction_id: Its number.
        feedback_id: The row.
        field: One of `FIELDS`.
        old: What the model said then; None for a cause, which it does not name.
        new: What is right; the same as `old` confirms the model.
        who: Who says so.
        note: Why, masked.
        provenance: Where it was given: page, api or queue.
        model_version: Which model said `old`.
        status: settled, conflict or superseded.
        made_at: When.
    """

    correction_id: int
    feedback_id: str
    field: str
    old: Any
    new: Any
    who: str
    note: str | None
    provenance: str
    model_version: str
    status: Status
    made_at: datetime


def add_correction(
    store: Store,
    feedback_id: str,
    field: str,
    new: Any,
    who: str,
    *,
    taxonomy: Taxonomy | None = None,
    note: str | None = None,
    provenance: str = "page",
    decide: bool = False,
    now: datetime | None = None,
) -> Correction:
    """Note what one field of a row should say; the same again changes nothing.

    Args:
        store: The store.
        feedback_id: The row.
        field: One of `FIELDS`.
        new: The right value; a list of types for `types`, main one first.
        who: Who says so.
        taxonomy: Labels that may occur, the model's; None checks only the shape.
        note: Why.
        provenance: One of `PROVENANCES`.
        decide: True ends a conflict in favour of this value.
        now: When; None takes the clock.

    Returns:
        The correction with its status.

    Raises:
        NoSuchRowError: If the row is not there.
        ValueError: If field, value or provenance cannot be used.
    """
    fields = {field: new}
    options: dict[str, Any] = {"taxonomy": taxonomy, "note": note, "provenance": provenance}
    return add_corrections(store, feedback_id, fields, who, decide=decide, now=now, **options)[0]


def add_corrections(
    store: Store,
    feedback_id: str,
    fields: Mapping[str, Any],
    who: str,
    *,
    taxonomy: Taxonomy | None = None,
    note: str | None = None,
    provenance: str = "page",
    decide: bool = False,
    now: datetime | None = None,
) -> tuple[Correction, ...]:
    """Note several fields of one row at once, all or none.

    Args:
        store: The store.
        feedback_id: The row.
        fields: Field to right value; one of `FIELDS` each.
        who: Who says so.
        taxonomy: Labels that may occur, the model's; None checks only the shape.
        note: Why.
        provenance: One of `PROVENANCES`.
        decide: True ends a conflict in favour of these values.
        now: When; None takes the clock.

    Returns:
        The corrections in order, with their status.

    Raises:
        NoSuchRowError: If the row is not there.
        ValueError: If a field, a value or the provenance cannot be used.
    """
    values = {field: check_value(field, new, taxonomy) for field, new in fields.items()}
    check_origin(who, note, provenance)
    given = {
        "feedback_id": feedback_id,
        "who": who.strip(),
        "note": mask(note).text if note else None,
        "provenance": provenance,
        "made_at": now or datetime.now(SHANGHAI),
    }
    with store.begin() as connection:
        row = lock_row(connection, feedback_id, store.url)
        given["model_version"] = row["model_version"]
        ids = []
        for field, new in values.items():
            said = {**given, "field": field, "old": row.get(field), "new": new}
            ids.append(add_standing(connection, said, decide))
        update_review(connection, feedback_id)
        found = connection.execute(select(correction).where(_c.correction_id.in_(ids))).mappings()
        by_id = {each["correction_id"]: Correction(**each) for each in found}
    return tuple(by_id[id_] for id_ in ids)


def withdraw_correction(store: Store, correction_id: int) -> Correction:
    """Take a correction back; it is kept as superseded.

    Args:
        store: The store.
        correction_id: Its number.

    Returns:
        The correction as it is now.

    Raises:
        NoSuchRowError: If there is none of this number.
    """
    chosen = select(correction).where(_c.correction_id == correction_id)
    with store.begin() as connection:
        found = connection.execute(chosen).mappings().first()
        if found is None:
            raise NoSuchRowError(f"{store.url}: there is no correction {correction_id}")
        lock_row(connection, found["feedback_id"], store.url)
        set_status(connection, [correction_id], "superseded")
        settle(connection, found["feedback_id"], found["field"])
        update_review(connection, found["feedback_id"])
        return Correction(**connection.execute(chosen).mappings().one())


def list_corrections(
    store: Store,
    feedback_id: str | None = None,
    *,
    status: Status | None = None,
    before: int | None = None,
    limit: int = 100,
) -> tuple[Correction, ...]:
    """List corrections, the latest first.

    Args:
        store: The store.
        feedback_id: Only this row's; None lists all.
        status: Only those of this status; None lists all.
        before: Only those with a smaller number, to go on from a page; None starts at the latest.
        limit: How many at most.

    Returns:
        The corrections.
    """
    query = select(correction).order_by(_c.correction_id.desc()).limit(limit)
    if feedback_id is not None:
        query = query.where(_c.feedback_id == feedback_id)
    if status is not None:
        query = query.where(_c.status == status)
    if before is not None:
        query = query.where(_c.correction_id < before)
    with store.read() as connection:
        return tuple(Correction(**row) for row in connection.execute(query).mappings())
