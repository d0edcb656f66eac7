"""Tables `model_budgets`, `model_leases`, `model_rates`, `model_answers`: limits of calls of models, and answers."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, CheckConstraint, Double, Index, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from db.tables.base import Base, CreatedAt, Moment, OwnedByWorkspace
from db.tables.runs import MONEY


class ModelBudget(Base):
    """What was spent within a scope that has a limit, and what people have added to that limit."""

    __tablename__ = "model_budgets"
    __table_args__ = (
        CheckConstraint("scope IN ('month', 'tree', 'crew', 'run', 'step')", name="model_budgets_scope_check"),
    )

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    spent_usd: Mapped[Decimal] = mapped_column(MONEY, server_default="0")
    granted_usd: Mapped[Decimal] = mapped_column(MONEY, server_default="0")
    grants: Mapped[Any] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    """Amount by approval."""
    updated_at: Mapped[CreatedAt]


class ModelLease(Base):
    """What a call under way may cost at most, in one of its scopes."""

    __tablename__ = "model_leases"
    __table_args__ = (
        Index("model_leases_open_idx", "workspace_id", "scope", "key", postgresql_where=text("NOT settled")),
        Index("model_leases_expires_at_idx", "expires_at"),
    )

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    lease: Mapped[UUID] = mapped_column(primary_key=True)
    place: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """Of the scope among those of the call, the widest first."""
    scope: Mapped[str]
    key: Mapped[str]
    step_key: Mapped[str]
    amount_usd: Mapped[Decimal] = mapped_column(MONEY)
    settled: Mapped[bool] = mapped_column(Boolean, server_default="false")
    expires_at: Mapped[Moment]


class ModelRate(Base):
    """How much of a provider's key is free."""

    __tablename__ = "model_rates"

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    """A digest, and what is limited."""
    requests: Mapped[float] = mapped_column(Double)
    tokens: Mapped[float] = mapped_column(Double)
    blocked_until: Mapped[Moment | None]
    updated_at: Mapped[CreatedAt]


class ModelAnswer(Base):
    """An answer that may be given again."""

    __tablename__ = "model_answers"
    __table_args__ = (Index("model_answers_created_at_idx", "created_at"),)

    workspace_id: Mapped[OwnedByWorkspace] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(primary_key=True)
    """Of the whole request."""
    model: Mapped[str]
    answer: Mapped[Any] = mapped_column(JSONB)
    created_at: Mapped[CreatedAt]
