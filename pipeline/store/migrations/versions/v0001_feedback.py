"""Feedback, its weekly counts, corrections, the outbox and idempotency keys."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.column_types import PLAIN_JSON, ROW_NUMBER, Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_OPEN_RANK = (
    "coalesce(open_rank, -1) = CASE WHEN answered_at IS NOT NULL OR closed_at IS NOT NULL "
    "OR intent IN ('praise', 'invalid') THEN -1 "
    "WHEN urgency = 'high' THEN 0 WHEN urgency = 'medium' THEN 1 ELSE 2 END"
)


def upgrade() -> None:
    """Make the tables."""
    _feedback()
    _feedback_indexes()
    _search()
    _weeks()
    _correction()
    _outbox()
    _idempotency()
    meta = op.create_table(
        "meta", _text("key", primary_key=True), sa.Column("number", sa.BigInteger, nullable=False)
    )
    op.bulk_insert(meta, [{"key": "next_row", "number": 0}])


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, primary_key=primary_key)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, Moment, nullable=nullable)


def _count(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _number(name: str, *, nullable: bool = False) -> sa.Column[float]:
    return sa.Column(name, sa.Float(53), nullable=nullable)


def _json(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, PLAIN_JSON, nullable=nullable)


def _feedback() -> None:
    op.create_table(
        "feedback",
        sa.Column("row_id", sa.BigInteger, primary_key=True, autoincrement=False),
        *(_text(name) for name in ("feedback_id", "text", "intent", "type")),
        _json("types"),
        _text("subtype"),
        _number("confidence"),
        _text("confidence_band"),
        sa.Column("needs_review", sa.Boolean, nullable=False),
        _json("evidence"),
        _text("urgency"),
        _number("urgency_score"),
        _json("urgency_reasons"),
        _text("severity"),
        *(_moment(name) for name in ("acknowledge_due", "respond_due", "resolve_due")),
        _text("department"),
        _json("redactions"),
        _text("model_version"),
        _moment("created_at"),
        *(
            _text(name, nullable=True)
            for name in (
                *("channel", "product", "version", "region", "touchpoint"),
                *("customer_id", "customer_tier"),
            )
        ),
        *(_number(name, nullable=True) for name in ("csat", "nps", "ces")),
        sa.Column("contact_count", sa.Integer),
        _text("week"),
        _moment("answered_at", nullable=True),
        _text("answered_by", nullable=True),
        _moment("closed_at", nullable=True),
        _text("closed_by", nullable=True),
        _text("review", nullable=True),
        _moment("saved_at"),
        sa.Column("open_rank", sa.SmallInteger),
        sa.CheckConstraint(_OPEN_RANK, name="open_rank"),
        sa.UniqueConstraint("feedback_id", name="uq_feedback_feedback_id"),
    )


def _feedback_indexes() -> None:
    for name, needed, columns in (
        ("open", "open_rank", ["open_rank", "respond_due", "row_id"]),
        ("department_open", "open_rank", ["department", "open_rank", "respond_due", "row_id"]),
        ("week_open", "open_rank", ["week", "open_rank", "respond_due", "row_id"]),
        ("review", "review", ["review", "confidence", "row_id"]),
        ("customer", "customer_id", ["customer_id", "row_id"]),
    ):
        where = sa.text(f"{needed} IS NOT NULL")
        op.create_index(
            f"ix_feedback_{name}", "feedback", columns, sqlite_where=where, postgresql_where=where
        )
    op.create_index("ix_feedback_week", "feedback", ["week", "row_id"])


def _search() -> None:
    """Make the index of words; the words are cut by us, so the database only splits at blanks."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            "CREATE TABLE feedback_search (row_id bigint PRIMARY KEY REFERENCES feedback (row_id) "
            "ON UPDATE CASCADE ON DELETE CASCADE, words tsvector NOT NULL)"
        )
        op.execute("CREATE INDEX ix_feedback_search_words ON feedback_search USING gin (words)")
        return
    op.execute(
        "CREATE VIRTUAL TABLE feedback_search USING fts5(words, detail=none, "
        "tokenize=\"unicode61 remove_diacritics 0 categories 'L* M* N* P* S* Co Cn'\")"
    )
    op.execute(
        "CREATE TRIGGER feedback_search_gone AFTER DELETE ON feedback BEGIN "
        "DELETE FROM feedback_search WHERE rowid = old.row_id; END"
    )


def _weeks() -> None:
    op.create_table(
        "week_volume",
        *(
            _text(name, primary_key=True)
            for name in ("week", "intent", "type", "urgency", "channel", "department")
        ),
        *(_count(name) for name in ("n", "n_review", "n_wanting", "n_answered")),
        *(_count(name) for name in ("n_answered_in_time", "n_closed", "n_closed_in_time")),
    )
    op.create_table(
        "week_share",
        *(_text(name, primary_key=True) for name in ("week", "dimension", "value")),
        *(_count(name) for name in ("n", "n_complaints", "n_high", "n_csat", "n_satisfied")),
        *(_count(name) for name in ("n_nps", "n_promoters", "n_detractors", "n_ces")),
        _number("csat_sum"),
        _number("ces_sum"),
    )


def _correction() -> None:
    op.create_table(
        "correction",
        sa.Column("correction_id", ROW_NUMBER, primary_key=True, autoincrement=True),
        _text("feedback_id"),
        _text("field"),
        _json("old", nullable=True),
        _json("new"),
        _text("who"),
        _text("note", nullable=True),
        *(_text(name) for name in ("provenance", "model_version", "status")),
        _moment("made_at"),
        sa.ForeignKeyConstraint(
            ["feedback_id"],
            ["feedback.feedback_id"],
            name="fk_correction_feedback_id",
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_correction_feedback_id", "correction", ["feedback_id"])
    op.create_index("ix_correction_status", "correction", ["status"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("message_id", ROW_NUMBER, primary_key=True, autoincrement=True),
        _text("topic"),
        _text("key"),
        _json("payload"),
        _text("status"),
        _count("n_attempts"),
        _moment("due_at"),
        _text("last_error", nullable=True),
        _moment("made_at"),
        _moment("sent_at", nullable=True),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
    )
    op.create_index("ix_outbox_due", "outbox", ["status", "due_at"])


def _idempotency() -> None:
    op.create_table(
        "idempotency",
        _text("client", primary_key=True),
        _text("key", primary_key=True),
        _text("request_hash"),
        sa.Column("status_code", sa.Integer),
        _text("response", nullable=True),
        _moment("begun_at"),
        _moment("finished_at", nullable=True),
    )
    op.create_index("ix_idempotency_begun_at", "idempotency", ["begun_at"])
