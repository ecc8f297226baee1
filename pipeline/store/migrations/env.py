"""Alembic runs this to migrate; `pipeline.store.versions` hands it the connection."""

from __future__ import annotations

from alembic import context

from pipeline.store.metadata import metadata
from pipeline.store.versions import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
