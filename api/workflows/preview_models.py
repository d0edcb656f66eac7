"""Requests and answers about what publishing a draft would do."""

from enum import StrEnum
from uuid import UUID

from pydantic import BaseModel, Field

from api.errors import FaultProblem
from api.workflows.draft_models import Body, Revision
from schemas.document_diff import DocumentDiff
from schemas.messages import RunStatus
from workflows.graph_run.comparison import Reason

MAX_RUNS = 50


class PreviewPublish(Body):
    """Body of a preview."""

    revision: Revision | None = Field(default=None, description="The revision to look at; the newest by default.")
    runs: int = Field(default=20, ge=0, le=MAX_RUNS, description="How many of the latest finished runs to compare.")


class RunsOnVersion(BaseModel):
    """Runs that go on as they began."""

    version: int
    runs: int = Field(description="Runs that have not ended; they stay on this version.")
    approvals: int = Field(description="Requests to people of these runs that wait for an answer.")


class DivergingRun(BaseModel):
    """A finished run that would have gone another way."""

    run_id: UUID
    version: int
    status: RunStatus
    node: str = Field(description="Where the ways part: the first such node of the root graph.")
    iteration: int
    reason: Reason
    message: str = Field(description="What would have been different, in a sentence.")


class OtherSettings(BaseModel):
    """A node that runs would have reached as well, but called with other settings."""

    node: str
    runs: int


class NotComparedReason(StrEnum):
    """Why a run was left out."""

    TOO_LARGE = "too_large"
    """It has too many steps, or too much data."""
    OUT_OF_TIME = "out_of_time"
    """The others took all the time there is for a preview."""
    REDONE = "redone"
    """It was undone in part and retried, so its record tells of two ways."""


class NotCompared(BaseModel):
    """Runs that were left out."""

    reason: NotComparedReason
    runs: int


class PublishPreview(BaseModel):
    """What publishing a draft would do. Looking at it changes nothing."""

    slug: str
    revision: int
    newest_version: int | None = Field(description="Null if nothing was published yet.")
    unchanged: bool = Field(description="Whether the newest version says the same, so that nothing would be published.")
    past_draft: bool = Field(description="Whether that version was published after the draft was begun.")
    faults: list[FaultProblem] = Field(description="Why it cannot be published; nothing is compared then.")
    diff: DocumentDiff | None = Field(description="From the newest version to the draft.")
    staying: list[RunsOnVersion] = Field(description="Runs that go on on the version on which they began.")
    compared: int = Field(description="Finished runs that were sent through the draft with their recorded outputs.")
    diverging: list[DivergingRun] = Field(description="Those that would have gone another way, the newest first.")
    other_settings: list[OtherSettings] = Field(description="Nodes that runs would have called with other settings.")
    not_compared: list[NotCompared]
