"""Tables `workflows`, `workflow_versions`, `blobs`: what can be run."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, Moment, OwnedByWorkspace, WorkspaceId


class Workflow(Base):
    """A named workflow; its content is in its versions."""

    __tablename__ = "workflows"
    __table_args__ = (UniqueConstraint("workspace_id", "slug"), UniqueConstraint("workspace_id", "id"))

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    slug: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[CreatedAt]
    archived_at: Mapped[Moment | None]


class WorkflowVersion(Base):
    """A published version: never changed, only added."""

    __tablename__ = "workflow_versions"
    __table_args__ = (
        UniqueConstraint("workflow_id", "version"),
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


class Blob(Base):
    """Content-addressed bytes of one workspace: plans and large payloads."""

    __tablename__ = "blobs"

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[CreatedAt]
