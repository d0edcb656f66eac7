"""Tables `workflows`, `workflow_versions`, `workflow_drafts`, `draft_revisions`, `blobs`: what can be run."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, Moment, OwnedByWorkspace, WorkspaceId


class Workflow(Base):
    """A named workflow; its content is in its versions."""

    __tablename__ = "workflows"
    __table_args__ = (
        UniqueConstraint("workspace_id", "slug"),
        UniqueConstraint("workspace_id", "id"),
        Index("workflows_agents_idx", "workspace_id", "slug", postgresql_where=text("type = 'agent'")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    slug: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'::text[]"))
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Moment | None]
    type: Mapped[str] = mapped_column(server_default="workflow")
    """`schemas.agent_documents.WorkflowType`."""


class WorkflowVersion(Base):
    """A published version, or a draft as it was tried out (version 0): never changed, only added."""

    __tablename__ = "workflow_versions"
    __table_args__ = (
        UniqueConstraint("workflow_id", "version", "trial"),
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id", "workflow_id"], ["workflows.workspace_id", "workflows.id"]),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    workflow_id: Mapped[UUID]
    version: Mapped[int]
    document: Mapped[Json] = mapped_column(nullable=False)
    plan_hash: Mapped[str]
    blob_hash: Mapped[str]
    blob_size: Mapped[int] = mapped_column(BigInteger)
    note: Mapped[str | None]
    author: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    trial: Mapped[str] = mapped_column(server_default="")
    """Hash of the plan if this is a draft that was tried out, else empty."""


class WorkflowDraft(Base):
    """Where the draft of a workflow stands; its document is the revision of that number."""

    __tablename__ = "workflow_drafts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "workflow_id"], ["workflows.workspace_id", "workflows.id"], ondelete="CASCADE"
        ),
    )

    workflow_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    revision: Mapped[int]
    base_version: Mapped[int | None]
    """Version from which the draft was made."""
    changed: Mapped[bool]
    """Whether it says anything else than that version; never published counts as changed."""
    faults: Mapped[int]
    """How many it had when it was saved."""


class DraftRevision(Base):
    """A document as it was saved; only the latest ones are kept."""

    __tablename__ = "draft_revisions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "workflow_id"], ["workflows.workspace_id", "workflows.id"], ondelete="CASCADE"
        ),
    )

    workflow_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    document: Mapped[Json] = mapped_column(nullable=False)
    saved_by: Mapped[str]
    saved_at: Mapped[CreatedAt]


class Blob(Base):
    """Content-addressed bytes of one workspace: plans and large payloads."""

    __tablename__ = "blobs"
    __table_args__ = (Index("blobs_used_idx", "workspace_id", "used_at"),)

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]
    used_at: Mapped[CreatedAt]
    """When it was written last, to the hour; what nobody has written for long is needed by no run that goes on."""
