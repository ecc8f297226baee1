"""Themes: their weeks, mentions, events, lineage, states and what people said of mentions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pipeline.store.column_types import PLAIN_JSON, ROW_NUMBER, Moment

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    _theme()
    _weeks()
    _mention()
    _event()
    _link()
    _state()
    _verdict()
    op.execute("INSERT INTO meta (key, number) VALUES ('next_theme', 1)")


def _text(name: str, *, nullable: bool = False, primary_key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=nullable, primary_key=primary_key)


def _count(name: str, *, primary_key: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False, primary_key=primary_key)


def _json(name: str) -> sa.Column[object]:
    return sa.Column(name, PLAIN_JSON, nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _moment(name: str) -> sa.Column[object]:
    return sa.Column(name, Moment, nullable=False)


def _number() -> sa.Column[int]:
    return sa.Column("id", ROW_NUMBER, primary_key=True, autoincrement=True)


def _event_id(*, nullable: bool = True) -> sa.Column[int]:
    return sa.Column("event_id", sa.BigInteger, nullable=nullable)


def _index(table: str, *columns: str) -> None:
    op.create_index(f"ix_{table}_{'_'.join(columns)}", table, list(columns))


def _theme() -> None:
    op.create_table(
        "theme",
        _text("id", primary_key=True),
        _text("name"),
        _flag("is_named"),
        _json("keywords"),
        _json("seeds"),
        *(_text(name) for name in ("department", "kind", "root_id")),
        *(_text(name, nullable=True) for name in ("merged_into", "owner", "action")),
        sa.Column("due", sa.Date),
        sa.Column("action_on", sa.Date),
        _json("whys"),
        _text("fishbone", nullable=True),
        _count("version"),
        _moment("created_at"),
        _moment("updated_at"),
    )
    _index("theme", "root_id")
    is_root = sa.text("merged_into IS NULL")
    op.create_index(
        "uq_theme_name",
        "theme",
        ["name"],
        unique=True,
        sqlite_where=is_root,
        postgresql_where=is_root,
    )


def _weeks() -> None:
    op.create_table(
        "theme_fit",
        _text("week", primary_key=True),
        *(_count(name) for name in ("n_complaints", "n_mentions", "n_rare")),
        _text("digest"),
        _json("outcome"),
        _moment("fitted_at"),
    )
    op.create_table(
        "theme_week",
        _text("theme_id", primary_key=True),
        _text("week", primary_key=True),
        _text("name"),
        *(_count(name) for name in ("n_rows", "n_family", "n_mentions")),
        *(_json(name) for name in ("keywords", "quotes", "phrases")),
        sa.Column("vector", sa.LargeBinary),
        _text("encoder", nullable=True),
        _text("change"),
        sa.ForeignKeyConstraint(["theme_id"], ["theme.id"], name="fk_theme_week_theme_id"),
    )
    _index("theme_week", "week")


def _mention() -> None:
    op.create_table(
        "mention",
        _text("feedback_id", primary_key=True),
        _count("start", primary_key=True),
        _count("end", primary_key=True),
        *(_text(name) for name in ("text", "key", "week")),
        *(_text(name, nullable=True) for name in ("theme_id", "auto_theme_id")),
        sa.Column("score", sa.Float(53), nullable=False),
        _flag("is_human"),
    )
    _index("mention", "theme_id", "week")
    _index("mention", "week")
    _index("mention", "key", "theme_id", "week")


def _event() -> None:
    op.create_table(
        "theme_event",
        _number(),
        _moment("at"),
        *(_text(name) for name in ("who", "kind")),
        *(_text(name, nullable=True) for name in ("theme_id", "week")),
        *(_json(name) for name in ("before", "after", "touches")),
        _flag("is_human"),
        sa.Column("undone_by", sa.BigInteger),
    )
    _index("theme_event", "theme_id")
    _index("theme_event", "week")


def _link() -> None:
    op.create_table(
        "theme_link",
        _number(),
        *(_text(name) for name in ("kind", "from_id", "to_id")),
        _text("week", nullable=True),
        _event_id(),
        _flag("is_human"),
        _flag("is_void"),
    )
    for column in ("from_id", "to_id", "week", "event_id"):
        _index("theme_link", column)


def _state() -> None:
    op.create_table(
        "theme_state",
        _number(),
        *(_text(name) for name in ("theme_id", "week", "state")),
        _event_id(),
        _flag("is_human"),
        _flag("is_void"),
    )
    for column in ("theme_id", "week", "event_id"):
        _index("theme_state", column)


def _verdict() -> None:
    op.create_table(
        "verdict",
        _number(),
        _event_id(nullable=False),
        *(_text(name) for name in ("kind", "feedback_id")),
        _count("start"),
        _count("end"),
        *(_text(name) for name in ("key", "theme_id", "who")),
        _moment("at"),
        _flag("is_void"),
    )
    _index("verdict", "event_id")
    _index("verdict", "theme_id")
    _index("verdict", "feedback_id", "start", "end")
