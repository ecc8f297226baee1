"""The application as it ships, and the same with a model that costs nothing."""

from __future__ import annotations

import logging.config
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from benchmarks.api_load import TEXT
from models.analysis import FeedbackModel
from models.deadlines import SHANGHAI
from models.results import FeedbackResult
from serve.app import create_app
from serve.logs import LOG_CONFIG
from serve.settings import ServeSettings


class ConstantModel:
    """Gives one real result for every row: the floor that serving itself costs."""

    version = "constant"

    def __init__(self) -> None:
        row = {"text": TEXT, "created_at": datetime.now(SHANGHAI)}
        self._result = FeedbackModel.load(model_folder()).analyze([row])[0]

    def analyze(self, rows: Sequence[Mapping[str, Any]]) -> list[FeedbackResult]:
        """Score rows."""
        return [self._result] * len(rows)


def model_folder() -> Path:
    """The folder of the model that is measured."""
    from models.artifact import DEFAULT_FOLDER

    return Path(ServeSettings().model or DEFAULT_FOLDER)


def real_app() -> FastAPI:
    """The application as it ships, its log included."""
    logging.config.dictConfig(LOG_CONFIG)
    return create_app(ServeSettings())


def constant_app() -> FastAPI:
    """The same with a model that costs nothing."""
    logging.config.dictConfig(LOG_CONFIG)
    return create_app(ServeSettings(), ConstantModel())
