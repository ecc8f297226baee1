"""Structured logs: one JSON object a line on stderr.

An exception is written as its type and the places it passed through, never its message, which may
repeat what a customer wrote.
"""

from __future__ import annotations

import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

_MAX_FRAMES = 12

LOG_CONFIG: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "serve.logs.JsonFormatter"}},
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "json", "level": "INFO"}
    },
    "root": {"handlers": ["stderr"], "level": "INFO"},
}


class JsonFormatter(logging.Formatter):
    """Writes a record and its `fields` as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """Write one record.

        Args:
            record: The record; `extra={"fields": {…}}` adds members.

        Returns:
            One line.
        """
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = type(record.exc_info[1]).__name__
            line["at"] = _places(record.exc_info[1])
        return orjson.dumps(line, default=str).decode()


def _places(error: BaseException) -> list[str]:
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    return [f"{Path(f.filename).name}:{f.lineno} {f.name}" for f in frames]
