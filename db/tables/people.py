"""Tables `approvals` and what belongs to a request: who may answer, their votes, and what has happened to it."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    Computed,
    ForeignKeyConstraint,
    Identity,
    Index,
    SmallInteger,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, Moment, WorkspaceId

_PENDING = text("status = 'pending'")
_DUE = text("coalesce(due_at, 'infinity'::timestamptz)")


def _of_approval() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "approval_id"], ["approvals.workspace_id", "approvals.id"], ondelete="CASCADE"
    )


class Approval(Base):
    """A request to a person; `status` is the arbiter between deciders and the deadline."""

    __tablename__ = "approvals"
    __table_args__ = (
        UniqueConstraint("run_id", "run_attempt", "path", "iteration", "purpose", "round", name="approvals_step_key"),
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"], ondelete="CASCADE"),
        Index("approvals_list_idx", "workspace_id", "created_at", "id"),
        Index("approvals_pending_idx", "workspace_id", "created_at", "id", postgresql_where=_PENDING),
        Index("approvals_due_idx", "workspace_id", _DUE, "id", postgresql_where=_PENDING),
        Index(
            "approvals_priority_idx",
            "workspace_id",
            text("(- priority)"),
            "created_at",
            "id",
            postgresql_where=_PENDING,
        ),
        Index("approvals_search_idx", "search", postgresql_using="gin"),
        Index("approvals_untold_idx", "undo_until", postgresql_where=text("NOT told")),
        Index("approvals_rule_idx", "workspace_id", "rule_id", postgresql_where=text("rule_id IS NOT NULL")),
        Index(
            "approvals_claimed_idx",
            "workspace_id",
            "claimed_by",
            postgresql_where=text("status = 'pending' AND claimed_by IS NOT NULL"),
        ),
        Index(
            "approvals_purpose_idx",
            *("workspace_id", "created_at", "id", "purpose"),
            postgresql_where=text("status = 'pending' AND purpose <> 'approval'"),
        ),
        Index("approvals_workflow_idx", "workspace_id", "workflow_slug", "created_at", "id", postgresql_where=_PENDING),
        Index(
            "approvals_decided_idx", "workspace_id", "decided_at", "id", postgresql_where=text("decided_at IS NOT NULL")
        ),
        Index("approvals_tags_idx", "tags", postgresql_using="gin"),
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
    settings: Mapped[Any] = mapped_column(JSONB, server_default="{}")
    """`schemas.approvals.RequestSettings`."""
    digest: Mapped[str] = mapped_column(server_default="")
    revision: Mapped[int] = mapped_column(server_default="1")
    priority: Mapped[int] = mapped_column(SmallInteger, server_default="1")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    workflow_slug: Mapped[str | None]
    stage: Mapped[int] = mapped_column(server_default="0")
    excluded: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), server_default="{}")
    """Users who may not answer, for the sake of separation of duties."""
    final_payload: Mapped[Json | None]
    """The payload with the edits of who decided; nothing if it was left as it was."""
    claimed_by: Mapped[UUID | None]
    claimed_by_name: Mapped[str | None]
    claimed_at: Mapped[Moment | None]
    decided_by_kind: Mapped[str | None]
    decided_by_id: Mapped[UUID | None]
    rule_id: Mapped[UUID | None]
    rule_version: Mapped[int | None]
    sampled: Mapped[bool] = mapped_column(server_default="false")
    """A rule would have decided, but a person was asked as a sample."""
    undo_until: Mapped[Moment | None]
    told: Mapped[bool] = mapped_column(server_default="true")
    """False while a decision can be taken back and its run does not know of it."""
    words: Mapped[str] = mapped_column(server_default="", deferred=True)
    search: Mapped[Any] = mapped_column(
        TSVECTOR, Computed("to_tsvector('simple', words)", persisted=True), deferred=True
    )


class ApprovalAssignee(Base):
    """Somebody who may answer in a stage."""

    __tablename__ = "approval_assignees"
    __table_args__ = (
        _of_approval(),
        Index(
            "approval_assignees_queue_idx",
            "workspace_id",
            "principal",
            "asked_at",
            "approval_id",
            postgresql_where=text("open"),
        ),
        Index(
            "approval_assignees_priority_idx",
            "workspace_id",
            "principal",
            text("(- priority)"),
            "asked_at",
            "approval_id",
            postgresql_where=text("open"),
        ),
        Index(
            "approval_assignees_due_idx",
            "workspace_id",
            "principal",
            _DUE,
            "approval_id",
            postgresql_where=text("open"),
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    approval_id: Mapped[UUID] = mapped_column(primary_key=True)
    stage: Mapped[int] = mapped_column(primary_key=True)
    principal: Mapped[str] = mapped_column(primary_key=True)
    """`anyone`, `user:<id>`, `role:<role>` or `group:<id>`."""
    via: Mapped[str] = mapped_column(server_default="node")
    by_user: Mapped[UUID | None]
    open: Mapped[bool]
    priority: Mapped[int] = mapped_column(SmallInteger)
    due_at: Mapped[Moment | None]
    asked_at: Mapped[Moment]


class ApprovalVote(Base):
    """One answer of one person in one stage."""

    __tablename__ = "approval_votes"
    __table_args__ = (
        UniqueConstraint("approval_id", "stage", "revision", "voter_kind", "voter_id", name="approval_votes_voter_key"),
        _of_approval(),
        Index("approval_votes_voter_idx", "workspace_id", "voter_id", "approval_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    approval_id: Mapped[UUID]
    stage: Mapped[int]
    revision: Mapped[int]
    voter_kind: Mapped[str]
    voter_id: Mapped[UUID | None]
    voter_name: Mapped[str]
    behalf_of: Mapped[UUID | None]
    """Whose assignment the voter used as their substitute."""
    decision: Mapped[str]
    data: Mapped[Json | None]
    payload: Mapped[Json | None]
    reason: Mapped[str | None]
    digest: Mapped[str]
    created_at: Mapped[CreatedAt]


class ApprovalEntry(Base):
    """Something that happened to a request, or was said about it."""

    __tablename__ = "approval_entries"
    __table_args__ = (
        UniqueConstraint("approval_id", "key"),
        _of_approval(),
        Index("approval_entries_list_idx", "approval_id", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    approval_id: Mapped[UUID]
    kind: Mapped[str]
    text: Mapped[str | None]
    data: Mapped[Json | None]
    key: Mapped[str | None]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    created_at: Mapped[CreatedAt]


class ListView(Base):
    """Filters of a list, such as the inbox, that somebody keeps under a name."""

    __tablename__ = "list_views"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "user_id"], ["memberships.workspace_id", "memberships.user_id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(["workspace_id"], ["workspaces.id"]),
        UniqueConstraint(
            "workspace_id", "user_id", "kind", "name", name="list_views_name_key", postgresql_nulls_not_distinct=True
        ),
        CheckConstraint("kind IN ('approvals', 'runs')", "list_views_kind_check"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    user_id: Mapped[UUID | None]
    """Nothing for views of callers that are no people; they share theirs."""
    kind: Mapped[str]
    """The list: `approvals` or `runs`."""
    name: Mapped[str]
    filter: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
