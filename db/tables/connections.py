"""Tables of connections: OAuth clients, accounts elsewhere, sign-ins, calls; and of places that keep secrets."""

from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, Text, text
from sqlalchemy import UniqueConstraint as Unique
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, Moment, OwnedByWorkspace, WorkspaceId


def _part_of_connection() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "connection_id"], ["connections.workspace_id", "connections.id"], ondelete="CASCADE"
    )


class ConnectionApp(Base):
    """An OAuth client of a workspace at a provider."""

    __tablename__ = "connection_apps"
    __table_args__ = (Unique("workspace_id", "id"), Unique("workspace_id", "name"))

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    name: Mapped[str]
    provider: Mapped[str]
    client_id: Mapped[str]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    endpoints: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[str]


class Connection(Base):
    """An account elsewhere, through which steps act."""

    __tablename__ = "connections"
    __table_args__ = (
        Unique("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id", "app_id"], ["connection_apps.workspace_id", "connection_apps.id"]),
        ForeignKeyConstraint(["workspace_id", "credential_id"], ["credentials.workspace_id", "credentials.id"]),
        CheckConstraint("status IN ('pending', 'active', 'broken')", name="connections_status_check"),
        Index("connections_name_idx", "workspace_id", "name", unique=True, postgresql_where=text("deleted_at IS NULL")),
        Index("connections_app_idx", "app_id"),
        Index("connections_credential_idx", "credential_id"),
        Index("connections_revoked_idx", "deleted_at", postgresql_where=text("deleted_at IS NOT NULL")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    name: Mapped[str]
    provider: Mapped[str]
    app_id: Mapped[UUID | None]
    credential_id: Mapped[UUID | None]
    own_access: Mapped[bool] = mapped_column(server_default="false")
    """The OAuth client is given tokens for itself; nobody signs in."""
    description: Mapped[str] = mapped_column(server_default="")
    api_url: Mapped[str | None]
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    status: Mapped[str] = mapped_column(server_default="pending")
    problem: Mapped[str | None]
    account: Mapped[str | None]
    actions: Mapped[Any] = mapped_column(JSONB, server_default="[]")
    """`schemas.connections.actions.ConnectionAction`, beside those of the provider."""
    allowed: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    workflows: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    calls_per_minute: Mapped[int] = mapped_column(server_default="60")
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    """Left out of a plain `select`: only workers ask for it."""
    revision: Mapped[int] = mapped_column(server_default="0")
    expires_at: Mapped[Moment | None]
    refreshed_at: Mapped[Moment | None]
    refreshing_since: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[str]
    last_used_at: Mapped[Moment | None]
    deleted_at: Mapped[Moment | None]
    dispatched_at: Mapped[Moment | None]


class ConnectionAttempt(Base):
    """A sign-in that was begun."""

    __tablename__ = "connection_attempts"
    __table_args__ = (
        _part_of_connection(),
        Index("connection_attempts_connection_idx", "connection_id"),
        Index("connection_attempts_old_idx", "created_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    connection_id: Mapped[UUID]
    state_hash: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    actor: Mapped[str]
    redirect_uri: Mapped[str]
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    sealed_code: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]


class ConnectionCall(Base):
    """One call of an action; without arguments and answer."""

    __tablename__ = "connection_calls"
    __table_args__ = (
        _part_of_connection(),
        Index("connection_calls_list_idx", "connection_id", "created_at", "id"),
        Index("connection_calls_old_idx", "created_at"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    connection_id: Mapped[UUID]
    action: Mapped[str]
    effect: Mapped[str]
    run_id: Mapped[UUID | None]
    path: Mapped[str | None]
    actor: Mapped[str | None]
    status: Mapped[int | None]
    error_code: Mapped[str | None]
    milliseconds: Mapped[int]
    created_at: Mapped[CreatedAt]


class ConnectionWindow(Base):
    """Calls of a connection in one minute."""

    __tablename__ = "connection_windows"
    __table_args__ = (_part_of_connection(),)

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    minute: Mapped[Moment]
    calls: Mapped[int]


class SecretStore(Base):
    """A place outside that keeps secrets."""

    __tablename__ = "secret_stores"
    __table_args__ = (
        Unique("workspace_id", "id"),
        Unique("workspace_id", "name"),
        Index("secret_stores_default_idx", "workspace_id", unique=True, postgresql_where=text("is_default")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    name: Mapped[str]
    settings: Mapped[Json] = mapped_column(nullable=False)
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True, deferred_raiseload=True)
    is_default: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]
    updated_by: Mapped[str]
