"""Tables of rules that answer requests in place of a person: `approval_rules`, their versions and failures."""

from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Id, Json, Moment, OwnedByWorkspace, WorkspaceId


def _of_rule() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "rule_id"], ["approval_rules.workspace_id", "approval_rules.id"], ondelete="CASCADE"
    )


class ApprovalRule(Base):
    """A rule: its name, its place among the others, whether it is in force. What it says stands in its versions."""

    __tablename__ = "approval_rules"
    __table_args__ = (
        UniqueConstraint("workspace_id", "id"),
        ForeignKeyConstraint(["workspace_id", "run_id"], ["runs.workspace_id", "runs.id"], ondelete="CASCADE"),
        Index(
            "approval_rules_name_key",
            "workspace_id",
            func.lower(text("name")),
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
        Index(
            "approval_rules_order_idx",
            "workspace_id",
            "position",
            "id",
            postgresql_where=text("deleted_at IS NULL AND run_id IS NULL"),
        ),
        Index(
            "approval_rules_run_idx",
            "workspace_id",
            "run_id",
            "position",
            "id",
            postgresql_where=text("deleted_at IS NULL AND run_id IS NOT NULL"),
        ),
    )

    id: Mapped[Id]
    workspace_id: Mapped[OwnedByWorkspace]
    name: Mapped[str]
    version: Mapped[int] = mapped_column(server_default="1")
    """The one in force."""
    position: Mapped[int] = mapped_column(BigInteger)
    enabled: Mapped[bool] = mapped_column(server_default="true")
    run_id: Mapped[UUID | None]
    """The run whose requests it is about, those of its child runs included; nothing for a rule of the workspace."""
    origin_id: Mapped[UUID | None]
    """The request by whose answer a rule for a run came to be."""
    answers_for: Mapped[Json | None]
    """Who gave that answer (`kind`, `id`, `name`): the rule answers only what they might."""
    created_at: Mapped[CreatedAt]
    deleted_at: Mapped[Moment | None]


class ApprovalRuleVersion(Base):
    """What a rule says, or said; never changes."""

    __tablename__ = "approval_rule_versions"
    __table_args__ = (
        _of_rule(),
        CheckConstraint("sample >= 0 AND sample <= 100", "approval_rule_versions_sample_check"),
    )

    rule_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    name: Mapped[str]
    expression: Mapped[str]
    decision: Mapped[str]
    reason: Mapped[str | None]
    workflow: Mapped[str | None]
    node: Mapped[str | None]
    tag: Mapped[str | None]
    sample: Mapped[float] = mapped_column(Double, server_default="0")
    expires_at: Mapped[Moment | None]
    author: Mapped[str]
    note: Mapped[str] = mapped_column(server_default="")
    created_at: Mapped[CreatedAt]


class ApprovalRuleError(Base):
    """The last failure of a rule."""

    __tablename__ = "approval_rule_errors"
    __table_args__ = (_of_rule(),)

    rule_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[WorkspaceId]
    version: Mapped[int]
    approval_id: Mapped[UUID]
    message: Mapped[str]
    at: Mapped[CreatedAt]
