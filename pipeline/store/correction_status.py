"""Which corrections stand, and what that says of the row. Inside a writing transaction only."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Connection, RowMapping, insert, select, update

from pipeline.store.failures import NoSuchRowError
from pipeline.store.tables import correction, feedback

Status = Literal["settled", "conflict", "superseded"]
_c = correction.c


def lock_row(connection: Connection, feedback_id: str, url: str) -> RowMapping:
    """Read a row and keep two people who correct it at once from missing each other.

    Args:
        connection: A writing transaction.
        feedback_id: The row.
        url: Names the store in the message.

    Returns:
        The row.

    Raises:
        NoSuchRowError: If it is not there.
    """
    chosen = select(feedback).where(feedback.c.feedback_id == feedback_id).with_for_update()
    row = connection.execute(chosen).mappings().first()
    if row is None:
        raise NoSuchRowError(f"{url}: there is no feedback {feedback_id!r}")
    return row


def add_standing(connection: Connection, said: dict[str, Any], decide: bool) -> int:
    """Add a correction, or find the same one standing already.

    Args:
        connection: A writing transaction that holds the row.
        said: Columns of the correction but its status.
        decide: True lets no other person's correction stand.

    Returns:
        Its number.
    """
    standing = _standing(connection, said["feedback_id"], said["field"])
    own = [each for each in standing if each["who"] == said["who"]]
    same = next((each for each in own if each["new"] == said["new"]), None)
    replaced = standing if decide else own
    ids = [each["correction_id"] for each in replaced if each is not same]
    set_status(connection, ids, "superseded")
    if same is None:
        added = insert(correction).values(**said, status="settled").returning(_c.correction_id)
        id_: int = connection.execute(added).scalar_one()
    else:
        id_ = same["correction_id"]
    settle(connection, said["feedback_id"], said["field"])
    return id_


def _standing(connection: Connection, feedback_id: str, field: str) -> list[RowMapping]:
    query = select(correction).where(
        _c.feedback_id == feedback_id, _c.field == field, _c.status != "superseded"
    )
    return list(connection.execute(query.order_by(_c.correction_id)).mappings())


def settle(connection: Connection, feedback_id: str, field: str) -> None:
    """Say of a field's standing corrections whether they agree.

    Args:
        connection: A writing transaction that holds the row.
        feedback_id: The row.
        field: The field.
    """
    standing = _standing(connection, feedback_id, field)
    agree = all(each["new"] == standing[0]["new"] for each in standing)
    ids = [each["correction_id"] for each in standing]
    set_status(connection, ids, "settled" if agree else "conflict")


def set_status(connection: Connection, ids: list[int], status: Status) -> None:
    """Change the status of corrections.

    Args:
        connection: A writing transaction.
        ids: Their numbers.
        status: The new one.
    """
    if ids:
        connection.execute(
            update(correction).where(_c.correction_id.in_(ids)).values(status=status)
        )


def update_review(connection: Connection, feedback_id: str) -> None:
    """Let the row say where its review stands.

    Args:
        connection: A writing transaction that holds the row.
        feedback_id: The row.
    """
    standing = select(_c.status).where(_c.feedback_id == feedback_id, _c.status != "superseded")
    statuses = set(connection.execute(standing).scalars())
    chosen = feedback.c.feedback_id == feedback_id
    if statuses:
        review: Any = "conflict" if "conflict" in statuses else "settled"
    else:
        needs = connection.execute(select(feedback.c.needs_review).where(chosen)).scalar_one()
        review = "waiting" if needs else None
    connection.execute(update(feedback).where(chosen).values(review=review))
