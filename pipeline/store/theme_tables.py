"""The tables of themes: what the machine found, what people did, and how to take it back.

A merged theme keeps its row and its mentions; `root_id` names the theme that now stands for it, so
that merging and undoing it move nothing. A mention has the theme that the machine gave it
(`auto_theme_id`) and the one that counts (`theme_id`), which differ where a person decided; either
is empty for a rare mention. What people said of single mentions are verdicts, one row each, never
changed, only voided.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from pipeline.store.column_types import PLAIN_JSON, ROW_NUMBER, Moment
from pipeline.store.metadata import metadata

NEXT_THEME = "next_theme"  # the row of `meta` that numbers themes, and the lock of all who write

theme = Table(
    "theme",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("is_named", Boolean, nullable=False),
    Column("keywords", PLAIN_JSON, nullable=False),
    Column("seeds", PLAIN_JSON, nullable=False),
    Column("department", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("root_id", Text, nullable=False, index=True),
    Column("merged_into", Text),
    Column("owner", Text),
    Column("action", Text),
    Column("due", Date),
    Column("action_on", Date),
    Column("whys", PLAIN_JSON, nullable=False),
    Column("fishbone", Text),
    Column("version", Integer, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
)
_IS_ROOT = text("merged_into IS NULL")
Index("uq_theme_name", theme.c.name, unique=True, sqlite_where=_IS_ROOT, postgresql_where=_IS_ROOT)

theme_fit = Table(
    "theme_fit",
    metadata,
    Column("week", Text, primary_key=True),
    Column("n_complaints", Integer, nullable=False),
    Column("n_mentions", Integer, nullable=False),
    Column("n_rare", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("outcome", PLAIN_JSON, nullable=False),
    Column("fitted_at", Moment, nullable=False),
)

theme_week = Table(
    "theme_week",
    metadata,
    Column("theme_id", Text, ForeignKey("theme.id"), primary_key=True),
    Column("week", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("n_rows", Integer, nullable=False),
    Column("n_family", Integer, nullable=False),
    Column("n_mentions", Integer, nullable=False),
    Column("keywords", PLAIN_JSON, nullable=False),
    Column("quotes", PLAIN_JSON, nullable=False),
    Column("phrases", PLAIN_JSON, nullable=False),
    Column("vector", LargeBinary),
    Column("encoder", Text),
    Column("change", Text, nullable=False),
    # Holds all that is counted of a week's themes, so that their phrases and quotes are not read.
    Index("ix_theme_week_n", "week", "theme_id", "n_family", "change"),
)

mention = Table(
    "mention",
    metadata,
    Column("feedback_id", Text, primary_key=True),
    Column("start", Integer, primary_key=True),
    Column("end", Integer, primary_key=True),
    Column("text", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("week", Text, nullable=False),
    Column("theme_id", Text),
    Column("auto_theme_id", Text),
    Column("score", Float(53), nullable=False),
    Column("is_human", Boolean, nullable=False),
    Index("ix_mention_phrase", "theme_id", "week", "key"),
    Index("ix_mention_row", "week", "feedback_id", "theme_id"),
    Index("ix_mention_key_theme_id_week", "key", "theme_id", "week"),
)

theme_event = Table(
    "theme_event",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("who", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("theme_id", Text, index=True),
    Column("week", Text, index=True),
    Column("before", PLAIN_JSON, nullable=False),
    Column("after", PLAIN_JSON, nullable=False),
    Column("touches", PLAIN_JSON, nullable=False),
    Column("is_human", Boolean, nullable=False),
    Column("undone_by", BigInteger),
)

theme_link = Table(
    "theme_link",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),
    Column("from_id", Text, nullable=False, index=True),
    Column("to_id", Text, nullable=False, index=True),
    Column("week", Text, index=True),
    Column("event_id", BigInteger, index=True),
    Column("is_human", Boolean, nullable=False),
    Column("is_void", Boolean, nullable=False),
)

theme_state = Table(
    "theme_state",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column("theme_id", Text, nullable=False, index=True),
    Column("week", Text, nullable=False, index=True),
    Column("state", Text, nullable=False),
    Column("event_id", BigInteger, index=True),
    Column("is_human", Boolean, nullable=False),
    Column("is_void", Boolean, nullable=False),
)

verdict = Table(
    "verdict",
    metadata,
    Column("id", ROW_NUMBER, primary_key=True, autoincrement=True),
    Column("event_id", BigInteger, nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("feedback_id", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("key", Text, nullable=False),
    Column("theme_id", Text, nullable=False, index=True),
    Column("who", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("is_void", Boolean, nullable=False),
    Index("ix_verdict_feedback_id_start_end", "feedback_id", "start", "end"),
)
