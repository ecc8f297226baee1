"""Indexes that hold all that the review page counts, so that no mention or week is read for it."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put wider indexes in the place of those that began with the same columns."""
    _widen("mention", "ix_mention_theme_id_week", "ix_mention_phrase", "theme_id", "week", "key")
    _widen("mention", "ix_mention_week", "ix_mention_row", "week", "feedback_id", "theme_id")
    names = ("week", "theme_id", "n_family", "change")
    _widen("theme_week", "ix_theme_week_week", "ix_theme_week_n", *names)


def _widen(table: str, old: str, new: str, *columns: str) -> None:
    op.create_index(new, table, list(columns))
    op.drop_index(old, table)
