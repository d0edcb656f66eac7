"""Answers about the audit log."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, Field

from api.audit.verification import ProblemKind


class ActorKind(StrEnum):
    """What proved who acted."""

    USER = "user"
    KEY = "key"
    OPERATOR = "operator"
    SYSTEM = "system"


class ExportFormat(StrEnum):
    """How entries are written to a file."""

    CSV = "csv"
    JSONL = "jsonl"


class AuditActor(BaseModel):
    """Who did it."""

    kind: ActorKind = Field(description="What proved who it was.")
    id: UUID | None = Field(description="User or key; null for the operator's token and for Perdure itself.")
    name: str = Field(description="As it was then: e-mail address, name of the key.", examples=["ada@example.com"])
    address: str = Field(description="Network address of the caller.")


class AuditSubject(BaseModel):
    """What was changed."""

    kind: str = Field(examples=["workflow"])
    id: str = Field(examples=["refund-triage"])


class AuditEntry(BaseModel):
    """One change."""

    id: int
    at: datetime
    actor: AuditActor
    action: str = Field(examples=["workflow.published"])
    subject: AuditSubject
    request_id: str = Field(description="`X-Request-Id` of the request that made the change.")
    before: Any = Field(description="What it was; null if it is new. Never a secret.")
    after: Any = Field(description="What it is since; null if it is gone.")
    number: int | None = Field(description="Place in the chain; null for a row that somebody has put beside it.")
    previous_hash: str | None = Field(description="Hash of the entry before, in hexadecimal digits.")
    hash: str | None = Field(description="SHA-256 over the entry and the hash before; docs/audit.md has the form.")
    redacted: bool = Field(description="Whether what was personal in it was erased.")


class AuditPage(BaseModel):
    """Changes, the latest first."""

    items: list[AuditEntry]
    next_cursor: str | None = Field(description="`cursor` of the next page; null on the last.")


class AuditHead(BaseModel):
    """The end of the chain. Whoever keeps it elsewhere notices later that entries up to there are gone or changed."""

    workspace_id: UUID
    number: int = Field(description="Of the last entry; 0 before the first.")
    hash: str
    mark: str = Field(description="Number and hash in one text, as `verify_audit_log` reads it.", examples=["7:9f86…"])
    removed_through: int = Field(description="Entries up to this one were removed for their age.")


class AuditProblem(BaseModel):
    """Something that is wrong with the log."""

    kind: ProblemKind = Field(
        description="`changed`, `missing`, `inserted` beside the chain, `blanked` in secret, or a wrong `head`."
    )
    message: str = Field(description="What is wrong and where, in a sentence.")
    number: int | None = Field(description="Number of the entry, or of the first one; null if it has none.")
    last_number: int | None = Field(description="Number of the last one, if there are several.")
    entry_id: int | None = Field(description="Id of the entry, if it is known.")


class AuditVerification(BaseModel):
    """What came of checking a portion of the chain."""

    intact: bool = Field(description="Nothing is wrong in this portion.")
    complete: bool = Field(description="The end was reached; otherwise go on with `after` = `through`.")
    checked: int = Field(description="Entries that were looked at.")
    redacted: int = Field(description="Of these, entries whose personal part was erased in the open.")
    begins: str = Field(description="Mark after which the portion begins.")
    through: str = Field(description="Mark of the last entry that was looked at.")
    problems: list[AuditProblem]
