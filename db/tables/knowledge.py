"""Tables `knowledge_bases`, `_documents`, `_chunks`, `_removals` and `agent_memories`: what agents can look up."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Computed, ForeignKeyConstraint, Identity, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, Moment, OwnedByWorkspace, WorkspaceId

_EMPTY = text("'{}'::jsonb")
_WORDS = "to_tsvector('simple', text)"


class KnowledgeBase(Base):
    """Documents that are searched together."""

    __tablename__ = "knowledge_bases"
    __table_args__ = (UniqueConstraint("workspace_id", "slug"), UniqueConstraint("workspace_id", "id"))

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    slug: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    model: Mapped[str]
    """Model that turns texts into vectors."""
    dimensions: Mapped[int | None]
    """Length of the vectors, once there are any."""
    chunk_chars: Mapped[int]
    overlap_chars: Mapped[int]
    seq: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """Number of the latest text or vector."""
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]


class KnowledgeDocument(Base):
    """A document; its text is in its chunks."""

    __tablename__ = "knowledge_documents"
    __table_args__ = (
        UniqueConstraint("base_id", "name"),
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(
            ["workspace_id", "base_id"], ["knowledge_bases.workspace_id", "knowledge_bases.id"], ondelete="CASCADE"
        ),
        Index("knowledge_documents_list_idx", "base_id", "created_at", "id"),
        Index(
            "knowledge_documents_unfinished_idx",
            "created_at",
            postgresql_where=text("status IN ('pending', 'running')"),
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[WorkspaceId]
    base_id: Mapped[UUID]
    name: Mapped[str]
    media_type: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    content_hash: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    metadata_: Mapped[Any] = mapped_column("metadata", JSONB, server_default=_EMPTY)
    status: Mapped[str] = mapped_column(server_default="pending")
    error: Mapped[Json | None]
    revision: Mapped[int] = mapped_column(server_default="1")
    """Counts contents."""
    chunks: Mapped[int] = mapped_column(server_default="0")
    embedded: Mapped[int] = mapped_column(server_default="0")
    reused: Mapped[int] = mapped_column(server_default="0")
    """Chunks that were as they are in the revision before."""
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    dispatched_at: Mapped[Moment | None]


class KnowledgeChunk(Base):
    """A piece of a document that is found as one."""

    __tablename__ = "knowledge_chunks"
    __table_args__ = (
        UniqueConstraint("document_id", "hash"),
        ForeignKeyConstraint(
            ["workspace_id", "document_id"],
            ["knowledge_documents.workspace_id", "knowledge_documents.id"],
            ondelete="CASCADE",
        ),
        Index("knowledge_chunks_seq_idx", "base_id", "seq"),
        Index("knowledge_chunks_unembedded_idx", "document_id", "position", postgresql_where=text("embedding IS NULL")),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    base_id: Mapped[UUID]
    document_id: Mapped[UUID]
    revision: Mapped[int]
    """The latest content of the document that has this piece."""
    position: Mapped[int]
    hash: Mapped[str]
    text: Mapped[str]
    page: Mapped[int | None]
    heading: Mapped[str | None]
    embedding: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    """32-bit floats, little endian."""
    seq: Mapped[int | None] = mapped_column(BigInteger)


class KnowledgeRemoval(Base):
    """Vectors of something deleted that an index may still hold."""

    __tablename__ = "knowledge_removals"
    __table_args__ = (Index("knowledge_removals_due_idx", "created_at"),)

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    base_id: Mapped[UUID]
    document_id: Mapped[UUID | None]
    """Null: the whole base."""
    dimensions: Mapped[int | None]
    """Null: it had no vectors, only words."""
    created_at: Mapped[CreatedAt]
    dispatched_at: Mapped[Moment | None]


class AgentMemory(Base):
    """A fact that an agent keeps."""

    __tablename__ = "agent_memories"
    __table_args__ = (
        UniqueConstraint(
            "workspace_id",
            "scope",
            "subject",
            "hash",
            name="agent_memories_fact_key",
            postgresql_nulls_not_distinct=True,
        ),
        Index("agent_memories_list_idx", "workspace_id", "created_at", "id"),
        Index("agent_memories_scope_idx", "workspace_id", "scope", "subject", "created_at"),
        Index("agent_memories_expired_idx", "expires_at", postgresql_where=text("expires_at IS NOT NULL")),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    scope: Mapped[str]
    """Whose memory it is: the slug of an agent, or any other name."""
    subject: Mapped[str | None]
    """Whom or what the fact is about."""
    text: Mapped[str]
    hash: Mapped[str]
    source: Mapped[Any] = mapped_column(JSONB, server_default=_EMPTY)
    embedding: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    model: Mapped[str | None]
    expires_at: Mapped[Moment | None]
    created_by: Mapped[str]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[CreatedAt]
    search: Mapped[Any] = mapped_column(TSVECTOR, Computed(_WORDS, persisted=True), nullable=True, deferred=True)
