"""Tables `audit_log`, `audit_chain`, `audit_heads`: every change by a person or a program, linked into a chain.

The database links the entries itself, when their transaction commits; nothing of ours writes chain or heads.
"""

from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Json, OwnedByWorkspace


class AuditEntry(Base):
    """One change."""

    __tablename__ = "audit_log"
    __table_args__ = (
        Index("audit_log_list_idx", "workspace_id", "at", "id"),
        Index("audit_log_actor_idx", "workspace_id", "actor_id", "at", "id"),
        Index("audit_log_actor_name_idx", "workspace_id", "actor_name", "at", "id"),
        Index("audit_log_action_idx", "workspace_id", "action", "at", "id"),
        Index("audit_log_subject_idx", "workspace_id", "subject_kind", "subject_id", "at", "id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    workspace_id: Mapped[OwnedByWorkspace]
    at: Mapped[CreatedAt]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    address: Mapped[str] = mapped_column(server_default="")
    request_id: Mapped[str] = mapped_column(server_default="")
    action: Mapped[str]
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    before: Mapped[Json | None]
    after: Mapped[Json | None]


class AuditLink(Base):
    """Place of an entry in the chain of its workspace."""

    __tablename__ = "audit_chain"
    __table_args__ = (Index("audit_chain_entry_id_key", "entry_id", unique=True),)

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger)
    salt: Mapped[UUID | None] = mapped_column(server_default=text("gen_random_uuid()"))
    """Nothing once the entry was blanked."""
    details_hash: Mapped[bytes] = mapped_column(LargeBinary)
    previous_hash: Mapped[bytes] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditHead(Base):
    """Both ends of the chain of a workspace."""

    __tablename__ = "audit_heads"

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary)
    base_number: Mapped[int] = mapped_column(BigInteger, server_default="0")
    """The last entry that was removed for its age."""
    base_hash: Mapped[bytes] = mapped_column(LargeBinary, server_default=text("sha256('')"))
