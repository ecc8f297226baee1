"""What the API says of itself, as the OpenAPI document shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field


class Limits(BaseModel):
    """What a request may hold."""

    body_bytes: int
    items: int
    text_chars: int


class ModelInfo(BaseModel):
    """Which model answers."""

    model_version: str
    loaded_at: datetime
    limits: Limits


class Health(BaseModel):
    """State of this worker."""

    status: Literal["live"]


class Ready(BaseModel):
    """State of this worker's model."""

    status: Literal["ready"]
    model_version: str
    update_problem: Annotated[
        Literal["source", "model"] | None,
        Field(
            description="想换的模型没换上,旧模型继续服务:source 找不到,model 加载或自检失败 "
            "the wanted model is not in service, the old one answers on"
        ),
    ]
