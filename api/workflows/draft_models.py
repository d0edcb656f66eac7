"""Requests and answers about drafts."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from api.errors import FaultProblem
from schemas.document_diff import DocumentDiff

NewSlug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,99}$", examples=["refund-triage"])]
Tag = Annotated[str, Field(min_length=1, max_length=50, pattern=r"^[^\s,]([^,\n\t]*[^\s,])?$", examples=["finance"])]
Revision = Annotated[int, Field(ge=1, le=2**31 - 1)]


class Body(BaseModel):
    """Base of request bodies: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class CreateWorkflow(Body):
    """Body of creating a workflow that has a draft only."""

    name: str = Field(min_length=1, max_length=200, examples=["Refund triage"])
    slug: NewSlug | None = Field(default=None, description="Made from the name by default.")
    tags: list[Tag] = Field(default_factory=list, max_length=20)
    document: dict[str, Any] | None = Field(
        default=None, description="What the draft begins with; its name gives way to `name`. Empty by default."
    )


class CloneWorkflow(Body):
    """Body of a clone."""

    name: str | None = Field(default=None, min_length=1, max_length=200, description="Name; `… (copy)` by default.")
    slug: NewSlug | None = Field(default=None, description="Made from the name by default.")
    version: int | None = Field(default=None, ge=1, le=2**31 - 1, description="Version to copy; the draft by default.")


class SaveDraft(Body):
    """Body of saving a draft."""

    document: dict[str, Any] = Field(description="The whole document; it may have faults.")
    revision: Revision | None = Field(
        default=None, description="The revision that was edited; may stand in the header If-Match instead."
    )


class PublishDraft(Body):
    """Body of publishing a draft."""

    revision: Revision | None = Field(
        default=None, description="The revision that was reviewed; may stand in the header If-Match instead."
    )
    note: str | None = Field(default=None, max_length=2_000, description="What is new, for people.")
    over: int | None = Field(
        default=None,
        ge=1,
        le=2**31 - 1,
        description="Needed if a version was published past the draft: the newest one, whose changes are then undone.",
    )


class RestoreVersion(Body):
    """Body of restoring a version into the draft."""

    revision: Revision | None = Field(
        default=None, description="The revision that gives way; may stand in the header If-Match instead."
    )


class Draft(BaseModel):
    """The draft of a workflow, with all that is wrong with it."""

    slug: str
    name: str
    revision: int = Field(description="Counts up with every save; send it back when you save.")
    document: dict[str, Any]
    faults: list[FaultProblem] = Field(description="Why it cannot be published; empty if it can.")
    base_version: int | None = Field(description="The version from which it was made; null if there was none.")
    changed: bool = Field(description="Whether it says anything else than the newest version.")
    saved_by: str
    saved_at: datetime


class DraftSide(BaseModel):
    """One side of a conflict between two editors."""

    revision: int
    document: dict[str, Any]
    saved_by: str
    saved_at: datetime


class DraftConflict(BaseModel):
    """`details` of `stale_revision`: what is stored now, and what the caller's edit began with."""

    expected: int
    stored: DraftSide
    base: DraftSide | None = Field(description="Null if that revision is too old to be kept.")
    changes: DocumentDiff | None = Field(description="What others changed from `base` to `stored`.")
