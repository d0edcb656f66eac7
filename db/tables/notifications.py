"""Tables of notifications: channels, preferences, what people should hear of, messages, and links."""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKeyConstraint,
    Identity,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Moment, OwnedByWorkspace, WorkspaceId


def _of_approval() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "approval_id"], ["approvals.workspace_id", "approvals.id"], ondelete="CASCADE"
    )


def _of_session() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "session_id"], ["chat_sessions.workspace_id", "chat_sessions.id"], ondelete="CASCADE"
    )


def _of_member() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "user_id"], ["memberships.workspace_id", "memberships.user_id"], ondelete="CASCADE"
    )


class NotificationChannel(Base):
    """A room of the workspace, its own mail server, or a place of one person."""

    __tablename__ = "notification_channels"
    __table_args__ = (
        CheckConstraint("kind IN ('email', 'slack', 'teams', 'webhook')", name="notification_channels_kind_check"),
        _of_member(),
        Index("notification_channels_list_idx", "workspace_id", "user_id", "created_at", "id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    user_id: Mapped[UUID | None]
    """Whose place it is; nothing for a room of the workspace."""
    name: Mapped[str]
    kind: Mapped[str]
    settings: Mapped[Any] = mapped_column(JSONB, server_default="{}")
    """What is no secret, such as the host of a mail server."""
    sealed: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    hint: Mapped[str]
    """Enough of the address to recognise it."""
    events: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    enabled: Mapped[bool] = mapped_column(server_default="true")
    created_at: Mapped[CreatedAt]
    created_by: Mapped[str]
    updated_at: Mapped[CreatedAt]


class NotificationPreferences(Base):
    """What a person wants to hear: `schemas.notifications.Preferences`."""

    __tablename__ = "notification_preferences"
    __table_args__ = (_of_member(),)

    workspace_id: Mapped[WorkspaceId] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(primary_key=True)
    wanted: Mapped[Any] = mapped_column(JSONB)
    updated_at: Mapped[CreatedAt]


class Notification(Base):
    """Something that people should hear of; a sweep finds out who, and writes their messages."""

    __tablename__ = "notifications"
    __table_args__ = (
        UniqueConstraint("approval_id", "key"),
        UniqueConstraint("session_id", "key"),
        CheckConstraint("num_nonnulls(approval_id, session_id) = 1", name="notifications_subject_check"),
        _of_approval(),
        _of_session(),
        Index("notifications_open_idx", "id", postgresql_where=text("addressed_at IS NULL")),
        Index("notifications_old_idx", "addressed_at", postgresql_where=text("addressed_at IS NOT NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    approval_id: Mapped[UUID | None]
    event: Mapped[str]
    stage: Mapped[int]
    principals: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Who should hear of it."""
    actor_id: Mapped[UUID | None]
    """Who did it and needs not hear of it."""
    actor_name: Mapped[str]
    text: Mapped[str | None]
    key: Mapped[str]
    created_at: Mapped[CreatedAt]
    addressed_at: Mapped[Moment | None]
    session_id: Mapped[UUID | None]
    """The conversation that it is about, if it is about no request."""


class NotificationMessage(Base):
    """One message to one place: first the promise to send it, then the log of what became of it."""

    __tablename__ = "notification_messages"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        CheckConstraint(
            "status IN ('pending', 'sending', 'sent', 'failed', 'skipped')", name="notification_messages_status_check"
        ),
        _of_approval(),
        _of_session(),
        Index("notification_messages_session_idx", "workspace_id", "session_id"),
        Index(
            "notification_messages_due_idx",
            "send_after",
            postgresql_where=text("status IN ('pending', 'sending') AND gathered_by IS NULL"),
        ),
        Index("notification_messages_list_idx", "workspace_id", "created_at", "id"),
        Index("notification_messages_old_idx", "created_at"),
        Index("notification_messages_approval_idx", "workspace_id", "approval_id"),
        Index("notification_messages_gathered_idx", "gathered_by", postgresql_where=text("gathered_by IS NOT NULL")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    approval_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    channel_id: Mapped[UUID | None]
    event: Mapped[str]
    kind: Mapped[str]
    address: Mapped[str]
    """An e-mail address, or the name of a channel."""
    facts: Mapped[Any] = mapped_column(JSONB, server_default="{}")
    """What happened, as it was then: `by`, `text`."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """A link that must not be readable here; gone once it is sent."""
    status: Mapped[str] = mapped_column(server_default="pending")
    """`sending`: handed to the other side, whose answer is not known yet."""
    send_after: Mapped[CreatedAt]
    gathered_by: Mapped[UUID | None]
    """The digest that carries it."""
    attempts: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None]
    uncertain: Mapped[bool] = mapped_column(server_default="false")
    """The other side may have received it more than once: an answer was lost."""
    key: Mapped[str]
    created_at: Mapped[CreatedAt]
    dispatched_at: Mapped[Moment | None]
    sent_at: Mapped[Moment | None]
    session_id: Mapped[UUID | None]
    """The conversation that it is about, if it is about one."""


class ApprovalLink(Base):
    """A link with which one person may answer one request once."""

    __tablename__ = "approval_links"
    __table_args__ = (
        _of_approval(),
        Index("approval_links_approval_idx", "workspace_id", "approval_id"),
        Index("approval_links_expiry_idx", "expires_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    approval_id: Mapped[UUID]
    user_id: Mapped[UUID]
    digest: Mapped[str]
    """Of what the message showed."""
    seal: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[Moment]
    used_at: Mapped[Moment | None]
    created_at: Mapped[CreatedAt]
