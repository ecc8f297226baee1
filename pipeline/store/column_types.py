"""How moments, lists and row numbers lie in the two databases."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Integer
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

from models.deadlines import SHANGHAI

# SQLite numbers rows itself only where the type is called INTEGER.
ROW_NUMBER = BigInteger().with_variant(Integer, "sqlite")
PLAIN_JSON = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


class Moment(TypeDecorator[datetime]):
    """A moment: UTC in the database, Asia/Shanghai outside.

    A naive value is refused, because nobody could say which of the two it means.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Take `timestamptz` on PostgreSQL; SQLite sorts UTC text without an offset."""
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware moment into UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"expected a moment with a time zone, got {value!r}")
        utc = value.astimezone(UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn what the database has into Shanghai's time."""
        del dialect  # only SQLite's moments come without a zone
        if value is None:
            return None
        utc = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return utc.astimezone(SHANGHAI)
