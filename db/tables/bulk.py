"""Tables `bulk_jobs`, `bulk_items`: one operation on many runs, and what became of each."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Moment, OwnedByWorkspace, WorkspaceId


class BulkJob(Base):
    """A preview until it is started; from then on the promise that it will be carried out."""

    __tablename__ = "bulk_jobs"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        Index("bulk_jobs_list_idx", "workspace_id", "created_at", "id"),
        Index(
            "bulk_jobs_unfinished_idx",
            "updated_at",
            postgresql_where=text("status IN ('pending', 'running', 'stopping')"),
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    operation: Mapped[str]
    parameters: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    filter: Mapped[Any] = mapped_column(JSONB)
    preview: Mapped[Any] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(server_default="preview")
    total: Mapped[int]
    done: Mapped[int] = mapped_column(server_default="0")
    skipped: Mapped[int] = mapped_column(server_default="0")
    failed: Mapped[int] = mapped_column(server_default="0")
    note: Mapped[str | None]
    """Why it pauses, such as a quota that is used up."""
    created_by: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
    per_minute: Mapped[int | None]
    """How many runs may be handled within a minute."""
    expires_at: Mapped[Moment | None]
    """Until when the preview can be started."""
    accepted_at: Mapped[Moment | None]
    dispatched_at: Mapped[Moment | None]
    started_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    updated_at: Mapped[CreatedAt]


class BulkItem(Base):
    """One run of a job."""

    __tablename__ = "bulk_items"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "bulk_id"], ["bulk_jobs.workspace_id", "bulk_jobs.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"], ondelete="CASCADE"),
        Index("bulk_items_run_idx", "workspace_id", "run_id"),
        Index("bulk_items_open_idx", "bulk_id", "place", postgresql_where=text("outcome IS NULL")),
    )

    workspace_id: Mapped[WorkspaceId]
    bulk_id: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)
    """Order in which runs are handled: the oldest first."""
    run_id: Mapped[UUID]
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    new_run_id: Mapped[UUID | None]
    """The fork, if that was asked for."""
    settled_at: Mapped[Moment | None]
