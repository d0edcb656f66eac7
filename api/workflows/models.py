"""Requests and answers about workflows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.errors import FaultProblem


class FaultList(BaseModel):
    """What is wrong with a document; empty if it can be published."""

    faults: list[FaultProblem]


class PublishedVersion(BaseModel):
    """A version as publishing answers it."""

    slug: str
    name: str
    version: int
    version_id: UUID
    plan_hash: str = Field(description="Content hash of what runs of this version execute.")
    created: bool = Field(description="False if the newest version had the same content already.")
    created_at: datetime


class VersionSummary(BaseModel):
    """One version of a workflow."""

    version: int
    version_id: UUID
    plan_hash: str
    note: str | None
    created_at: datetime


class WorkflowSummary(BaseModel):
    """A workflow."""

    slug: str
    name: str
    version: int = Field(description="Its newest version.")
    created_at: datetime
    published_at: datetime = Field(description="When the newest version was published.")


class WorkflowPage(BaseModel):
    """Workflows by slug."""

    items: list[WorkflowSummary]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class WorkflowDetail(WorkflowSummary):
    """A workflow with its latest versions."""

    versions: list[VersionSummary] = Field(description="The newest first, at most a hundred.")


class VersionDetail(VersionSummary):
    """A version with its document."""

    slug: str
    name: str
    input_schema: dict[str, Any] = Field(description="JSON Schema of the input of its runs.")
    document: dict[str, Any]
