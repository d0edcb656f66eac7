"""Requests and answers about events from outside."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field


class PublishEvent(BaseModel):
    """Body of an event."""

    model_config = ConfigDict(extra="forbid")

    type: str = Field(min_length=1, max_length=200, description="Kind of event, as `wait` nodes name it.")
    key: str = Field(min_length=1, max_length=500, description="Correlation key, e.g. an order number.")
    data: Any = Field(default=None, description="What the waiting step gives as its output.")


class PublishedEvent(BaseModel):
    """What became of an event."""

    id: UUID
    type: str
    key: str
    created_at: datetime
    run_id: UUID | None = Field(description="Run that took it at once; null if it is kept for one that will wait.")
