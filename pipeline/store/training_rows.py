"""Settled corrections as rows that the next training can learn from."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from pipeline.store.tables import correction, feedback

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.store.engine import Store

# The columns of the labelled files, then where each row's labels come from.
COLUMNS = (
    *("id", "text", "intent", "type", "types", "subtype", "urgency", "cause"),
    *("trade", "channel", "pair", "confidence", "source"),
    *("corrected", "who", "n_people", "provenance", "model_version", "corrected_at", "is_complete"),
)


def settled_corrections(store: Store) -> pd.DataFrame:
    """Give the rows whose corrections nobody disputes, in the columns of the labelled files.

    A field that nobody corrected has the model's value. A row in conflict in any field is left out.

    Args:
        store: The store.

    Returns:
        Columns `COLUMNS`, ordered by id. `corrected` names the fields that people gave, `;`-joined
        like `who` and `provenance`. `is_complete` is False where the type was corrected and its
        subtype was not: such a row lacks a subtype, and training would refuse it.
    """
    import pandas as pd

    by_row = _settled(store)
    rows = [_training_row(row, said) for row, said in by_row]
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("id", ignore_index=True)


def _settled(store: Store) -> list[tuple[Any, list[Any]]]:
    chosen = feedback.c.review == "settled"
    columns = ("feedback_id", "text", "intent", "type", "types", "subtype", "urgency", "channel")
    rows = select(*(feedback.c[name] for name in columns)).where(chosen)
    said = (
        select(correction)
        .join(feedback, feedback.c.feedback_id == correction.c.feedback_id)
        .where(chosen, correction.c.status == "settled")
        .order_by(correction.c.correction_id)
    )
    by_id: dict[str, list[Any]] = defaultdict(list)
    with store.read() as connection:
        for each in connection.execute(said):
            by_id[each.feedback_id].append(each)
        return [(row, by_id[row["feedback_id"]]) for row in connection.execute(rows).mappings()]


def _training_row(row: Any, said: list[Any]) -> dict[str, Any]:
    new = {each.field: each.new for each in said}
    type_ = (
        new["types"][0] if "types" in new and "type" not in new else new.get("type", row["type"])
    )
    has_subtype = "subtype" in new or type_ == row["type"]
    return {
        "id": row["feedback_id"],
        "text": row["text"],
        "intent": new.get("intent", row["intent"]),
        "type": type_,
        "types": ";".join(_types(type_, row, new)),
        "subtype": new.get("subtype", row["subtype"]) if has_subtype else "",
        "urgency": new.get("urgency", row["urgency"]),
        "cause": new.get("cause", ""),
        "trade": "",
        "channel": row["channel"] or "",
        "pair": "",
        "confidence": "sure",
        "source": "corrections",
        "corrected": _joined(each.field for each in said),
        "who": _joined(each.who for each in said),
        "n_people": len({each.who for each in said}),
        "provenance": _joined(each.provenance for each in said),
        "model_version": said[-1].model_version,
        "corrected_at": max(each.made_at for each in said),
        "is_complete": has_subtype,
    }


def _types(type_: str, row: Any, new: dict[str, Any]) -> list[str]:
    """Put the main type first; a main type that was wrong is none of the others either."""
    others = new["types"] if "types" in new else [t for t in row["types"] if t != row["type"]]
    return [type_, *(t for t in others if t != type_)]


def _joined(values: Any) -> str:
    return ";".join(dict.fromkeys(values))
