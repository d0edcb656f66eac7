"""Tables `runs`, `steps`, `run_events`: the run log."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Index, LargeBinary, Numeric, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, Moment, WorkspaceId

MONEY = Numeric(18, 9)
"""US dollars."""


class Run(Base):
    """One execution of a version. `attempt` counts retries of the run; the row is the promise that it will happen."""

    __tablename__ = "runs"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id", "workflow_id"], ["workflows.workspace_id", "workflows.id"]),
        ForeignKeyConstraint(
            ["workspace_id", "version_id"], ["workflow_versions.workspace_id", "workflow_versions.id"]
        ),
        Index(
            "runs_idempotency_key_idx",
            "workspace_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        Index("runs_list_idx", "workspace_id", "created_at", "id"),
        Index("runs_status_idx", "workspace_id", "status", "created_at", "id"),
        Index("runs_workflow_idx", "workflow_id", "created_at", "id"),
        Index("runs_workflow_status_idx", "workflow_id", "status", "created_at", "id"),
        Index("runs_version_idx", "version_id", "created_at", "id"),
        Index("runs_pending_idx", "created_at", postgresql_where=text("status = 'pending'")),
        Index(
            "runs_unfinished_idx",
            "created_at",
            postgresql_where=text("status IN ('pending', 'running', 'paused')"),
        ),
        Index(
            "runs_parent_idx",
            "parent_run_id",
            "created_at",
            "id",
            postgresql_where=text("parent_run_id IS NOT NULL"),
        ),
        Index("runs_restored_idx", "id", postgresql_where=text("restored_at IS NOT NULL")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    workflow_id: Mapped[UUID]
    version_id: Mapped[UUID]
    status: Mapped[str] = mapped_column(server_default="pending")
    attempt: Mapped[int] = mapped_column(server_default="1")
    input: Mapped[Json | None]
    output: Mapped[Json | None]
    error: Mapped[Json | None]
    cost_usd: Mapped[Decimal] = mapped_column(MONEY, server_default="0")
    tokens_in: Mapped[int] = mapped_column(BigInteger, server_default="0")
    tokens_out: Mapped[int] = mapped_column(BigInteger, server_default="0")
    steps_done: Mapped[int] = mapped_column(server_default="0")
    idempotency_key: Mapped[str | None]
    request_hash: Mapped[str | None]
    trigger: Mapped[str] = mapped_column(server_default="api")
    started_by: Mapped[Json | None]
    parent_run_id: Mapped[UUID | None]
    parent_path: Mapped[str | None]
    forked_from: Mapped[UUID | None]
    edit: Mapped[Json | None]
    snapshot: Mapped[bytes | None] = mapped_column(LargeBinary)
    pinned: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    last_event_seq: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[CreatedAt]
    started_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    dispatched_at: Mapped[Moment | None]
    updated_at: Mapped[CreatedAt]
    steering: Mapped[Json | None]
    """The last thing that somebody wanted of this attempt: `action`, `by`, `reason`, `at`."""
    retry_key: Mapped[str | None]
    """Idempotency key of the request that began this attempt."""
    backed_up_at: Mapped[Moment | None]
    """When the backup was taken from which the row came back; nothing once it has been compared with Temporal."""
    restored_at: Mapped[Moment | None]


class Step(Base):
    """One node in one iteration; holds the recorded result that makes a repeated attempt harmless."""

    __tablename__ = "steps"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"], ondelete="CASCADE"),
    )

    workspace_id: Mapped[WorkspaceId]
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    run_attempt: Mapped[int] = mapped_column(server_default="1")
    path: Mapped[str] = mapped_column(primary_key=True)
    iteration: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]
    status: Mapped[str]
    attempt: Mapped[int] = mapped_column(server_default="1")
    input: Mapped[Json | None]
    output: Mapped[Json | None]
    error: Mapped[Json | None]
    port: Mapped[str | None]
    cost_usd: Mapped[Decimal] = mapped_column(MONEY, server_default="0")
    tokens_in: Mapped[int] = mapped_column(BigInteger, server_default="0")
    tokens_out: Mapped[int] = mapped_column(BigInteger, server_default="0")
    details: Mapped[Json | None]
    started_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    deltas: Mapped[int] = mapped_column(server_default="0")
    """Number of `step.delta` events of the attempt under way."""
    entry_at: Mapped[Moment | None]
    """Workflow time of the last entry that changed the row; an older entry that is repeated changes nothing."""
    entry_rank: Mapped[int | None]
    """How far that entry was: 1 running, 2 waiting, 3 resolved, 4 compensated."""
    next_attempt_at: Mapped[Moment | None]
    """When a failed attempt is followed by the next one."""
    sent: Mapped[Json | None]
    """A call that must not be made twice and was not answered yet; `schemas.unknown_outcomes.SentCall`."""


class RunEventRow(Base):
    """One entry of a run's gapless history; `schemas.run_events.RunEvent` as a row."""

    __tablename__ = "run_events"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"], ondelete="CASCADE"),
    )

    workspace_id: Mapped[WorkspaceId]
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    type: Mapped[str]
    at: Mapped[CreatedAt]
    path: Mapped[str | None]
    iteration: Mapped[int | None]
    attempt: Mapped[int | None]
    data: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
