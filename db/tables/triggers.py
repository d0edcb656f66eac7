"""Tables of triggers: schedules, hooks with what came in, subscriptions with what goes out."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, Moment, OwnedByWorkspace, WorkspaceId


def _of_workflow() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id", "workflow_id"], ["workflows.workspace_id", "workflows.id"])


def _part_of(table: str, column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["workspace_id", column], [f"{table}.workspace_id", f"{table}.id"], ondelete="CASCADE")


class Schedule(Base):
    """When a workflow starts by itself; Temporal's schedule is made from it."""

    __tablename__ = "schedules"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        _of_workflow(),
        Index("schedules_list_idx", "workspace_id", "created_at", "id", postgresql_where=text("deleted_at IS NULL")),
        Index("schedules_workflow_idx", "workflow_id"),
        Index("schedules_unsynced_idx", "updated_at", postgresql_where=text("synced_revision < revision")),
        Index("schedules_synced_idx", "synced_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    workflow_id: Mapped[UUID]
    name: Mapped[str]
    version: Mapped[int | None]
    input: Mapped[Any] = mapped_column(JSONB)
    times: Mapped[Any] = mapped_column(JSONB)
    """`schemas.schedules.ScheduleTimes`."""
    overlap: Mapped[str]
    catch_up_seconds: Mapped[int]
    paused: Mapped[bool] = mapped_column(server_default="false")
    pause_reason: Mapped[str | None]
    revision: Mapped[int] = mapped_column(server_default="1")
    synced_revision: Mapped[int] = mapped_column(server_default="0")
    synced_at: Mapped[Moment | None]
    sync_error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[str]
    deleted_at: Mapped[Moment | None]
    """Since when it is to be forgotten; the row goes when Temporal has forgotten it."""


class ScheduleStart(Base):
    """One time at which a schedule acted."""

    __tablename__ = "schedule_starts"
    __table_args__ = (
        _part_of("schedules", "schedule_id"),
        CheckConstraint("status IN ('started', 'failed')", name="schedule_starts_status_check"),
        Index("schedule_starts_run_idx", "run_id", postgresql_where=text("waiter IS NOT NULL")),
        Index("schedule_starts_old_idx", "created_at"),
    )

    schedule_id: Mapped[UUID] = mapped_column(primary_key=True)
    scheduled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    status: Mapped[str]
    run_id: Mapped[UUID | None]
    error: Mapped[Json | None]
    waiter: Mapped[str | None]
    """Temporal workflow that waits for the end of the run."""
    created_at: Mapped[CreatedAt]


class ScheduleBackfill(Base):
    """Past times that somebody wants to be made up for."""

    __tablename__ = "schedule_backfills"
    __table_args__ = (
        _part_of("schedules", "schedule_id"),
        Index("schedule_backfills_list_idx", "schedule_id", "created_at"),
        Index("schedule_backfills_waiting_idx", "created_at", postgresql_where=text("sent_at IS NULL")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    schedule_id: Mapped[UUID]
    starts_at: Mapped[Moment]
    ends_at: Mapped[Moment]
    requested_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    sent_at: Mapped[Moment | None]


class Hook(Base):
    """A way in: a webhook, a form, or mails."""

    __tablename__ = "hooks"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        _of_workflow(),
        CheckConstraint("kind IN ('webhook', 'form', 'email')", name="hooks_kind_check"),
        Index("hooks_list_idx", "workspace_id", "created_at", "id"),
        Index("hooks_workflow_idx", "workflow_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    workflow_id: Mapped[UUID]
    kind: Mapped[str]
    name: Mapped[str]
    version: Mapped[int | None]
    settings: Mapped[Any] = mapped_column(JSONB)
    """`schemas.hooks.HookSettings`."""
    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[str]


class HookDelivery(Base):
    """Something that came in through a hook, and what became of it."""

    __tablename__ = "hook_deliveries"
    __table_args__ = (
        _part_of("hooks", "hook_id"),
        CheckConstraint("status IN ('started', 'ignored', 'failed', 'refused')", name="hook_deliveries_status_check"),
        Index(
            "hook_deliveries_once_idx",
            "hook_id",
            "delivery_id",
            unique=True,
            postgresql_where=text("delivery_id IS NOT NULL"),
        ),
        Index("hook_deliveries_list_idx", "hook_id", "received_at", "id"),
        Index("hook_deliveries_old_idx", "received_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    hook_id: Mapped[UUID]
    delivery_id: Mapped[str | None]
    """As its sender names it."""
    status: Mapped[str]
    error: Mapped[Json | None]
    content_type: Mapped[str] = mapped_column(server_default="")
    headers: Mapped[Any] = mapped_column(JSONB, server_default="{}")
    query: Mapped[Any] = mapped_column(JSONB, server_default="{}")
    body: Mapped[Json | None]
    size: Mapped[int] = mapped_column(server_default="0")
    address: Mapped[str] = mapped_column(server_default="")
    run_id: Mapped[UUID | None]
    repeats: Mapped[UUID | None]
    """The delivery that somebody let in once more."""
    seen: Mapped[int] = mapped_column(server_default="1")
    """How often its sender has sent it."""
    received_at: Mapped[CreatedAt]


class Subscription(Base):
    """A program outside that hears of runs and approvals."""

    __tablename__ = "subscriptions"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        Index("subscriptions_list_idx", "workspace_id", "created_at", "id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    name: Mapped[str]
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    workflows: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    hint: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    disabled_reason: Mapped[str | None]
    failing_since: Mapped[Moment | None]
    """When the first of the attempts failed after which none succeeded."""
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    owner_id: Mapped[UUID | None]
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[str]


class Callback(Base):
    """One event for one subscription: first the promise to send it, then the log of what became of it."""

    __tablename__ = "callbacks"
    __table_args__ = (
        UniqueConstraint("subscription_id", "key"),
        _part_of("subscriptions", "subscription_id"),
        CheckConstraint("status IN ('pending', 'sending', 'sent', 'failed', 'skipped')", name="callbacks_status_check"),
        Index("callbacks_due_idx", "created_at", postgresql_where=text("status IN ('pending', 'sending')")),
        Index("callbacks_list_idx", "subscription_id", "created_at", "id"),
        Index("callbacks_old_idx", "created_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    subscription_id: Mapped[UUID]
    event: Mapped[str]
    run_id: Mapped[UUID | None]
    key: Mapped[str]
    facts: Mapped[Any] = mapped_column(JSONB, server_default="{}")
    body: Mapped[Json | None]
    """As it is sent: the same at every attempt."""
    status: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[int] = mapped_column(server_default="0")
    log: Mapped[Any] = mapped_column(JSONB, server_default="[]")
    """The latest attempts, the first one first."""
    response_status: Mapped[int | None]
    error: Mapped[str | None]
    duration_ms: Mapped[int | None]
    uncertain: Mapped[bool] = mapped_column(server_default="false")
    repeats: Mapped[UUID | None]
    at: Mapped[CreatedAt]
    """When the event happened."""
    created_at: Mapped[CreatedAt]
    dispatched_at: Mapped[Moment | None]
    sent_at: Mapped[Moment | None]
