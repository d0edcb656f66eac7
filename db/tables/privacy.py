"""Tables `data_keys`, `privacy_settings`, `retention_rules`, `legal_holds`, `privacy_jobs`, `export_parts`."""

from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, LargeBinary, UniqueConstraint, text, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Moment, OwnedByWorkspace, WorkspaceId


class WorkspaceDataKey(Base):
    """A key under which payloads of a workspace are encrypted, wrapped by the installation's key."""

    __tablename__ = "data_keys"
    __table_args__ = (
        Index(
            "data_keys_current_idx",
            "workspace_id",
            unique=True,
            postgresql_where=text("retired_at IS NULL AND destroyed_at IS NULL"),
        ),
        Index("data_keys_list_idx", "workspace_id", "created_at", "id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Nothing once it is destroyed."""
    created_at: Mapped[CreatedAt]
    retired_at: Mapped[Moment | None]
    """Since when it only decrypts."""
    destroyed_at: Mapped[Moment | None]


class PrivacySettings(Base):
    """What is masked in a workspace, and where; without a row the defaults hold."""

    __tablename__ = "privacy_settings"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    mask_logs: Mapped[bool] = mapped_column(server_default=true())
    mask_views: Mapped[bool] = mapped_column(server_default=text("false"))
    mask_events: Mapped[bool] = mapped_column(server_default=text("false"))
    kinds: Mapped[Any] = mapped_column(JSONB, server_default=text("""'["email", "phone", "card", "iban"]'::jsonb"""))
    fields: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    updated_at: Mapped[CreatedAt]


class RetentionRule(Base):
    """How long a class of data is kept."""

    __tablename__ = "retention_rules"

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    data_class: Mapped[str] = mapped_column("class", primary_key=True)
    days: Mapped[int]
    keep_last: Mapped[int] = mapped_column(server_default="0")
    updated_at: Mapped[CreatedAt]


class LegalHold(Base):
    """A run, or every run of a workflow, that must be kept whatever the rules say."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        Index(
            "legal_holds_subject_idx",
            "workspace_id",
            "subject_kind",
            "subject_id",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
        Index("legal_holds_list_idx", "workspace_id", "created_at", "id"),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    subject_kind: Mapped[str]
    subject_id: Mapped[UUID]
    reason: Mapped[str]
    created_by: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
    released_at: Mapped[Moment | None]


class PrivacyJob(Base):
    """Retention, export or erasure: the promise that it will be carried out, and how far it is."""

    __tablename__ = "privacy_jobs"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        Index("privacy_jobs_list_idx", "workspace_id", "created_at", "id"),
        Index("privacy_jobs_unfinished_idx", "due_at", postgresql_where=text("status IN ('pending', 'running')")),
        Index(
            "privacy_jobs_single_idx",
            "workspace_id",
            "kind",
            unique=True,
            postgresql_where=text(
                "status IN ('pending', 'running') AND kind IN ('retention', 'export', 'erase_workspace')"
            ),
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    kind: Mapped[str]
    status: Mapped[str] = mapped_column(server_default="pending")
    parameters: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    progress: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    """Where it stands: what a next page goes on from, and counts by class or table."""
    done: Mapped[int] = mapped_column(BigInteger, server_default="0")
    note: Mapped[str | None]
    created_by: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
    due_at: Mapped[CreatedAt]
    dispatched_at: Mapped[Moment | None]
    started_at: Mapped[Moment | None]
    ended_at: Mapped[Moment | None]
    expires_at: Mapped[Moment | None]
    updated_at: Mapped[CreatedAt]


class ExportPart(Base):
    """A part of an export: a gzip member of JSON lines."""

    __tablename__ = "export_parts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "job_id"], ["privacy_jobs.workspace_id", "privacy_jobs.id"], ondelete="CASCADE"
        ),
    )

    workspace_id: Mapped[WorkspaceId]
    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    data: Mapped[bytes] = mapped_column(LargeBinary)
    rows: Mapped[int]
