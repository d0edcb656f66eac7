"""Requests and answers about privacy."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, StringConstraints

from api.workflows.draft_models import Body
from schemas.privacy import DataClass, JobKind, JobStatus
from schemas.private_data import Kind

FieldPath = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^.\s][^\s]*$"),
    Field(examples=["birthday", "customer.address.*"]),
]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=2_000)]


class Masking(BaseModel):
    """What is masked, and where."""

    mask_logs: bool = Field(description="In the logs of API and workers.")
    mask_views: bool = Field(
        description="In runs, steps, events, approvals and chats, for everybody without the permission `personal:read`."
    )
    mask_events: bool = Field(description="In what subscriptions are told.")
    kinds: list[Kind] = Field(description="Found by their form: e-mail, telephone, card (Luhn), IBAN (check digits).")
    fields: list[str] = Field(description="Names of fields, or paths with `*` for any name; masked whatever they hold.")


class ChangeMasking(Body):
    """Body of a change of masking."""

    mask_logs: bool = True
    mask_views: bool = False
    mask_events: bool = False
    kinds: list[Kind] = Field(default_factory=lambda: list(Kind), max_length=10)
    fields: list[FieldPath] = Field(default_factory=list, max_length=200)


class RetentionRule(Body):
    """How long a class of data is kept."""

    data: DataClass
    days: int = Field(ge=1, le=36_500, description="Older rows are deleted.")
    keep_last: int = Field(
        default=0,
        ge=0,
        le=100_000,
        description="So many of the last are kept however old they are, each workflow's own.",
    )


class Retention(BaseModel):
    """The rules of a workspace; what has none is kept for ever."""

    rules: list[RetentionRule]
    next_at: datetime = Field(description="When they are carried out next.")


class ChangeRetention(Body):
    """Body of a change of all rules."""

    rules: list[RetentionRule] = Field(max_length=len(DataClass))


class PreviewRetention(Body):
    """Body of a preview."""

    rules: list[RetentionRule] | None = Field(
        default=None, max_length=len(DataClass), description="Rules to try; those of the workspace by default."
    )


class WouldDelete(BaseModel):
    """What a rule would delete from a table now."""

    data: DataClass
    table: str
    rows: int
    oldest: datetime | None


class RetentionPreview(BaseModel):
    """What the rules would delete now; nothing of a run that has not ended, nothing that is held."""

    would_delete: list[WouldDelete]


class CreateLegalHold(Body):
    """Body of a hold; names a run or a workflow."""

    run_id: UUID | None = None
    workflow: str | None = Field(default=None, min_length=1, max_length=100, description="Slug: all its runs.")
    reason: Reason


class LegalHold(BaseModel):
    """A run, or every run of a workflow, that is kept whatever the rules say."""

    id: UUID
    subject_kind: Literal["run", "workflow"]
    subject_id: UUID
    workflow: str | None = Field(description="Slug of the workflow.")
    reason: str
    created_by: str
    created_at: datetime
    released_at: datetime | None


class LegalHoldPage(BaseModel):
    """Holds, the newest first."""

    items: list[LegalHold]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class DataKey(BaseModel):
    """A key under which the workspace's payloads in Temporal are encrypted."""

    id: UUID
    created_at: datetime
    retired_at: datetime | None = Field(description="Since when it only decrypts.")
    destroyed_at: datetime | None


class DataKeys(BaseModel):
    """The keys of a workspace, the newest first."""

    encrypts: bool = Field(description="Whether payloads are encrypted at all.")
    items: list[DataKey]


class PrivacyJob(BaseModel):
    """Retention, export or erasure, under way or over."""

    id: UUID
    kind: JobKind
    status: JobStatus
    counts: dict[str, int] = Field(description="Rows that were deleted or written, by table.")
    done: int
    progress: float | None = Field(description="From 0 to 1, where that is known.")
    note: str | None = Field(description="What it waits for, or why it failed.")
    created_by: str
    created_at: datetime
    due_at: datetime = Field(description="Before it nothing happens, and it can be cancelled.")
    started_at: datetime | None
    ended_at: datetime | None
    expires_at: datetime | None = Field(description="Until when an archive can be fetched.")


class PrivacyJobPage(BaseModel):
    """Jobs, the newest first."""

    items: list[PrivacyJob]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class ErasePerson(Body):
    """Body of the erasure of a person."""

    subject: Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=320)] = Field(
        description="E-mail address, id, or another text that stands for the person in inputs of runs, chats, memories."
    )
    confirm: str = Field(max_length=320, description="The same once more.")
    reason: Reason


class EraseWorkspace(Body):
    """Body of the erasure of a workspace."""

    confirm: str = Field(max_length=100, description="Slug of the workspace, typed.")
    grace_days: int = Field(default=14, ge=1, le=90, description="Until then it can be cancelled.")
    reason: Reason


class RevealStep(Body):
    """Body of revealing a field of a run or of one of its steps."""

    path: str | None = Field(default=None, min_length=1, max_length=2_000, description="Of the step; null: of the run.")
    iteration: int = Field(default=0, ge=0, le=2**31 - 1)
    field: Literal["input", "output", "error"]
    reason: Reason


class RevealApproval(Body):
    """Body of revealing a field of an approval."""

    field: Literal["title", "body", "payload", "data"]
    reason: Reason


class Revealed(BaseModel):
    """A value as it is."""

    value: Any


class EncodedPayload(BaseModel):
    """A payload as Temporal writes it in JSON."""

    metadata: dict[str, str] = Field(default_factory=dict, description="Values in base64.")
    data: str = Field(default="", description="Base64.")


class Payloads(BaseModel):
    """Payloads of an event."""

    payloads: list[EncodedPayload] = Field(max_length=2_000)
