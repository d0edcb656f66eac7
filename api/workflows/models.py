"""Requests and answers about workflows and their versions."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.errors import FaultProblem
from api.workflows.draft_models import Body, Tag
from schemas.agent_documents import WorkflowType
from schemas.document_diff import DocumentDiff
from schemas.messages import RunStatus


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
    note: str | None
    author: str | None
    created: bool = Field(description="False if the newest version had the same content already.")
    created_at: datetime


class VersionSummary(BaseModel):
    """One version of a workflow."""

    version: int
    version_id: UUID
    plan_hash: str
    note: str | None
    author: str | None
    created_at: datetime


class VersionPage(BaseModel):
    """Versions, the newest first."""

    items: list[VersionSummary]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class DraftState(StrEnum):
    """How a draft compares with what is published."""

    UNCHANGED = "unchanged"
    """It says the same as the newest version."""
    CHANGED = "changed"
    """It could be published."""
    FAULTY = "faulty"
    """It had faults when it was saved."""


class DraftSummary(BaseModel):
    """Where the draft of a workflow stands."""

    state: DraftState
    revision: int
    base_version: int | None
    saved_by: str
    saved_at: datetime


class LastRun(BaseModel):
    """The latest run of a workflow that was no test."""

    id: UUID
    status: RunStatus
    created_at: datetime


class RecentRun(BaseModel):
    """How a run went, in as few words as a small picture of it needs."""

    id: UUID
    status: RunStatus
    seconds: float | None = Field(description="From start to end; null if it goes on or never started.")


class WorkflowSummary(BaseModel):
    """A workflow."""

    slug: str
    type: WorkflowType = Field(description="Agents have further operations below `/v1/agents`.")
    name: str
    description: str | None
    tags: list[str]
    version: int | None = Field(description="Its newest version; null if it was never published.")
    created_at: datetime
    published_at: datetime | None = Field(description="When the newest version was published.")
    archived_at: datetime | None = Field(description="Archived workflows start no runs.")
    draft: DraftSummary | None = Field(description="Null if it was never opened since it was published.")
    last_run: LastRun | None
    success_rate: float | None = Field(
        description="Share of completed runs, from 0 to 1, among those of the last 20 that have ended, tests apart."
    )
    recent_runs: list[RecentRun] = Field(description="The last 20 runs, the latest last, tests apart.")
    edited_by: str | None = Field(description="Who changed it last: saved its draft or published it.")
    edited_at: datetime


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


class SetTags(Body):
    """Body of setting tags."""

    tags: list[Tag] = Field(max_length=20, description="All of them; what is not named is taken away.")


class VersionDiff(BaseModel):
    """What differs between two versions, or between a version and the draft."""

    before: str = Field(description="Number of the version, or `draft`.")
    after: str = Field(description="Number of the version, or `draft`.")
    diff: DocumentDiff
