"""The review queue in the store: rows to ask about, people's answers, and what they settled."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from sqlalchemy import select

from models.artifact import DEFAULT_FOLDER
from models.errors import DataError
from models.taxonomy import Taxonomy
from pipeline.corpus import CORPUS_COLUMNS, check_labels
from pipeline.judgements import NO_CAUSE, Judgement, Labels
from pipeline.queue_select import ROW_COLUMNS
from pipeline.scored_table import tidy_scored
from pipeline.store.corrections import Correction, add_corrections, list_corrections
from pipeline.store.engine import Store, open_store
from pipeline.store.feedback import Feedback, get_many
from pipeline.store.tables import feedback

if TYPE_CHECKING:
    from pipeline.store.corrections import Status

_PAGE = 500
# More are never looked at: the least sure and the latest urgent ones are among them.
_N_DOUBTFUL, _N_URGENT = 20_000, 5_000


def read_candidates(url: str | None) -> pd.DataFrame:
    """Read the rows that nobody settled, the least sure and the latest urgent ones.

    Args:
        url: The store's URL; None reads the environment.

    Returns:
        Columns `queue_select.ROW_COLUMNS`.
    """
    table = feedback.c
    open_rows = select(*(table[name] for name in ROW_COLUMNS)).where(
        table.review.is_distinct_from("settled")
    )
    doubtful = open_rows.order_by(table.confidence, table.row_id).limit(_N_DOUBTFUL)
    urgent = open_rows.where(table.urgency == "high").order_by(table.row_id.desc()).limit(_N_URGENT)
    store = open_store(url)
    with store.read() as connection:
        rows = [
            dict(r) for query in (doubtful, urgent) for r in connection.execute(query).mappings()
        ]
    frame = pd.DataFrame(rows, columns=list(ROW_COLUMNS)).drop_duplicates("feedback_id")
    return tidy_scored(frame.reset_index(drop=True))


def read_conflicts(url: str | None) -> list[list[Judgement]]:
    """Read the rows on which people differ.

    Args:
        url: The store's URL; None reads the environment.

    Returns:
        For each row what each person said.
    """
    store = open_store(url)
    disputed = {c.feedback_id for c in _all_corrections(store, "conflict")}
    said: dict[tuple[str, str], dict[str, Correction]] = defaultdict(dict)
    for c in (*_all_corrections(store, "settled"), *_all_corrections(store, "conflict")):
        if c.feedback_id in disputed:
            said[c.feedback_id, c.who][c.field] = c
    rows = _rows(store, sorted(disputed))
    found: dict[str, list[Judgement]] = defaultdict(list)
    for (feedback_id, who), fields in sorted(said.items()):
        found[feedback_id].append(_judgement(rows[feedback_id], who, fields))
    return list(found.values())


def write_corrections(url: str | None, judgements: Sequence[Judgement]) -> int:
    """Write people's labels into the store.

    Args:
        url: The store's URL; None reads the environment.
        judgements: What they said.

    Returns:
        Rows on which people now differ.

    Raises:
        DataError: If a row is not in the store; nothing is written then.
    """
    store = open_store(url)
    known = _rows(store, [j.feedback_id for j in judgements])
    missing = sorted({j.feedback_id for j in judgements} - set(known))
    if missing:
        raise DataError(
            f"{store.url}: {len(missing)} rows are not in this store, such as {missing[0]}; "
            "import into the store they came from, or with --to FILE"
        )
    disputed = set()
    for judgement in judgements:
        options: dict[str, Any] = {"note": judgement.note or None, "provenance": "queue"}
        given = add_corrections(
            store, judgement.feedback_id, _fields(judgement.new), judgement.who, **options
        )
        if any(c.status == "conflict" for c in given):
            disputed.add(judgement.feedback_id)
    return len(disputed)


def read_corrections(url: str | None) -> pd.DataFrame:
    """Read what people settled as labelled rows.

    Args:
        url: The store's URL; None reads the environment.

    Returns:
        Columns `CORPUS_COLUMNS`; a row whose labels do not agree with each other is left out, as
        when only its type was corrected.
    """
    store = open_store(url)
    disputed = {c.feedback_id for c in _all_corrections(store, "conflict")}
    settled: dict[str, dict[str, Correction]] = defaultdict(dict)
    for c in _all_corrections(store, "settled"):
        if c.feedback_id not in disputed:
            settled[c.feedback_id][c.field] = c
    rows = _rows(store, sorted(settled))
    taxonomy = Taxonomy.load(DEFAULT_FOLDER / "taxonomy.yaml")
    labelled = [_labelled(rows[id_], fields) for id_, fields in sorted(settled.items())]
    fitting = [row for row in labelled if _fits(row, taxonomy)]
    return pd.DataFrame(fitting, columns=list(CORPUS_COLUMNS))


def _all_corrections(store: Store, status: Status) -> Iterator[Correction]:
    before = None
    while page := list_corrections(store, status=status, before=before, limit=_PAGE):
        yield from page
        before = page[-1].correction_id


def _rows(store: Store, ids: Sequence[str]) -> dict[str, Feedback]:
    parts = (ids[i : i + _PAGE] for i in range(0, len(ids), _PAGE))
    return {row.feedback_id: row for part in parts for row in get_many(store, part)}


def _fields(labels: Labels) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "intent": labels.intent,
        "type": labels.types[0],
        "types": list(labels.types),
        "subtype": labels.subtype,
        "urgency": labels.urgency,
    }
    has_cause = labels.cause not in ("", NO_CAUSE)
    return fields | ({"cause": labels.cause} if has_cause else {})


def _merged(row: Feedback, fields: Mapping[str, Correction]) -> Labels:
    """Give a row's labels, what a person corrected in place of the model's."""
    value, said = {name: c.new for name, c in fields.items()}, row.result
    main = value.get("type") or (value["types"][0] if "types" in value else said.type)
    types = tuple(
        value.get("types") or (main, *(t for t in said.types if t not in (main, said.type)))
    )
    intent = str(value.get("intent", said.intent))
    cause = str(value.get("cause") or NO_CAUSE) if intent == "complaint" else ""
    subtype, urgency = value.get("subtype", said.subtype), value.get("urgency", said.urgency)
    return Labels(intent, types, str(subtype), str(urgency), cause)


def _judgement(row: Feedback, who: str, fields: Mapping[str, Correction]) -> Judgement:
    said = row.result
    old = Labels(said.intent, tuple(said.types), said.subtype, said.urgency)
    made_at = max(c.made_at for c in fields.values()).isoformat()
    new = _merged(row, fields)
    return Judgement(
        row.feedback_id,
        said.text,
        row.channel or "",
        new,
        str(old),
        said.model_version,
        who,
        made_at,
    )


def _labelled(row: Feedback, fields: Mapping[str, Correction]) -> dict[str, str]:
    labels = _merged(row, fields)
    return dict.fromkeys(CORPUS_COLUMNS, "") | {
        "id": f"store-{row.feedback_id}",
        "text": row.result.text,
        "intent": labels.intent,
        "type": labels.types[0],
        "types": ";".join(labels.types),
        "subtype": labels.subtype,
        "urgency": labels.urgency,
        "cause": labels.cause,
        "channel": row.channel or "",
        "pair": f"store-{row.feedback_id}" if labels.cause == NO_CAUSE else "",
        "confidence": "sure",
        "source": "corrections",
    }


def _fits(row: Mapping[str, str], taxonomy: Taxonomy) -> bool:
    try:
        check_labels(pd.DataFrame([row]), taxonomy, "store")
    except DataError:
        return False
    return True
