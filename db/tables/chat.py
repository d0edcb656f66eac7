"""Tables `chat_sessions`, `chat_messages`: conversations of people with agents."""

from uuid import UUID

from sqlalchemy import ARRAY, ForeignKeyConstraint, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, WorkspaceId


class ChatSession(Base):
    """A conversation with an agent."""

    __tablename__ = "chat_sessions"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id", "workflow_id"], ["workflows.workspace_id", "workflows.id"]),
        Index("chat_sessions_list_idx", "workspace_id", "updated_at", "id"),
        Index("chat_sessions_workflow_idx", "workflow_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    workflow_id: Mapped[UUID]
    version: Mapped[int | None]
    """Version of the agent that answers; nothing for the newest one."""
    title: Mapped[str | None]
    status: Mapped[str] = mapped_column(server_default="agent")
    """Who answers: `agent` or `human`."""
    handler: Mapped[str | None]
    """Name of the person who answers; nothing while nobody has taken over."""
    handed_by: Mapped[str | None]
    """Who has handed it to people: a person, or the agent."""
    handed_note: Mapped[str | None]
    """What they have said about it."""
    owner_kind: Mapped[str]
    owner_id: Mapped[UUID | None]
    owner_name: Mapped[str]
    context: Mapped[Json | None]
    """What the agent's instructions read as `input.context`."""
    head_id: Mapped[UUID | None]
    """Last message of the branch that people see."""
    last_seq: Mapped[int] = mapped_column(server_default="0")
    let_pass: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    """Digests of messages that guardrails have asked people about, and that those have let pass."""
    revision: Mapped[int] = mapped_column(server_default="1")
    """Counts up with every change, for whoever follows the session."""
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class ChatMessage(Base):
    """A message of a session. An agent's has no content of its own: what it said is the output of its run."""

    __tablename__ = "chat_messages"
    __table_args__ = (
        UniqueConstraint("session_id", "seq"),
        UniqueConstraint("session_id", "id"),
        ForeignKeyConstraint(
            ["workspace_id", "session_id"], ["chat_sessions.workspace_id", "chat_sessions.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["session_id", "parent_id"], ["chat_messages.session_id", "chat_messages.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"], ondelete="SET NULL (run_id)"
        ),
        Index("chat_messages_run_idx", "run_id", unique=True, postgresql_where=text("run_id IS NOT NULL")),
        Index(
            "chat_messages_key_idx",
            "session_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        Index("chat_messages_parent_idx", "session_id", "parent_id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    session_id: Mapped[UUID]
    seq: Mapped[int]
    parent_id: Mapped[UUID | None]
    author: Mapped[str]
    """`user`, `agent`, or `member`: a person who answers in place of the agent."""
    author_name: Mapped[str | None]
    content: Mapped[Json | None]
    run_id: Mapped[UUID | None]
    idempotency_key: Mapped[str | None]
    """Of the request that wrote the message, if it is the first that it wrote."""
    request_hash: Mapped[str | None]
    created_at: Mapped[CreatedAt]
