"""The tables of feedback and of what people and programs do with it.

`row_id` sorts rows by the second they came in: the upper bits are Unix seconds, the lower 29 a
running number. A week is then a range of it, and the full-text index, which knows nothing else of a
row, can give the newest matches first without sorting all of them.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    TextClause,
    text,
)

from pipeline.store.column_types import PLAIN_JSON, ROW_NUMBER, Moment
from pipeline.store.metadata import metadata

# 0 high, 1 medium, 2 low; NULL once answered or closed, and for what wants no answer. Checked, so
# that no writer can forget it; not generated, because SQLite then reads the whole row to count it.
OPEN_RANK_CHECK = (
    "coalesce(open_rank, -1) = CASE WHEN answered_at IS NOT NULL OR closed_at IS NOT NULL "
    "OR intent IN ('praise', 'invalid') THEN -1 "
    "WHEN urgency = 'high' THEN 0 WHEN urgency = 'medium' THEN 1 ELSE 2 END"
)

feedback = Table(
    "feedback",
    metadata,
    Column("row_id", BigInteger, primary_key=True, autoincrement=False),
    Column("feedback_id", Text, nullable=False, unique=True),
    Column("text", Text, nullable=False),
    Column("intent", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("types", PLAIN_JSON, nullable=False),
    Column("subtype", Text, nullable=False),
    Column("confidence", Float(53), nullable=False),
    Column("confidence_band", Text, nullable=False),
    Column("needs_review", Boolean, nullable=False),
    Column("evidence", PLAIN_JSON, nullable=False),
    Column("urgency", Text, nullable=False),
    Column("urgency_score", Float(53), nullable=False),
    Column("urgency_reasons", PLAIN_JSON, nullable=False),
    Column("severity", Text, nullable=False),
    Column("acknowledge_due", Moment, nullable=False),
    Column("respond_due", Moment, nullable=False),
    Column("resolve_due", Moment, nullable=False),
    Column("department", Text, nullable=False),
    Column("redactions", PLAIN_JSON, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("channel", Text),
    Column("product", Text),
    Column("version", Text),
    Column("region", Text),
    Column("touchpoint", Text),
    Column("customer_id", Text),
    Column("customer_tier", Text),
    Column("csat", Float(53)),
    Column("nps", Float(53)),
    Column("ces", Float(53)),
    Column("contact_count", Integer),
    Column("week", Text, nullable=False),
    Column("answered_at", Moment),
    Column("answered_by", Text),
    Column("closed_at", Moment),
    Column("closed_by", Text),
    # NULL: nobody need look; waiting, settled or conflict: where the review stands.
    Column("review", Text),
    Column("saved_at", Moment, nullable=False),
    Column("open_rank", SmallInteger),
    CheckConstraint(OPEN_RANK_CHECK, name="open_rank"),
)

_OPEN = text("open_rank IS NOT NULL")
_IN_REVIEW = text("review IS NOT NULL")
_HAS_CUSTOMER = text("customer_id IS NOT NULL")


def _partial(name: str, where: TextClause, *columns: str) -> Index:
    options: dict[str, Any] = {"sqlite_where": where, "postgresql_where": where}
    return Index(name, *(feedback.c[column] for column in columns), **options)


_partial("ix_feedback_open", _OPEN, "open_rank", "respond_due", "row_id")
_partial("ix_feedback_department_open", _OPEN, "department", "open_rank", "respond_due", "row_id")
_partial("ix_feedback_week_open", _OPEN, "week", "open_rank", "respond_due", "row_id")
_partial("ix_feedback_review", _IN_REVIEW, "review", "confidence", "row_id")
_partial("ix_feedback_customer", _HAS_CUSTOMER, "customer_id", "row_id")
Index("ix_feedback_week", feedback.c.week, feedback.c.row_id)

# What the page counts, kept in step with every row saved or marked; see `aggregates`.
week_volume = Table(
    "week_volume",
    metadata,
    *(
        Column(name, Text, primary_key=True)
        for name in ("week", "intent", "type", "urgency", "channel", "department")
    ),
    *(
        Column(name, Integer, nullable=False)
        for name in (
            *("n", "n_review", "n_wanting", "n_answered", "n_answered_in_time"),
            *("n_closed", "n_closed_in_time"),
        )
    ),
)

week_share = Table(
    "week_share",
    metadata,
    *(Column(name, Text, primary_key=True) for name in ("week", "dimension", "value")),
    *(
        Column(name, Integer, nullable=False)
        for name in (
            *("n", "n_complaints", "n_high", "n_csat", "n_satisfied"),
            *("n_nps", "n_promoters", "n_detractors", "n_ces"),
        )
    ),
    *(Column(name, Float(53), nullable=False) for name in ("csat_sum", "ces_sum")),
)

correction = Table(
    "correction",
    metadata,
    Column("correction_id", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column(
        "feedback_id",
        Text,
        ForeignKey("feedback.feedback_id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("field", Text, nullable=False),
    Column("old", PLAIN_JSON),
    Column("new", PLAIN_JSON, nullable=False),
    Column("who", Text, nullable=False),
    Column("note", Text),
    Column("provenance", Text, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("status", Text, nullable=False, index=True),
    Column("made_at", Moment, nullable=False),
)

outbox = Table(
    "outbox",
    metadata,
    Column("message_id", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column("topic", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True),
    Column("payload", PLAIN_JSON, nullable=False),
    Column("status", Text, nullable=False),
    Column("n_attempts", Integer, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("last_error", Text),
    Column("made_at", Moment, nullable=False),
    Column("sent_at", Moment),
    Index("ix_outbox_due", "status", "due_at"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("client", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status_code", Integer),
    Column("response", Text),
    Column("begun_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Index("ix_idempotency_begun_at", "begun_at"),
)

meta = Table(
    "meta",
    metadata,
    Column("key", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
)
