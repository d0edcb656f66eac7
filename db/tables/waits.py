"""Tables `events`, `waiters`: events from outside and the runs that wait for them."""

from uuid import UUID

from sqlalchemy import ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, OwnedByWorkspace, WorkspaceId


class Event(Base):
    """An event from outside; kept until a waiter takes it."""

    __tablename__ = "events"
    __table_args__ = (
        Index(
            "events_idempotency_key_idx",
            "workspace_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        Index(
            "events_kept_idx", "workspace_id", "type", "key", "created_at", postgresql_where=text("waiter_id IS NULL")
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    type: Mapped[str]
    key: Mapped[str]
    data: Mapped[Json | None]
    idempotency_key: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    waiter_id: Mapped[UUID | None]


class Waiter(Base):
    """A step that waits for an event."""

    __tablename__ = "waiters"
    __table_args__ = (
        UniqueConstraint("run_id", "run_attempt", "path", "iteration", name="waiters_step_key"),
        ForeignKeyConstraint(["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"], ondelete="CASCADE"),
        Index(
            "waiters_waiting_idx",
            "workspace_id",
            "type",
            "key",
            "created_at",
            postgresql_where=text("status = 'waiting'"),
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    run_id: Mapped[UUID]
    run_attempt: Mapped[int] = mapped_column(server_default="1")
    workflow_id: Mapped[str]
    path: Mapped[str]
    iteration: Mapped[int]
    type: Mapped[str]
    key: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="waiting")
    event_id: Mapped[UUID | None]
    created_at: Mapped[CreatedAt]
    filter: Mapped[str | None]
    """Expression over `event` and `values`; only events for which it holds are taken."""
    filter_values: Mapped[Json | None]
