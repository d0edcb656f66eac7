"""Table `approvals`: what people are asked, and the one answer that counts."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, Moment, WorkspaceId


class Approval(Base):
    """A request to a person; `status` is the arbiter between deciders and the deadline."""

    __tablename__ = "approvals"
    __table_args__ = (
        UniqueConstraint("run_id", "run_attempt", "path", "iteration", "purpose", "round", name="approvals_step_key"),
        ForeignKeyConstraint(["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"], ondelete="CASCADE"),
        Index("approvals_list_idx", "workspace_id", "created_at", "id"),
        Index("approvals_pending_idx", "workspace_id", "created_at", "id", postgresql_where=text("status = 'pending'")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    run_id: Mapped[UUID]
    run_attempt: Mapped[int] = mapped_column(server_default="1")
    workflow_id: Mapped[str]
    path: Mapped[str]
    iteration: Mapped[int]
    round: Mapped[int] = mapped_column(server_default="0")
    purpose: Mapped[str] = mapped_column(server_default="approval")
    node_name: Mapped[str]
    title: Mapped[str]
    body: Mapped[str] = mapped_column(server_default="")
    payload: Mapped[Json | None]
    form: Mapped[Json | None]
    decisions: Mapped[Any] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(server_default="pending")
    decision: Mapped[str | None]
    data: Mapped[Json | None]
    reason: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[Moment | None]
    due_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
