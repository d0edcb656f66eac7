"""Requests and answers about memories."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.workflows.draft_models import Body

Fact = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000)]
Scope = Annotated[str, Field(min_length=1, max_length=100, examples=["support-agent"])]
Subject = Annotated[str, Field(min_length=1, max_length=320, examples=["ada@example.com"])]


class Memory(BaseModel):
    """A fact that an agent keeps."""

    id: UUID
    memory: str = Field(description="Whose memory it is in.")
    subject: str | None = Field(description="Whom or what it is about.")
    text: str
    source: dict[str, Any] = Field(description="Where it comes from: `run_id` and `path` of the step, or `person`.")
    expires_at: datetime | None
    created_by: str
    created_at: datetime
    updated_at: datetime


class MemoryPage(BaseModel):
    """Facts, the newest first."""

    items: list[Memory]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class CreateMemory(Body):
    """Body of keeping a fact."""

    memory: Scope
    text: Fact
    subject: Subject | None = None
    expires_at: datetime | None = None


class ChangeMemory(Body):
    """Body of correcting a fact."""

    text: Fact
    expires_at: datetime | None = Field(default=None, description="Null: it is kept for ever.")


class EraseMemories(Body):
    """Body of forgetting all that is known about somebody."""

    subject: Subject
    memory: Scope | None = Field(default=None, description="Only in this memory; in all of them by default.")


class Erased(BaseModel):
    """What was forgotten."""

    count: int
